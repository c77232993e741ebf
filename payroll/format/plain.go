package format

import (
	"bufio"
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
