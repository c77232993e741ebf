package format

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// plainWriter writes records of packages that know no quotes: a field that
// holds what parts fields or records is refused, and so is a letter that
// Windows-1252 lacks.
type plainWriter struct {
	b         *bufio.Writer
	separator string
}

func newPlainWriter(out io.Writer, separator string) *plainWriter {
	return &plainWriter{bufio.NewWriterSize(out, 64<<10), separator}
}

// write writes a record. It refuses fields; failures of the writer show at its
// end, in flush.
func (w *plainWriter) write(fields ...string) error {
	for i, f := range fields {
		if err := checkPlain(f, w.separator); err != nil {
			return err
		}
		if i > 0 {
			w.b.WriteString(w.separator)
		}
		for _, r := range norm.NFC.String(f) {
			c, _ := charmap.Windows1252.EncodeRune(r)
			w.b.WriteByte(c)
		}
	}
	w.b.WriteString("\r\n")
	return nil
}

func (w *plainWriter) flush() error { return w.b.Flush() }

// checkPlain refuses what a field without quotes can't hold.
func checkPlain(s, separator string) error {
	if err := checkText(s); err != nil {
		return err
	}
	if strings.ContainsAny(s, "\"\t\r\n") || separator != "" && strings.Contains(s, separator) {
		return fmt.Errorf("%q holds a quote, tab, line end or %q, and the file knows no quotes: change the text", s, separator)
	}
	for _, r := range norm.NFC.String(s) {
		if _, ok := charmap.Windows1252.EncodeRune(r); !ok {
			return fmt.Errorf("%q holds %q (%U), which Windows-1252 lacks: change the text", s, r, r)
		}
	}
	return nil
}

// checkDigits refuses what is not a number of 1 to most digits, above zero.
func checkDigits(s string, most int) error {
	if s == "" || len(s) > most || strings.Trim(s, "0123456789") != "" || strings.Trim(s, "0") == "" {
		return fmt.Errorf("%q is not a number of 1 to %d digits, above zero", s, most)
	}
	return nil
}

// checkNumber refuses a personnel number that the package can't take.
func checkNumber(e Employee, most int) error {
	if strings.TrimSpace(e.Number) == "" {
		return fmt.Errorf("employee id %d has no personnel number: give the one that the package knows", e.ID)
	}
	if err := cmp.Or(checkText(e.Number), checkDigits(e.Number, most)); err != nil {
		return fmt.Errorf("employee number %w: give the one that the package knows", err)
	}
	return nil
}

// numbers remembers which numbers a file has, so that "7" and "007", which a
// package reads as one, don't pay two people as one.
type numbers map[string]string

func (n numbers) take(number string) error {
	bare := strings.TrimLeft(number, "0")
	if other, ok := n[bare]; ok {
		return fmt.Errorf("employee numbers %s and %s are one number to the package: change one of them", other, number)
	}
	n[bare] = number
	return nil
}

// total is a sum of an employee's lines that share a key.
type total[K comparable] struct {
	key K
	Amount
	line Line // the first of them
}

// totals adds lines up by key, in the order in which the keys come first. Lines
// that a key joins are joined in minutes, and what their total has in
// hundredths is shared out anew: a day that lost what it won says nothing then,
// where 0.33 and -0.34 would say a hundredth. What adds up still does (I8).
func totals[K comparable](lines []Line, key func(Line) K) []total[K] {
	var sums []total[K]
	place := map[K]int{}
	for _, l := range joined(lines, key) {
		k := key(l)
		i, ok := place[k]
		if !ok {
			i, place[k] = len(sums), len(sums)
			sums = append(sums, total[K]{key: k, line: l})
		}
		sums[i].Minutes += l.Minutes
		sums[i].Hundredths += l.Hundredths
	}
	return sums
}

// joined makes one line of those of a total that share a key.
func joined[K comparable](lines []Line, key func(Line) K) []Line {
	type part struct {
		total Total
		key   K
	}
	var parts []Line
	place, hundredths := map[part]int{}, map[Total]int{}
	for _, l := range lines {
		p := part{l.Total(), key(l)}
		hundredths[p.total] += l.Hundredths
		if i, ok := place[p]; ok {
			parts[i].ID, parts[i].Minutes = min(parts[i].ID, l.ID), parts[i].Minutes+l.Minutes
			continue
		}
		place[p] = len(parts)
		parts = append(parts, l)
	}
	if len(parts) < len(lines) {
		shareOut(parts, hundredths)
	}
	return parts
}
