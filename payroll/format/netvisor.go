package format

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
)

// netvisorWorkday writes hours for Netvisor in Finland: a document per employee
// and day, as its resource workday.nv takes them one a call, in a ZIP.
//
// A document replaces what Netvisor has of the day, so a correction tells the
// days of its period again, whole; there are no negative hours.
type netvisorWorkday struct{}

func (netvisorWorkday) Name() string { return "netvisor" }

func (netvisorWorkday) Schema() []Setting {
	return []Setting{
		{Key: "status", Default: "accepted", Choices: []string{"accepted", "confirmed"}}, // acceptancestatus
		{Key: "description", Default: "Tikklok"},
	}
}

func (netvisorWorkday) CheckSettings(s Settings) error {
	if err := checkText(s["description"]); err != nil {
		return &BadSetting{"description", fmt.Errorf("setting description: %w", err)}
	}
	return nil
}

func (netvisorWorkday) CheckComponent(c string) error {
	if err := checkCode(c, 6); err != nil {
		return fmt.Errorf("%w: a Netvisor component is the number of a record type (collectorratio), like 11", err)
	}
	return nil
}

func (netvisorWorkday) NeedsNames(Settings) bool { return false }

func (netvisorWorkday) About() About {
	return About{Title: "Netvisor workdays (XML)", For: "Finnish employers with Netvisor",
		Source: "Netvisor, Import work time, workday.nv, https://support.netvisor.fi/en/support/solutions/articles/77000554280", Proof: ProofDocument,
		Components: []string{"11", "12", "13", "14", "15", "16", "17", "18"}}
}

func (netvisorWorkday) FileType(Settings) FileType { return FileType{"application/zip", "zip"} }

// The elements of a workday, in the order of Netvisor's table.
type (
	netvisorRoot struct {
		XMLName xml.Name    `xml:"root"`
		Day     netvisorDay `xml:"workday"`
	}
	netvisorDay struct {
		Date     netvisorDate   `xml:"date"`
		Employee netvisorNumber `xml:"employeeidentifier"`
		Hours    []netvisorHour `xml:"workdayhour"`
	}
	netvisorDate struct {
		Format string `xml:"format,attr"`
		Method string `xml:"method,attr"`
		Day    string `xml:",chardata"`
	}
	netvisorNumber struct {
		Type   string `xml:"type,attr"`
		Number string `xml:",chardata"`
	}
	netvisorHour struct {
		Hours       string         `xml:"hours"`
		Ratio       netvisorNumber `xml:"collectorratio"`
		Status      string         `xml:"acceptancestatus"`
		Description string         `xml:"description"`
	}
)

func (f netvisorWorkday) Write(out io.Writer, c Content) error {
	a := newArchive(out, c.At)
	for e, err := range numbered(c.Employees, 10) {
		if err != nil {
			return err
		}
		days, err := netvisorDays(e, c.Settings)
		if err != nil {
			return err
		}
		for _, day := range days {
			if err := a.addXML(e.Number+"-"+day.Date.Day+".xml", netvisorRoot{Day: day}); err != nil {
				return fmt.Errorf("employee number %s, %s: %w", e.Number, day.Date.Day, err)
			}
		}
	}
	return a.Close()
}

// netvisorDays tells the days of the periods that an employee's lines are of,
// with what was sent of them before: another day of a total may now carry its
// remainder.
func netvisorDays(e Employee, s Settings) ([]netvisorDay, error) {
	sums := totals(slices.Concat(e.Sent, e.Lines), func(l Line) dayComponent { return dayComponent{l.Day, l.Component} })
	slices.SortFunc(sums, func(a, b total[dayComponent]) int {
		return cmp.Or(a.key.day.Sub(b.key.day), cmp.Compare(a.key.component, b.key.component))
	})
	var days []netvisorDay
	for _, t := range sums {
		if t.Minutes < 0 {
			return nil, fmt.Errorf("employee number %s has %s hours of record type %s on %s: Netvisor has no negative hours; correct that day",
				e.Number, ClockText(t.Minutes), t.key.component, t.key.day)
		}
		if t.Minutes == 0 && !slices.ContainsFunc(e.Sent, func(l Line) bool { return l.Day == t.key.day && l.Component == t.key.component }) {
			continue
		}
		if n := len(days); n == 0 || days[n-1].Date.Day != t.key.day.String() {
			days = append(days, netvisorDay{Date: netvisorDate{"ansi", "replace", t.key.day.String()}, Employee: netvisorNumber{"number", e.Number}})
		}
		day := &days[len(days)-1]
		day.Hours = append(day.Hours, netvisorHour{DecimalText(t.Hundredths, ","), netvisorNumber{"number", t.key.component}, s["status"], s["description"]})
	}
	return days, nil
}
