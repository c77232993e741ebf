package format

import (
	"fmt"
	"io"

	"tikklok/ingest/hours/calendar"
)

// datevLODAS writes an import file of DATEV LODAS: bookings of hours
// (u_lod_bwd_buchung_standard), one per employee, month, wage type and cost
// centre, since a booking knows no day.
//
// A correction is a booking of the difference, negative where need be. It goes
// to the month it was worked in, which LODAS then calculates again if it is of
// this year or the last (datev.de/hilfe/1070821), or to the month of the run:
// the one who keeps the payroll says which.
type datevLODAS struct{}

func (datevLODAS) Name() string { return "datev-lodas" }

func (datevLODAS) Schema() []Setting {
	return []Setting{
		{Key: "consultant", Required: true, Example: "1234567"},                      // BeraterNr
		{Key: "client", Required: true, Example: "10010"},                            // MandantenNr
		{Key: "corrections", Default: "worked", Choices: []string{"paid", "worked"}}, // abrechnung_zeitraum: the month of the day, or that in which the period ends
		{Key: "cost_centre", Default: "no", Choices: []string{"yes", "no"}},
	}
}

func (datevLODAS) CheckSettings(s Settings) error { return checkDATEVClient(s) }

// CheckComponent takes la_eigene, the wage type as the client has it; there
// are none that all clients share.
func (datevLODAS) CheckComponent(c string) error { return checkWageType(c) }

func (datevLODAS) NeedsNames(Settings) bool { return false }

func (datevLODAS) About() About {
	return About{Title: "DATEV LODAS (ASCII import)", For: "German employers whose tax consultant uses LODAS",
		Source: "the layout of third-party exports, which name DATEV's LODAS ASCII-Import, https://help-center.apps.datev.de, document st81064830359671307", Proof: ProofLayout,
		Components: wageTypes()}
}

func (datevLODAS) FileType(Settings) FileType {
	return FileType{"text/plain; charset=windows-1252", "txt"}
}

// booking is what LODAS takes hours of an employee by.
type booking struct {
	month      calendar.Date
	wageType   string
	costCentre string
}

func (f datevLODAS) Write(out io.Writer, c Content) error {
	w := newPlainWriter(out, ";")
	if err := f.head(w, c.Settings); err != nil {
		return err
	}
	for e, err := range numbered(c.Employees, 5) {
		if err != nil {
			return err
		}
		for _, t := range totals(e.Lines, func(l Line) booking { return f.booking(l, c) }) {
			if t.Hundredths == 0 {
				continue
			}
			if t.key.month.Year < c.Period.To.Year-1 {
				return fmt.Errorf("employee number %s, %s: LODAS calculates no month again that lies before last year: choose corrections paid", e.Number, t.line.Day)
			}
			err := w.write("1", dateText(t.key.month, "dd.mm.yyyy"), DecimalText(t.Hundredths, ","), lodasHours, t.key.wageType, e.Number, t.key.costCentre, "")
			if err != nil {
				return fmt.Errorf("employee number %s, %s, cost centre: %w", e.Number, t.line.Day, err)
			}
		}
	}
	return w.flush()
}

// lodasHours is the bs_nr of a value in hours.
const lodasHours = "1"

func (datevLODAS) head(w *plainWriter, s Settings) error {
	_, err := w.b.WriteString("[Allgemein]\r\nZiel=LODAS\r\nBeraterNr=" + s["consultant"] + "\r\nMandantenNr=" + s["client"] +
		"\r\nDatumsformat=TT.MM.JJJJ\r\nFeldtrennzeichen=;\r\nZahlenkomma=,\r\n\r\n" +
		"[Satzbeschreibung]\r\n1;u_lod_bwd_buchung_standard;abrechnung_zeitraum#bwd;bs_wert_butab#bwd;bs_nr#bwd;la_eigene#bwd;pnr#bwd;kostenstelle#bwd;\r\n\r\n" +
		"[Bewegungsdaten]\r\n")
	return err
}

func (datevLODAS) booking(l Line, c Content) booking {
	day := l.Day
	if c.Settings["corrections"] == "paid" {
		day = c.Period.To
	}
	b := booking{month: firstOfMonth(day), wageType: l.Component}
	if c.Settings["cost_centre"] == "yes" {
		b.costCentre = l.CostCentre
	}
	return b
}
