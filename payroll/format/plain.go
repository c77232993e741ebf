package format

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// plainWriter writes records of packages that know no quotes, in Windows-1252:
// what a field can't hold as it is, is refused.
type plainWriter struct {
	b         *bufio.Writer
	separator string
	encode    encoder
}

func newPlainWriter(out io.Writer, separator string) *plainWriter {
	return &plainWriter{bufio.NewWriterSize(out, 64<<10), separator, encode1252(false)}
}

// write writes a record. It refuses fields; failures of the writer show at its
// end, in flush.
func (w *plainWriter) write(fields ...string) error {
	for i, f := range fields {
		if err := checkParts(f, w.separator); err != nil {
			return err
		}
		if i > 0 {
			w.b.WriteString(w.separator)
		}
		if err := w.encode(w.b, f); err != nil {
			return err
		}
	}
	w.b.WriteString("\r\n")
	return nil
}

func (w *plainWriter) flush() error { return w.b.Flush() }

// checkPlain refuses what a field without quotes can't hold.
func checkPlain(s, separator string) error {
	if err := checkParts(s, separator); err != nil {
		return err
	}
	return encode1252(false)(bufio.NewWriter(io.Discard), s)
}

// checkParts refuses what parts fields or records, and what a spreadsheet would
// run when people look at the file with one.
func checkParts(s, separator string) error {
	if isFormula(s) && strings.Trim(s, "-0123456789.,") != "" { // but a number
		return fmt.Errorf("%q is a formula to a spreadsheet: change the text", s)
	}
	if strings.ContainsAny(s, "\"\t\r\n") || separator != "" && strings.Contains(s, separator) {
		return fmt.Errorf("%q holds a quote, tab, line end or %q, and the file knows no quotes: change the text", s, separator)
	}
	return nil
}
