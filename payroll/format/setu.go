package format

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// SETU's timecards (Reporting Time and Expenses), in both versions, are a
// document of their own per employee, assignment and period: setu_card.go makes
// them, setu14.go and setu20.go write them. Neither version has an envelope for
// several, as their services take one a call, so the file of a run is a ZIP.

// setuSettings are those of both versions. What ids are made of stays: a card
// takes the place of the one of its id, and a correction by another id would be
// paid beside it (I8). Owners are what the version calls
// the hirer and the staffing company where they own an id.
func setuSettings(owners []string) []Setting {
	return []Setting{
		{Key: "id_owner", Default: owners[0], Choices: owners, Stays: true},               // who gave the cards and people their ids
		{Key: "customer_id", Required: true, Example: "223445", Stays: true},              // the hirer, as the staffing company calls it
		{Key: "supplier_id", Required: true, Example: "39876", Stays: true},               // the staffing company, as the hirer calls it
		{Key: "currency", Default: "EUR", Choices: []string{"EUR"}},                       // of amounts, which are 0: rates stand in the assignment
		{Key: "names", Default: "no", Choices: []string{"yes", "no"}},                     // only where the receiver asks for them (OB-P1)
		{Key: "cost_centres", Default: "no", Choices: []string{"yes", "no"}, Stays: true}, // ids of intervals have them
	}
}

func checkTexts(s Settings, keys ...string) error {
	for _, key := range keys {
		if err := checkText(s[key]); err != nil {
			return &BadSetting{key, fmt.Errorf("setting %s: %w", key, err)}
		}
	}
	return nil
}

// hourType is what a code map gives for a pay code: "Overtime 150".
type hourType struct {
	code       string // of the version's code list
	multiplier string // percentage, "150.5"; "": none given
	split      bool   // paid beside other hours of the same time: "Shift 125 split"
}

// parseHourType takes a component apart. Its code is not looked up; a
// multiplier is from least to 1000.
func parseHourType(component string, least float64) (hourType, error) {
	code, split := strings.CutSuffix(component, " split")
	kind := hourType{code: code, split: split}
	at := strings.LastIndexByte(code, ' ')
	if at < 0 || strings.Trim(code[at+1:], "0123456789.") != "" {
		return kind, nil
	}
	m, err := strconv.ParseFloat(code[at+1:], 64)
	if err != nil || m < least || m > 1000 {
		return hourType{}, fmt.Errorf("%q: the multiplier is a percentage from %g to 1000", component, least)
	}
	kind.code, kind.multiplier = strings.TrimSpace(code[:at]), strconv.FormatFloat(m, 'f', -1, 64)
	return kind, nil
}

// setuDocument is how a version writes cards.
type setuDocument struct {
	kind func(component string) (hourType, error)
	name func(c Content, card setuCard) string // of its file, below which all are different
	put  func(b *bufio.Writer, c Content, card setuCard) error
}

// archive writes a ZIP of all cards, a file each. They are small and many, so
// one compressor is used again for all, at a speed that starts a file cheaply.
func (d setuDocument) archive(out io.Writer, c Content) error {
	a := newArchive(out, c.At)
	flat, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		return err
	}
	a.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		flat.Reset(w)
		return flat, nil
	})
	b := bufio.NewWriterSize(nil, 16<<10)
	for e, err := range c.Employees {
		if err != nil {
			return err
		}
		cards, err := setuCards(c, e, d.kind)
		if err != nil {
			return err
		}
		for _, card := range cards {
			if err := d.pack(a, b, c, card); err != nil {
				return fmt.Errorf("writing card %s: %w", card.id, err)
			}
		}
	}
	return a.Close()
}

func (d setuDocument) pack(a archive, b *bufio.Writer, c Content, card setuCard) error {
	w, err := a.Create(d.name(c, card))
	if err != nil {
		return err
	}
	b.Reset(w)
	if err := d.put(b, c, card); err != nil {
		return err
	}
	return b.Flush()
}

// fileName gives a text as the name of a file, each its own: what is not plain
// becomes %XX, so that no assignment's number leads out of the ZIP's folder.
func fileName(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
