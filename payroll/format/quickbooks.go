package format

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// quickBooksIIF writes timed activities for QuickBooks Desktop: a TIMEACT per
// employee, day, service item and customer, in hours and minutes. An activity
// is of 23:59 at most and has no sign, so that longer ones are cut and hours
// are taken back by an item of their own.
type quickBooksIIF struct{}

func (quickBooksIIF) Name() string { return "quickbooks-iif" }

func (quickBooksIIF) Schema() []Setting {
	return []Setting{
		{Key: "company"}, // COMPANYNAME and COMPANYCREATETIME, which QuickBooks up to 2021 compares
		{Key: "company_created"},
		{Key: "employee", Default: "number", Choices: []string{"number", "first last", "last, first"}}, // how the employee list names people (OB-P1)
		{Key: "job", Default: "none", Choices: []string{"none", "site", "cost_centre", "assignment"}},  // the customer or job
		{Key: "take_back", Example: "Regular=Regular back, Overtime=Overtime back"},                    // items that take hours back
	}
}

func (f quickBooksIIF) CheckSettings(s Settings) error {
	for _, key := range []string{"company", "company_created"} {
		if err := checkPlain(s[key], "\t"); err != nil {
			return &BadSetting{key, fmt.Errorf("setting %s: %w", key, err)}
		}
	}
	if _, err := parseTakeBacks(s["take_back"], f.CheckComponent); err != nil {
		return &BadSetting{"take_back", err}
	}
	return nil
}

func (quickBooksIIF) CheckComponent(c string) error {
	if strings.TrimSpace(c) == "" {
		return fmt.Errorf("a QuickBooks component is the name of a service item; it can't be empty")
	}
	return checkPlain(c, "\t")
}

func (quickBooksIIF) NeedsNames(s Settings) bool { return s["employee"] != "number" } // OB-P1

func (quickBooksIIF) About() About {
	return About{Title: "QuickBooks Desktop timed activities (IIF)", For: "employers with QuickBooks Desktop",
		Source: "Intuit, Activities timed with the Timer (IIF reference), iif_reference_timeract.html, and the Timer header of the IIF import kit", Proof: ProofDocument,
		Components: []string{"Regular", "Overtime", "Evening", "Night", "Weekend", "Holiday", "Travel", "Standby"}}
}

func (quickBooksIIF) FileType(Settings) FileType {
	return FileType{"text/plain; charset=windows-1252", "iif"}
}

// activity is what QuickBooks takes hours of an employee by.
type activity struct {
	dayComponent
	job string
}

func (f quickBooksIIF) Write(out io.Writer, c Content) error {
	back, err := parseTakeBacks(c.Settings["take_back"], f.CheckComponent)
	if err != nil {
		return err
	}
	w, seen := newPlainWriter(out, "\t"), map[string]string{}
	if err := f.head(w, c.Settings); err != nil {
		return err
	}
	for e, err := range c.Employees {
		if err != nil {
			return err
		}
		who, err := quickBooksName(e, c.Settings["employee"], seen)
		if err != nil {
			return err
		}
		for _, t := range totals(e.Lines, func(l Line) activity { return f.activity(l, c.Settings) }) {
			if err := f.write(w, who, t, back); err != nil {
				return fmt.Errorf("employee number %s, %s: %w", e.Number, t.key.day, err)
			}
		}
	}
	return w.flush()
}

func (quickBooksIIF) head(w *plainWriter, s Settings) error {
	for _, fields := range [][]string{
		{"!TIMERHDR", "VER", "REL", "COMPANYNAME", "IMPORTEDBEFORE", "FROMTIMER", "COMPANYCREATETIME"},
		{"TIMERHDR", "8", "0", s["company"], "N", "Y", s["company_created"]},
		{"!TIMEACT", "DATE", "JOB", "EMP", "ITEM", "PITEM", "DURATION", "PROJ", "NOTE", "BILLINGSTATUS"},
	} {
		if err := w.write(fields...); err != nil {
			return err
		}
	}
	return nil
}

// quickBooksName gives the name of the employee list, which tells two people
// apart by nothing else.
func quickBooksName(e Employee, how string, seen map[string]string) (string, error) {
	who := e.Number
	switch how {
	case "first last":
		who = strings.TrimSpace(e.FirstName + " " + e.Surname)
	case "last, first":
		who = strings.TrimSuffix(e.Surname+", "+e.FirstName, ", ")
	}
	if strings.TrimSpace(who) == "" {
		return "", fmt.Errorf("employee number %q (id %d) has no name or number for QuickBooks: give one, or choose another setting employee", e.Number, e.ID)
	}
	if err := checkPlain(who, "\t"); err != nil {
		return "", fmt.Errorf("employee number %s: %w, or choose another setting employee", e.Number, err)
	}
	name := strings.ToLower(norm.NFC.String(who)) // BOB is bob to QuickBooks (Intuit, info_sba_converted_name_notes.html)
	if other, ok := seen[name]; ok {
		return "", fmt.Errorf("employee numbers %s and %s are both called %q, and QuickBooks would pay them as one: choose another setting employee", other, e.Number, who)
	}
	seen[name] = e.Number
	return who, nil
}

func (quickBooksIIF) activity(l Line, s Settings) activity {
	job := map[string]string{"site": l.Site, "cost_centre": l.CostCentre, "assignment": l.Assignment}[s["job"]]
	return activity{dayComponent{l.Day, l.Component}, job}
}

// mostOfActivity is 23:59.
const mostOfActivity = 24*60 - 1

func (quickBooksIIF) write(w *plainWriter, who string, t total[activity], back takeBacks) error {
	item, err := back.of(t.key.component, t.Minutes)
	if err != nil {
		return err
	}
	day := t.key.day
	date := fmt.Sprintf("%02d/%02d/%02d", day.Month, day.Day, day.Year%100)
	for left := abs(t.Minutes); left > 0; left -= mostOfActivity {
		err := w.write("TIMEACT", date, t.key.job, who, item, "", ClockText(min(left, mostOfActivity)), "", "", notBilled)
		if err != nil {
			return fmt.Errorf("job: %w", err)
		}
	}
	return nil
}

// notBilled is the BILLINGSTATUS of hours that no customer is billed for here.
const notBilled = "0"
