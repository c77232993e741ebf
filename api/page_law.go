package api

import (
	"cmp"
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// lawMessage says what was found of a row, and what is allowed.
func lawMessage(row string, found, allowed int) page.Message {
	key, unit := "law."+row, law.UnitOf(law.Row(row), allowed)
	if unit == law.Times {
		return page.Say(key, found, allowed)
	}
	if row == string(law.LateNights) {
		key += ".hours"
	}
	return page.Say(key, page.Minutes(found), page.Minutes(allowed))
}

// warning says what of a week should be known.
func warning(prefix string, x hours.Warning) page.Message {
	if x.Finding != nil {
		return page.Say(prefix+string(x.Kind), lawMessage(string(x.Finding.Row), x.Finding.Found, x.Finding.Allowed))
	}
	return page.Say(prefix+string(x.Kind), page.Minutes(x.Minutes))
}

// lawShown is how many findings the page lists; the file has all.
const lawShown = 200

// lawAsked is what the report is asked for.
type lawAsked struct {
	days          calendar.Period
	row, severity string
	employee      int64
}

// askedLaw reads the address; without a period it is the four weeks that end
// with this one.
func askedLaw(r *http.Request, now time.Time) (a lawAsked, err error) {
	q := r.URL.Query()
	week := hoursNow(now)
	a.days = calendar.Period{From: week.Add(-3).Monday(), To: week.Sunday()}
	for text, to := range map[string]*calendar.Date{q.Get("from"): &a.days.From, q.Get("to"): &a.days.To} {
		if text == "" {
			continue
		}
		if *to, err = calendar.ParseDate(text); err != nil {
			return a, badRequest("a day is not of the form 2026-01-31")
		}
	}
	if a.days.To.Before(a.days.From) || a.days.To.Sub(a.days.From) > 2*366 {
		return a, badRequest("the period ends before it begins, or is longer than two years")
	}
	a.row, a.severity = q.Get("row"), q.Get("severity")
	a.employee, err = optionalID(q.Get("employee"))
	return a, err
}

func (s *Server) lawPage(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r)
	asked, err := askedLaw(r, f.Now)
	if err != nil {
		return err
	}
	v := &page.Law{Frame: f, From: asked.days.From.In(time.UTC), To: asked.days.To.In(time.UTC), Row: asked.row, Severity: asked.severity, Employee: asked.employee,
		Counts: map[string]int{}, Severities: map[string]int{}, File: page.PathLawFile + "?" + r.URL.RawQuery}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		found, names, err := readLaw(r, tx, asked)
		if err != nil {
			return err
		}
		for _, x := range found {
			if asked.severity == "" || string(x.Severity) == asked.severity {
				v.Counts[string(x.Row)]++
				v.Counts[""]++
			}
			if asked.row == "" || string(x.Row) == asked.row {
				v.Severities[string(x.Severity)]++
			}
			if !asked.shows(x) {
				continue
			}
			if len(v.Lines) == lawShown {
				v.More++
				continue
			}
			v.Lines = append(v.Lines, page.LawLine{Employee: x.Employee, Name: names[x.Employee].name(), Day: x.Day.In(time.UTC),
				Severity: string(x.Severity), Row: string(x.Row), Text: lawMessage(string(x.Row), x.Found, x.Allowed)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range law.Rows() {
		if v.Counts[string(row)] > 0 || string(row) == asked.row {
			v.Rows = append(v.Rows, string(row))
		}
	}
	return s.render(w, http.StatusOK, v)
}

func (a lawAsked) shows(f hours.LawFinding) bool {
	return (a.row == "" || string(f.Row) == a.row) && (a.severity == "" || string(f.Severity) == a.severity)
}

// lawName is how the report names somebody.
type lawName struct{ number, surname, first string }

func (n lawName) name() string { return nameOf(n.surname, n.first) }

// readLaw gives the findings, the latest first, and who is who.
func readLaw(r *http.Request, tx pg.Tx, asked lawAsked) ([]hours.LawFinding, map[int64]lawName, error) {
	found, err := hours.LawFindings(r.Context(), tx, asked.days, asked.employee)
	if err != nil {
		return nil, nil, err
	}
	all, err := people.Employees(r.Context(), tx)
	names := make(map[int64]lawName, len(all))
	for _, e := range all {
		names[e.ID] = lawName{e.Number, e.Surname, e.FirstName}
	}
	slices.SortStableFunc(found, func(a, b hours.LawFinding) int { return cmp.Compare(b.At, a.At) })
	return found, names, err
}

// lawFile gives the report as CSV: all of it, figures in minutes or times.
func (s *Server) lawFile(w http.ResponseWriter, r *http.Request) error {
	asked, err := askedLaw(r, s.now(r))
	if err != nil {
		return err
	}
	var text strings.Builder
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		found, names, err := readLaw(r, tx, asked)
		if err != nil {
			return err
		}
		return writeLaw(csv.NewWriter(&text), slices.DeleteFunc(found, func(f hours.LawFinding) bool { return !asked.shows(f) }), names)
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="working-hours-`+asked.days.From.String()+`-`+asked.days.To.String()+`.csv"`)
	_, err = w.Write([]byte("\ufeff" + text.String()))
	return err
}

func writeLaw(c *csv.Writer, found []hours.LawFinding, names map[int64]lawName) error {
	c.Comma, c.UseCRLF = ';', true
	rows := [][]string{{"personnel_number", "surname", "first_name", "day", "rule", "severity", "unit", "found", "allowed", "at_utc", "from_utc", "to_utc", "shifts"}}
	instant := func(minute int64) string { return time.Unix(minute*60, 0).UTC().Format("2006-01-02T15:04Z") }
	for _, f := range found {
		n := names[f.Employee]
		rows = append(rows, []string{page.Cell(n.number), page.Cell(n.surname), page.Cell(n.first), f.Day.String(), string(f.Row), string(f.Severity),
			string(law.UnitOf(f.Row, f.Allowed)), strconv.Itoa(f.Found), strconv.Itoa(f.Allowed), instant(f.At), instant(f.Over.From), instant(f.Over.To), strconv.Itoa(len(f.Shifts))})
	}
	return c.WriteAll(rows)
}

// notices says what of today can still be prevented.
func notices(all []hours.LawNotice, zone *time.Location) []page.Preventable {
	return each(all, func(n hours.LawNotice) page.Preventable {
		out := page.Preventable{Employee: n.Who.ID, Name: nameOf(n.Who.Surname, n.Who.FirstName), Over: n.Over, Rare: n.Severity == law.Edge,
			Text: lawMessage(string(n.Row), n.Found, n.Allowed), Last: time.Unix(n.Last*60, 0).In(zone), Day: time.Unix(n.Last*60, 0).In(zone)}
		if n.Planned.From != 0 {
			out.Planned = time.Unix(n.Planned.From*60, 0).In(zone)
		}
		return out
	})
}
