package format

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// setuTimecard20 writes the SETU Standard for Reporting Time and Expenses v2.0
// (Timecard, JSON), which says what setuCard holds; TimecardCalls makes calls of
// its API out of the file.
//
// It has no status and no action code: a correction replaces the timecard of
// the same id. As an element that a PUT leaves out is not overwritten (SETU,
// "PUT behavior"), an interval that is void stays in the card with 0.00 hours.
// Approval has no element in v2.0: its evidence stays here.
type setuTimecard20 struct{}

func (setuTimecard20) Name() string { return "setu-2.0" }

func (setuTimecard20) Schema() []Setting { return setuSettings([]string{"Customer", "Supplier"}) }

func (setuTimecard20) CheckSettings(s Settings) error {
	return checkTexts(s, "customer_id", "supplier_id")
}

func (setuTimecard20) CheckComponent(c string) error {
	_, err := parseHourType20(c)
	return err
}

func (setuTimecard20) NeedsNames(s Settings) bool { return s["names"] == "yes" } // OB-P1

// parseHourType20 reads a component: a code of the Hour Types 2.x list, and a
// multiplier where the receiver wants one. Split hours stand beside those that
// they are a premium on, so that their multiplier may be less than 100 (SETU,
// "Pay rates and time intervals").
func parseHourType20(component string) (hourType, error) {
	least := 100.0
	if strings.HasSuffix(component, " split") {
		least = 1
	}
	kind, err := parseHourType(component, least)
	if err != nil {
		return hourType{}, err
	}
	if !hourCode20(kind.code) {
		return hourType{}, fmt.Errorf("%q: a SETU 2.0 component is a code of its hour types, and a multiplier where it is wanted, like \"HT200\" or \"HT200 150\"", component)
	}
	if kind.split && kind.multiplier == "" {
		return hourType{}, fmt.Errorf("%q: say which part the premium is, like %q", component, kind.code+" 25 split")
	}
	return kind, nil
}

// hourCode20 takes HT, three digits and at most a letter. The list itself is not
// held against: it grows, and its kinds of leave are not ours to know (OB-P2).
func hourCode20(code string) bool {
	digits, ok := strings.CutPrefix(code, "HT")
	if len(digits) == 4 && digits[3] >= 'A' && digits[3] <= 'Z' {
		digits = digits[:3]
	}
	return ok && len(digits) == 3 && strings.Trim(digits, "0123456789") == ""
}

func (setuTimecard20) About() About {
	return About{Title: "SETU Timecard 2.0 (JSON)", For: "Dutch staffing companies and their hirers",
		Source: "SETU Standard for Reporting Time and Expenses v2.0, https://github.com/setu-standards/xml-specifications", Proof: ProofSchema,
		Components: []string{"HT100", "HT300 120", "HT300 140", "HT200 150", "HT200 200", "HT200", "HT300 25 split", "HT100 100"}}
}

func (setuTimecard20) FileType(Settings) FileType { return FileType{"application/zip", "zip"} }

// Write puts cards in a folder each for those to submit and those that replace
// one: by what the file says of itself the calls can be made out of it.
func (setuTimecard20) Write(out io.Writer, c Content) error {
	return setuDocument{
		kind: parseHourType20,
		name: func(c Content, card setuCard) string {
			folder := timecardsNew
			if card.corrected {
				folder = timecardsCorrected
			}
			return folder + cardUUID(c.Settings, card.id) + ".json"
		},
		put: putTimecard20,
	}.archive(out, c)
}

// The folders of the file.
const (
	timecardsNew       = "new/"
	timecardsCorrected = "corrected/"
)

// cardUUID names the timecard as a resource of the receiver's: the client
// chooses the id, and it must be the same in a retry and a correction. So it is
// made from who sends to whom and the document's id (RFC 9562, version 8:
// SHA-256).
func cardUUID(s Settings, document string) string {
	name := fmt.Appendf(nil, "%q %q %q %q", s["customer_id"], s["supplier_id"], s["id_owner"], document)
	u := sha256.Sum256(name)
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

func putTimecard20(b *bufio.Writer, c Content, card setuCard) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(newTimecard20(c, card))
}

func newTimecard20(c Content, card setuCard) timecard20 {
	owner := c.Settings["id_owner"]
	doc := timecard20{
		Document: agencyID{card.id, owner},
		Supplier: party20{[]agencyID{{c.Settings["supplier_id"], "Customer"}}},
		Customer: party20{[]agencyID{{c.Settings["customer_id"], "Supplier"}}},
		Person:   person20{ID: []agencyID{{card.number, owner}}},
	}
	doc.Period.Dates = dates20{card.period.From.String(), card.period.To.String()}
	if card.name != "" {
		doc.Person.Name = &name20{card.name}
	}
	if card.assignment != "" {
		doc.Staffing = &staffing20{agencyID{card.assignment, "Supplier"}}
	}
	for _, i := range card.intervals {
		doc.Intervals = append(doc.Intervals, newInterval20(c, i))
	}
	return doc
}

func newInterval20(c Content, i setuInterval) interval20 {
	t := interval20{ID: agencyID{i.id, c.Settings["id_owner"]}, Type: value20{i.kind.code}, Total: DecimalText(i.hundredths, ".")}
	t.Period.Times.Start = i.day.String() + "T00:00:00"
	if i.action == setuVoid {
		t.Total = DecimalText(0, ".")
	}
	if i.costCentre != "" {
		t.CostCentre = &code20{i.costCentre}
	}
	if i.kind.multiplier != "" {
		rate := "HourlyConsolidated"
		if i.kind.split {
			rate = "HourlySplit"
		}
		// 0: the rate itself stands in the assignment.
		t.Rates = []rate20{{Amount: amount20{0, value20{c.Settings["currency"]}}, Interval: value20{rate}, Multiplier: json.Number(i.kind.multiplier), Billed: true, Paid: true}}
	}
	return t
}
