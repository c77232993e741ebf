package format

import (
	"fmt"

	"tikklok/ingest/hours/calendar"
)

// LODAS and Lohn und Gehalt are DATEV's two packages: they know employers and
// wage types alike.

// checkDATEVClient checks the numbers by which DATEV knows an employer: of the
// tax consultant and of the consultant's client.
func checkDATEVClient(s Settings) error {
	if err := checkDigits(s["consultant"], 7); err != nil || len(s["consultant"]) < 4 {
		return &BadSetting{"consultant", fmt.Errorf("setting consultant %q is not DATEV's number of the consultant (BeraterNr, 4 to 7 digits)", s["consultant"])}
	}
	if err := checkDigits(s["client"], 5); err != nil {
		return &BadSetting{"client", fmt.Errorf("setting client %q is not DATEV's number of the client (MandantenNr, 1 to 5 digits)", s["client"])}
	}
	return nil
}

func checkWageType(c string) error {
	if err := checkCode(c, 4); err != nil {
		return fmt.Errorf("%w: a DATEV component is the client's own wage type (Lohnart), like 101", err)
	}
	return nil
}

// wageTypes are examples; no client's own are like them.
func wageTypes() []string {
	return []string{"101", "102", "103", "104", "105", "106", "107", "108"}
}

func firstOfMonth(d calendar.Date) calendar.Date {
	return calendar.Date{Year: d.Year, Month: d.Month, Day: 1}
}
