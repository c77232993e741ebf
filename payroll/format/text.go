package format

import (
	"bufio"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"tikklok/ingest/hours/calendar"
)

// checkText refuses text that no file can carry faithfully: control
// characters other than tabs and line ends, and broken UTF-8.
func checkText(s string) error {
	if isPlain(s) {
		return nil
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%q is not valid UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) || r == utf8.RuneError || r == '\uFFFE' || r == '\uFFFF' {
			return fmt.Errorf("%q holds the character %U, which cannot stand in a file: remove it", s, r)
		}
	}
	return nil
}

// isPlain says whether a text is printable ASCII, as nearly all are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// encoder writes a text in an encoding, or refuses it. Failures of the writer
// show at its Flush.
type encoder func(b *bufio.Writer, s string) error

func encodeUTF8(b *bufio.Writer, s string) error {
	if err := checkText(s); err != nil {
		return err
	}
	_, err := b.WriteString(s)
	return err
}

// encode1252 gives an encoder that refuses, by name, a letter that
// Windows-1252 lacks, or writes its nearest plain letters.
func encode1252(transliterate bool) encoder {
	return func(b *bufio.Writer, s string) error {
		if err := checkText(s); err != nil {
			return err
		}
		if isPlain(s) {
			_, err := b.WriteString(s)
			return err
		}
		for _, r := range norm.NFC.String(s) {
			if c, ok := charmap.Windows1252.EncodeRune(r); ok {
				b.WriteByte(c)
				continue
			}
			plain := plainLetters(r)
			if !transliterate || plain == "" {
				return fmt.Errorf("%q holds %q (%U), which Windows-1252 lacks: change the text, or where the format has these settings choose encoding utf-8 or unmappable transliterate", s, r, r)
			}
			b.WriteString(plain)
		}
		return nil
	}
}

// plainLetters gives ASCII letters for one that Windows-1252 lacks; "": none.
func plainLetters(r rune) string {
	if plain, ok := undecomposed(r); ok {
		return plain
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(string(r)))
	for _, p := range plain {
		if p > unicode.MaxASCII {
			return ""
		}
	}
	return plain
}

// undecomposed holds the Latin letters of Europe and Turkey that have no
// decomposition in Unicode.
func undecomposed(r rune) (string, bool) {
	switch r {
	case 'ł':
		return "l", true
	case 'Ł':
		return "L", true
	case 'đ':
		return "d", true
	case 'Đ':
		return "D", true
	case 'ħ':
		return "h", true
	case 'Ħ':
		return "H", true
	case 'ı':
		return "i", true
	case 'ŋ':
		return "ng", true
	case 'Ŋ':
		return "Ng", true
	case 'ŧ':
		return "t", true
	case 'Ŧ':
		return "T", true
	case 'ə':
		return "e", true
	case 'Ə':
		return "E", true
	case 'ẞ':
		return "SS", true
	}
	return "", false
}

// dateText writes a day as a layout of y, m and d says: "dd-mm-yyyy".
func dateText(day calendar.Date, layout string) string {
	b := make([]byte, 0, len("yyyy-mm-dd"))
	for layout != "" {
		part := layout[:1]
		for len(part) < len(layout) && layout[len(part)] == part[0] {
			part = layout[:len(part)+1]
		}
		switch part[0] {
		case 'y':
			b = appendDigits(b, day.Year, len(part))
		case 'm':
			b = appendDigits(b, int(day.Month), len(part))
		case 'd':
			b = appendDigits(b, day.Day, len(part))
		default:
			b = append(b, part...)
		}
		layout = layout[len(part):]
	}
	return string(b)
}

// appendDigits appends the last digits of n, as many as the width says.
func appendDigits(b []byte, n, width int) []byte {
	if width > 1 {
		b = appendDigits(b, n/10, width-1)
	}
	return append(b, byte('0'+n%10))
}
