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
		for _, r := range norm.NFC.String(s) {
			if c, ok := charmap.Windows1252.EncodeRune(r); ok {
				b.WriteByte(c)
				continue
			}
			plain := plainLetters(r)
			if !transliterate || plain == "" {
				return fmt.Errorf("%q holds %q (%U), which Windows-1252 lacks: choose encoding utf-8, unmappable transliterate, or change the text", s, r, r)
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

func dateText(d calendar.Date, layout string) string {
	switch layout {
	case "dd-mm-yyyy":
		return fmt.Sprintf("%02d-%02d-%04d", d.Day, d.Month, d.Year)
	case "dd/mm/yyyy":
		return fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year)
	case "dd.mm.yyyy":
		return fmt.Sprintf("%02d.%02d.%04d", d.Day, d.Month, d.Year)
	case "mm/dd/yyyy":
		return fmt.Sprintf("%02d/%02d/%04d", d.Month, d.Day, d.Year)
	case "yyyymmdd":
		return fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day)
	}
	return d.String()
}
