package reader

import (
	"slices"

	"tikklok/gateway/wire"
)

// pn532Target is one card that the chip found.
type pn532Target struct {
	number []byte // NFCID1, in the order of the air, which is how it is printed
}

// fob gives the card's number as a fob; ok is false when it names no card.
func (t pn532Target) fob() (f wire.Fob, refusal string) {
	switch n := len(t.number); {
	case n != 4 && n != 7 && n != 10:
		return f, "a number that has neither 4, 7 nor 10 bytes"
	case !slices.ContainsFunc(t.number, func(b byte) bool { return b != 0 }):
		return f, "an all-zero number"
	case n == 4 && t.number[0] == 0x08:
		// ISO 14443-3, 6.5.4: 08 begins a number that is drawn at each
		// activation, as telephones and passports do. It would be another
		// fob each time.
		return f, "a number drawn at random: a telephone or a passport, no fob"
	}
	return wire.Fob{Technology: wire.TechnologyMIFARE, Bits: uint16(8 * len(t.number)), Value: t.number}, ""
}

// pn532Listed reads the answer to InListPassiveTarget at 106 kbit/s type A:
// how many, then for each Tg, SENS_RES (2), SEL_RES, length and number, and ATS
// of cards that speak ISO 14443-4 (UM0701-02, 7.3.5). ok is false when it
// doesn't add up.
func pn532Listed(p []byte) (targets []pn532Target, ok bool) {
	if len(p) == 0 {
		return nil, false
	}
	count, p := int(p[0]), p[1:]
	if count > 2 {
		return nil, false // the chip has two places
	}
	for range count {
		t, rest, ok := pn532TypeA(p)
		if !ok {
			return targets, false
		}
		targets, p = append(targets, t), rest
	}
	return targets, true
}

// pn532TypeA reads one card.
func pn532TypeA(p []byte) (t pn532Target, rest []byte, ok bool) {
	if len(p) < 5 || len(p) < 5+int(p[4]) {
		return t, nil, false
	}
	speaksBlocks := p[3]&0x20 != 0 // SEL_RES: ISO 14443-4
	t.number, rest = p[5:5+int(p[4])], p[5+int(p[4]):]
	if speaksBlocks && len(rest) > 0 { // ATS, whose length counts itself
		rest = rest[min(max(int(rest[0]), 1), len(rest)):]
	}
	return t, rest, true
}

// pn532Polled reads the answer to InAutoPoll: how many, then for each its type,
// a length, and what InListPassiveTarget says of it (UM0701-02, 7.3.13). Types
// other than 106 kbit/s type A are passed over.
func pn532Polled(p []byte) (targets []pn532Target, ok bool) {
	if len(p) == 0 || p[0] > 2 {
		return nil, false
	}
	count, p := int(p[0]), p[1:]
	for range count {
		if len(p) < 2 || len(p) < 2+int(p[1]) {
			return targets, false
		}
		kind, one := p[0], p[2:2+int(p[1])]
		p = p[len(one)+2:]
		if kind != 0x00 && kind != 0x10 && kind != 0x20 {
			continue
		}
		t, _, ok := pn532TypeA(one)
		if !ok {
			return targets, false
		}
		targets = append(targets, t)
	}
	return targets, true
}
