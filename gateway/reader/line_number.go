package reader

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tikklok/gateway/wire"
)

// fob reads a line without its end; refusal is why it doesn't fit.
func (s LineSettings) fob(line string) (f wire.Fob, refusal string) {
	text, ok := strings.CutPrefix(line, s.Prefix)
	if !ok {
		return f, "a line without the prefix"
	}
	if text, ok = strings.CutSuffix(text, s.Suffix); !ok {
		return f, "a line without the suffix"
	}
	if s.Width != 0 && len(text) != s.Width {
		return f, fmt.Sprintf("a number of %d characters", len(text))
	}
	if s.Wiegand != 0 {
		return s.wiegand(text)
	}
	value, n, refusal := s.number(text)
	if refusal != "" {
		return f, refusal
	}
	f = wire.Fob{Technology: s.Technology, Bits: uint16(n), Value: value}
	return f, refuseZero(value)
}

func refuseZero(value []byte) string {
	if slices.ContainsFunc(value, func(b byte) bool { return b != 0 }) {
		return ""
	}
	return "an all-zero number"
}

// wiegand reads a number of the Wiegand layout.
func (s LineSettings) wiegand(text string) (f wire.Fob, refusal string) {
	var w Wiegand
	switch s.Format {
	case LineBits:
		w, refusal = wiegandBits(text, s.Wiegand)
	case LineFields:
		w, refusal = wiegandFields(text, s.Wiegand)
	default:
		s.Bits = s.Wiegand - 2
		var value []byte
		if value, _, refusal = s.number(text); refusal == "" {
			w = wiegandNumber(s.Wiegand, binary.BigEndian.Uint32(append(make([]byte, 4-len(value)), value...)))
		}
	}
	switch {
	case refusal != "":
		return f, refusal
	case w.Facility == 0 && w.Card == 0:
		return f, "an all-zero number"
	}
	return w.Fob(), ""
}

// wiegandBits reads a whole frame of 0 and 1.
func wiegandBits(text string, n int) (w Wiegand, refusal string) {
	frame, err := strconv.ParseUint(text, 2, 64)
	if err != nil || !digits(text) || len(text) != n {
		return w, fmt.Sprintf("a line that is not %d bits", n)
	}
	if w, err = ParseWiegand(n, frame); err != nil {
		return w, "a wrong parity"
	}
	return w, ""
}

// wiegandFields reads facility and card with anything between them that is no
// digit, or without.
func wiegandFields(text string, n int) (w Wiegand, refusal string) {
	facility, card := text, ""
	if at := strings.IndexFunc(text, func(c rune) bool { return c < '0' || c > '9' }); at >= 0 {
		facility, card = text[:at], strings.TrimLeft(text[at:], " ,.:;/-")
	} else if len(text) == 5+wiegandDigits(n) {
		facility, card = text[:len(text)-5], text[len(text)-5:]
	}
	f, err := strconv.ParseUint(facility, 10, n-2-16)
	if err != nil || !digits(facility) {
		return w, fmt.Sprintf("no facility of %d bits and card", n-2-16)
	}
	c, err := strconv.ParseUint(card, 10, 16)
	if err != nil || !digits(card) {
		return w, "no card of 16 bits after the facility"
	}
	return Wiegand{Bits: n, Facility: uint16(f), Card: uint16(c)}, ""
}

// wiegandDigits is how many decimal digits a facility has.
func wiegandDigits(n int) int {
	if n == 26 {
		return 3
	}
	return 5
}

// number gives a plain number's value and length.
func (s LineSettings) number(text string) (value []byte, n int, refusal string) {
	switch s.Format {
	case LineDecimal:
		value, refusal = decimal(text)
		n = s.Bits
	case LineBits:
		value, refusal = binaryDigits(text)
		n = len(text)
	default:
		value, refusal = hexadecimal(text)
		n = 4 * len(text)
	}
	if refusal != "" {
		return nil, 0, refusal
	}
	if s.Bits != 0 {
		n = s.Bits
	}
	if value, refusal = fit(value, n); refusal != "" {
		return nil, 0, refusal
	}
	if s.Reversed {
		if n%8 != 0 {
			return nil, 0, "a number without whole bytes"
		}
		slices.Reverse(value)
	}
	return value, n, ""
}

func decimal(text string) ([]byte, string) {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || !digits(text) {
		return nil, "a line that is not decimal"
	}
	return binary.BigEndian.AppendUint64(nil, v), ""
}

func binaryDigits(text string) ([]byte, string) {
	v, err := strconv.ParseUint(text, 2, 64)
	if err != nil || !digits(text) || len(text) > 64 {
		return nil, "a line that is not bits"
	}
	return binary.BigEndian.AppendUint64(nil, v), ""
}

func hexadecimal(text string) ([]byte, string) {
	if len(text) == 0 || 4*len(text) > wire.LinkMaxBits {
		return nil, "a line that is not hexadecimal"
	}
	if len(text)%2 == 1 {
		text = "0" + text
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return nil, "a line that is not hexadecimal"
	}
	return b, ""
}

// digits keeps out the signs that strconv takes.
func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// fit gives a value in as many bytes as n bits need.
func fit(value []byte, n int) ([]byte, string) {
	out := make([]byte, (n+7)/8)
	for i := range value {
		b, at := value[len(value)-1-i], len(out)-1-i
		switch {
		case at < 0 && b != 0, at == 0 && n%8 != 0 && b>>(n%8) != 0:
			return nil, fmt.Sprintf("a number of more than %d bits", n)
		case at >= 0:
			out[at] = b
		}
	}
	return out, ""
}
