package format

import (
	"fmt"
	"io"
	"strings"
)

// adpEPI writes the paydata batch that ADP Workforce Now imports ("EPI"): rows
// of regular and overtime hours and one further kind of hours, per employee and
// rate code. Hours are of the whole run: the batch knows no days.
type adpEPI struct{}

func (adpEPI) Name() string { return "adp-epi" }

func (adpEPI) Schema() []Setting {
	return []Setting{
		{Key: "company", Required: true, Example: "ABC"}, // Co Code
		{Key: "batch"}, // Batch ID; empty: when the run was made, so that each is a batch of its own
	}
}

func (adpEPI) CheckSettings(s Settings) error {
	if n := len(s["company"]); n < 2 || n > 3 || !isPlainCode(s["company"]) {
		return &BadSetting{"company", fmt.Errorf("setting company %q is not ADP's company code of two or three letters and digits", s["company"])}
	}
	if b := s["batch"]; b != "" && (len(b) > 8 || !isPlainCode(b)) {
		return &BadSetting{"batch", fmt.Errorf("setting batch %q is not a batch id of up to eight letters and digits", b)}
	}
	return nil
}

func (adpEPI) CheckComponent(c string) error {
	_, err := parseADP(c)
	return err
}

// adpHours is what a component names: a kind of hours and a rate code.
type adpHours struct{ kind, rate string }

func parseADP(component string) (adpHours, error) {
	kind, rate, rated := strings.Cut(component, "/")
	if len(kind) > 3 || !isPlainCode(kind) || strings.ToUpper(kind) != kind || rated && (len(rate) != 1 || !isPlainCode(rate)) {
		return adpHours{}, fmt.Errorf("%q: an ADP component is REG, OT or an hours code of one to three letters and digits, with a rate code if need be, like REG/2, all in capitals", component)
	}
	return adpHours{kind, rate}, nil
}

func (adpEPI) NeedsNames(Settings) bool { return false }

func (adpEPI) About() About {
	return About{Title: "ADP Workforce Now paydata (EPI)", For: "American employers with ADP Workforce Now",
		Source: "the columns of third-party exports, such as OpenDental's time card export", Proof: ProofLayout,
		Components: []string{"REG", "OT", "D", "H", "S", "V", "REG/2", "OT/2"}}
}

func (adpEPI) FileType(Settings) FileType { return FileType{"text/csv; charset=us-ascii", "csv"} }

func (adpEPI) Write(out io.Writer, c Content) error {
	w, batch := newPlainWriter(out, ","), c.Settings["batch"]
	if batch == "" {
		batch = c.At.UTC().Format("01021504") // month, day, hour and minute: eight characters are all there are
	}
	company := (c.Settings["company"] + "_")[:3]
	if err := w.write("Co Code", "Batch ID", "File #", "Rate Code", "Reg Hours", "O/T Hours", "Hours 3 Code", "Hours 3 Amount"); err != nil {
		return err
	}
	for e, err := range numbered(c.Employees, 6) {
		if err != nil {
			return err
		}
		rows, err := adpRows(e)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := w.write(company, batch, fmt.Sprintf("%06s", e.Number), r.rate, r.regular, r.overtime, r.code, r.hours); err != nil {
				return err
			}
		}
	}
	return w.flush()
}

// adpRow is a row of one rate code; what is empty is not said.
type adpRow struct{ rate, regular, overtime, code, hours string }

// adpRows lays an employee's totals out on as few rows as they fit.
func adpRows(e Employee) ([]adpRow, error) {
	var rows []adpRow
	for _, t := range totals(e.Lines, func(l Line) string { return l.Component }) {
		h, err := parseADP(t.key)
		if err != nil {
			return nil, fmt.Errorf("employee number %s, code %s: %w", e.Number, t.line.Code, err)
		}
		if t.Hundredths == 0 {
			continue
		}
		at := 0
		for at < len(rows) && (rows[at].rate != h.rate || *rows[at].place(h.kind) != "") {
			at++
		}
		if at == len(rows) {
			rows = append(rows, adpRow{rate: h.rate})
		}
		*rows[at].place(h.kind) = DecimalText(t.Hundredths, ".")
		if h.kind != "REG" && h.kind != "OT" {
			rows[at].code = h.kind
		}
	}
	return rows, nil
}

// place is where a row has hours of a kind.
func (r *adpRow) place(kind string) *string {
	switch kind {
	case "REG":
		return &r.regular
	case "OT":
		return &r.overtime
	}
	return &r.hours
}
