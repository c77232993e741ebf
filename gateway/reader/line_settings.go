package reader

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"tikklok/gateway/wire"
)

// LineEnd is what ends a line.
type LineEnd string

// The ends of lines.
const (
	LineAny  LineEnd = "any" // CR or LF, or both
	LineCR   LineEnd = "cr"
	LineLF   LineEnd = "lf"
	LineCRLF LineEnd = "crlf"
	LineIdle LineEnd = "idle" // nothing but silence
)

// LineFormat is how a line writes the number.
type LineFormat string

// The formats of lines.
const (
	LineHex     LineFormat = "hex"
	LineDecimal LineFormat = "decimal"
	LineBits    LineFormat = "bits"   // 0 and 1, the first on the wires first
	LineFields  LineFormat = "fields" // facility and card in decimal, apart or of 3 and 5, or 5 and 5 digits
)

// LineSettings are the settings of a port with a reader that writes each number
// as a line of text.
type LineSettings struct {
	PresenceSettings
	Format LineFormat // "": hex
	End    LineEnd    // "": any
	Width  int        // characters of the number; 0: any
	// Idle is the silence that ends a line (LineIdle), 100 ms when 0, or after
	// which half a line is refused, 1 s when 0.
	Idle time.Duration
	// Prefix and Suffix stand around each number and are not part of it.
	Prefix, Suffix string
	// Wiegand is 26 or 34 when the number is one of that layout: with its parity
	// in LineBits, else without. 0: it is a plain number.
	Wiegand int
	// Bits is the length of a plain number: 0 gives 4 a digit for hex, 1 for
	// bits, and 32 for decimal.
	Bits int
	// Reversed: the number's lowest byte comes first.
	Reversed bool
	// Technology of a plain number: 0 gives Wiegand for bits, else External.
	Technology wire.Technology
}

var lineTechnologies = map[string]wire.Technology{
	"em4100": wire.TechnologyEM4100, "mifare": wire.TechnologyMIFARE,
	"wiegand": wire.TechnologyWiegand, "external": wire.TechnologyExternal,
}

// LineHelp tells the settings that ParseLine knows.
const LineHelp = "format=hex|decimal|bits|fields, end=any|cr|lf|crlf|idle, width=CHARACTERS, idle=DURATION, prefix=TEXT, suffix=TEXT, " +
	"wiegand=26|34, bits=BITS, order=msb|lsb, technology=external|em4100|mifare|wiegand, absent=DURATION, confirm=1|2"

// ParseLine reads settings as they stand in --port; those that are unknown or
// don't go together are refused by name.
func ParseLine(options map[string]string) (LineSettings, error) {
	var s LineSettings
	o := optionReader{options: options}
	s.PresenceSettings = o.presence(true)
	s.Format = LineFormat(o.oneOf("format", "hex", "decimal", "bits", "fields"))
	s.End = LineEnd(o.oneOf("end", "any", "cr", "lf", "crlf", "idle"))
	s.Width = o.number("width", 1, lineMost)
	s.Idle = o.duration("idle", 20*time.Millisecond, time.Minute)
	s.Prefix, s.Suffix = o.text("prefix"), o.text("suffix")
	s.Wiegand, _ = strconv.Atoi(o.oneOf("wiegand", "26", "34"))
	s.Bits = o.number("bits", 1, wire.LinkMaxBits)
	s.Reversed = o.oneOf("order", "msb", "lsb") == "lsb"
	s.Technology = lineTechnologies[o.oneOf("technology", slices.Sorted(maps.Keys(lineTechnologies))...)]
	if err := o.finish(); err != nil {
		return LineSettings{}, err
	}
	return s, s.check()
}

// check refuses settings that contradict each other.
func (s LineSettings) check() error {
	binary := s.Format == LineBits || s.Format == LineFields
	switch {
	case s.Format == LineFields && s.Wiegand == 0:
		return errors.New("format=fields needs wiegand=26 or wiegand=34")
	case s.Wiegand != 0 && s.Bits != 0:
		return errors.New("bits can't be set beside wiegand, which says how many there are")
	case s.Wiegand != 0 && s.Technology != 0 && s.Technology != wire.TechnologyWiegand:
		return errors.New("technology can't be set beside wiegand")
	case s.Reversed && binary:
		return fmt.Errorf("order=lsb can't be set beside format=%s, which has no bytes", s.Format)
	case s.Reversed && s.Bits%8 != 0:
		return fmt.Errorf("order=lsb needs whole bytes, bits=%d has none", s.Bits)
	case s.Reversed && s.Format != LineDecimal && s.Width%2 != 0:
		return fmt.Errorf("order=lsb needs whole bytes, width=%d has none", s.Width)
	}
	return nil
}

// full puts in what is not set.
func (s LineSettings) full() LineSettings {
	if s.Format == "" {
		s.Format = LineHex
	}
	if s.End == "" {
		s.End = LineAny
	}
	if s.Idle == 0 {
		s.Idle = time.Second
		if s.End == LineIdle {
			s.Idle = 100 * time.Millisecond
		}
	}
	if s.Bits == 0 && s.Format == LineDecimal {
		s.Bits = 32
	}
	if s.Technology == 0 {
		s.Technology = wire.TechnologyExternal
		if s.Format == LineBits {
			s.Technology = wire.TechnologyWiegand
		}
	}
	return s
}
