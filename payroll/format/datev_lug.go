package format

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"tikklok/ingest/hours/calendar"
)

// datevLUG writes bookings for DATEV Lohn und Gehalt: a line per employee, day,
// wage type and cost centre, of eleven fields in the order of an INI file that
// the payroll office loads once. A file is of one month, which its first line
// names, so a run is a ZIP with a file per month and the INI.
//
// A correction is a line of the difference, negative where need be, in the
// file of the month it was worked in.
type datevLUG struct{}

func (datevLUG) Name() string { return "datev-lug" }

func (datevLUG) Schema() []Setting {
	return []Setting{
		{Key: "consultant", Required: true, Example: "1234567"},             // Beraternummer
		{Key: "client", Required: true, Example: "10010"},                   // Mandantennummer
		{Key: "first_line", Default: "yes", Choices: []string{"yes", "no"}}, // Beraternummer;Mandantennummer;MM/JJJJ
		{Key: "cost_centre", Default: "no", Choices: []string{"yes", "no"}},
	}
}

func (datevLUG) CheckSettings(s Settings) error { return checkDATEVClient(s) }

func (datevLUG) CheckComponent(c string) error { return checkWageType(c) }

func (datevLUG) NeedsNames(Settings) bool { return false }

func (datevLUG) About() About {
	return About{Title: "DATEV Lohn und Gehalt (ASCII import with its INI)", For: "German employers whose payroll is in Lohn und Gehalt",
		Source: "the layout and INI of third-party exports, https://123erfasst.zendesk.com/hc/de/articles/115003194454", Proof: ProofLayout,
		Components: wageTypes()}
}

func (datevLUG) FileType(Settings) FileType { return FileType{"application/zip", "zip"} }

// dayBooking is what Lohn und Gehalt takes hours of an employee by.
type dayBooking struct {
	day        calendar.Date
	wageType   string
	costCentre string
}

func (f datevLUG) Write(out io.Writer, c Content) error {
	months := map[calendar.Date]*archivePart{}
	for e, err := range numbered(c.Employees, 5) {
		if err != nil {
			return err
		}
		for _, t := range totals(e.Lines, func(l Line) dayBooking { return f.booking(l, c.Settings) }) {
			if err := f.write(months, t, e, c.Settings); err != nil {
				return fmt.Errorf("employee number %s, %s: %w", e.Number, t.key.day, err)
			}
		}
	}
	return f.pack(out, months, c)
}

func (datevLUG) booking(l Line, s Settings) dayBooking {
	b := dayBooking{day: l.Day, wageType: l.Component}
	if s["cost_centre"] == "yes" {
		b.costCentre = l.CostCentre
	}
	return b
}

// write writes a line into the file of its month.
func (datevLUG) write(months map[calendar.Date]*archivePart, t total[dayBooking], e Employee, s Settings) error {
	if t.Hundredths == 0 {
		return nil
	}
	if t.Hundredths > 2400 || t.Hundredths < -2400 {
		return fmt.Errorf("%s hours of wage type %s are more than the 24 that Lohn und Gehalt takes of a day: correct that day", DecimalText(t.Hundredths, "."), t.key.wageType)
	}
	month := firstOfMonth(t.key.day)
	part, ok := months[month]
	if !ok {
		part = newArchivePart()
		months[month] = part
		if s["first_line"] == "yes" {
			if err := part.write(s["consultant"], s["client"], fmt.Sprintf("%02d/%04d", month.Month, month.Year)); err != nil {
				return err
			}
		}
	}
	err := part.write(e.Number, dateText(t.key.day, "dd/mm/yyyy"), "", t.key.wageType, DecimalText(t.Hundredths, ","), "", "", "", "", t.key.costCentre, "")
	if err != nil {
		return fmt.Errorf("cost centre: %w", err)
	}
	return nil
}

func (datevLUG) pack(out io.Writer, months map[calendar.Date]*archivePart, c Content) error {
	a := newArchive(out, c.At)
	ini := newArchivePart()
	for _, line := range lugINI() {
		if err := ini.write(line); err != nil {
			return err
		}
	}
	if err := a.addPart("tikklok.ini", ini); err != nil {
		return err
	}
	for _, month := range slices.SortedFunc(maps.Keys(months), func(a, b calendar.Date) int { return a.Sub(b) }) {
		if err := a.addPart(fmt.Sprintf("lohn-%04d-%02d.txt", month.Year, month.Month), months[month]); err != nil {
			return err
		}
	}
	return a.Close()
}

// lugINI tells Lohn und Gehalt the order of the fields.
func lugINI() []string {
	return []string{
		"[Allgemein]",
		"Feldanzahl = 11",
		"Feldtrennzeichen = Strichpunkt",
		"Satztrennzeichen = Enter/Return",
		"Anderes Trennzeichen =",
		"Zahlenkomma = ,",
		"Datumstrennzeichen = /",
		"[Feldinhalt]",
		"Feld1 = Personalnummer",
		"Feld2 = Kalendertag",
		"Feld3 = Ausfallschlüssel",
		"Feld4 = Lohnartennummer",
		"Feld5 = Stundenanzahl",
		"Feld6 = Tagesanzahl",
		"Feld7 = Wert",
		"Feld8 = Abweichender Faktor",
		"Feld9 = Abweichende Lohnveränderung",
		"Feld10 = Kostenstellennummer",
		"Feld11 = Kostenträger",
	}
}
