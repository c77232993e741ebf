package hours

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
)

// LawFinding is what was found of one employee, on the day of the shift in
// which it came about.
type LawFinding struct {
	Employee int64
	law.Finding
}

// LawNotice is what can still be prevented, of an employee who is in or whose
// shift is planned.
type LawNotice struct {
	Who  Who
	Zone *time.Location
	law.Notice
}

// Agreement is the figures that stand in the place of the Act's, from a day on
// until the next of the same contract. It is never changed once it is made.
type Agreement struct {
	Version  int           `json:"version"`
	Contract int64         `json:"contract,omitempty"` // 0: everybody whose contract has none
	From     calendar.Date `json:"from"`
	Name     string        `json:"name"` // 1…100 characters: what it is called
	Adults   law.Figures   `json:"adults"`
	Minors   law.Figures   `json:"minors"`
	By       audit.Actor   `json:"by"`
	Made     time.Time     `json:"made"`
}

// TheAct is what holds where there is no agreement.
func TheAct() Agreement {
	return Agreement{Adults: law.Default(), Minors: law.Minors()}
}

// spansHead is how many numbers worked_day.spans has of a shift, before the from
// and to of each break: from, to, state, number of breaks.
const spansHead = 4

// spans gives the shifts of a day in the form of an array of PostgreSQL.
func (d Day) spans() string {
	out := []byte{'{'}
	put := func(n int64) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, n, 10)
	}
	for _, s := range d.Shifts {
		breaks := s.restTaken()
		if s.OnBreak {
			breaks = append(slices.Clone(breaks), Pause{Span: Span{From: d.breakBegan(s)}})
		}
		for _, n := range []int64{s.Span.From, s.Span.To, int64(s.lawful()), int64(len(breaks))} {
			put(n)
		}
		for _, b := range breaks {
			put(b.From)
			put(b.To)
		}
	}
	return string(append(out, '}'))
}

// restTaken gives the breaks for the Act. What the rules took by themselves
// counts as taken, and what they added to a tapped break makes that one longer:
// alone it would be too short to be a break at all.
func (s Shift) restTaken() []Pause {
	longest := -1
	for i, b := range s.Breaks {
		if !b.Automatic && (longest < 0 || b.Minutes() > s.Breaks[longest].Minutes()) {
			longest = i
		}
	}
	if longest < 0 {
		return s.Breaks
	}
	var out []Pause
	added := int64(0)
	for _, b := range s.Breaks {
		if b.Automatic {
			added += b.To - b.From
		} else {
			out = append(out, b)
		}
	}
	for i := range out {
		if out[i].From == s.Breaks[longest].From {
			out[i].To += added
		}
	}
	return out
}

// breakBegan gives when the break of somebody who is on one began.
func (d Day) breakBegan(s Shift) int64 {
	began := s.Span.From
	for _, p := range d.Punches {
		if p.Role == RoleBreakStart && p.Minute() >= s.Span.From {
			began = max(began, p.Minute())
		}
	}
	return began
}

// lawful says how far a shift is known to the Act. One of which it is not sure
// that it was worked counts as such, also when both its ends are known.
func (s Shift) lawful() law.State {
	switch s.State {
	case Complete:
		return law.Complete
	case Running:
		return law.Running
	}
	return law.Unsure
}

// datedWork is a shift with the day that it stands on.
type datedWork struct {
	law.Work
	day calendar.Date
}

// readSpans reads the shifts of a day.
func readSpans(day calendar.Date, spans []int64) (out []datedWork) {
	for len(spans) >= spansHead {
		w := datedWork{law.Work{Span: law.Span{From: spans[0], To: spans[1]}, State: law.State(spans[2])}, day}
		n := int(spans[3])
		spans = spans[spansHead:]
		for ; n > 0 && len(spans) >= 2; n-- {
			w.Breaks = append(w.Breaks, law.Span{From: spans[0], To: spans[1]})
			spans = spans[2:]
		}
		out = append(out, w)
	}
	return out
}

// history gives the work for the Act.
func history(zone *time.Location, all []datedWork) law.History {
	h := law.History{Zone: zone, Work: make([]law.Work, len(all))}
	for i, w := range all {
		h.Work[i] = w.Work
	}
	return h
}

// dayOf gives the day of the last shift that began before a minute, or ended
// where its beginning is not known.
func dayOf(all []datedWork, minute int64, otherwise calendar.Date) calendar.Date {
	best := int64(-1)
	for _, w := range all {
		if at := cmp.Or(w.From, w.To); at <= minute && at > best {
			best, otherwise = at, w.day
		}
	}
	return otherwise
}

// LawOf gives the figures that hold for a person: those of the newest agreement
// of their contract, or of everybody, and of their age. At 16 and 17 those of
// minors hold; whose birth date is not kept counts as an adult.
func LawOf(agreements []Agreement, p Person) law.Law {
	days := []calendar.Date{{}}
	for _, a := range agreements {
		days = append(days, a.From)
	}
	for _, t := range p.Terms {
		days = append(days, t.From)
	}
	grown := calendar.Date{}
	if (p.Born != calendar.Date{}) {
		grown = calendar.DateOf(time.Date(p.Born.Year+18, p.Born.Month, p.Born.Day, 0, 0, 0, 0, time.UTC))
		days = append(days, grown)
	}
	slices.SortFunc(days, func(a, b calendar.Date) int { return a.Sub(b) })
	var out law.Law
	for _, d := range slices.Compact(days) {
		a, figures := AgreementOn(agreements, p.TermsOn(d).Contract, d), law.Figures{}
		if figures = a.Adults; d.Before(grown) {
			figures = a.Minors
		}
		if n := len(out); n == 0 || out[n-1].Figures != figures {
			out = append(out, law.Dated{From: d, Figures: figures})
		}
	}
	return out
}

// AgreementOn gives the agreement of a contract (0: none) on a day, or of
// everybody, or the Act.
func AgreementOn(all []Agreement, contract int64, d calendar.Date) Agreement {
	best, found := TheAct(), false
	for _, a := range all {
		if a.Contract != 0 && a.Contract != contract || d.Before(a.From) {
			continue
		}
		later := cmp.Or(cmp.Compare(a.Contract, best.Contract), a.From.Sub(best.From), cmp.Compare(a.Version, best.Version)) > 0
		if !found || later {
			best, found = a, true
		}
	}
	return best
}

// breaches gives the exceptions of the days of one employee: one a day and
// row, as one decision accepts it.
func breaches(findings []LawFinding) map[calendar.Date][]Exception {
	out := map[calendar.Date][]Exception{}
	for _, f := range findings {
		told := slices.ContainsFunc(out[f.Day], func(e Exception) bool { return e.Rule == string(f.Row) })
		if f.Severity == law.Breach && !told {
			out[f.Day] = append(out[f.Day], Exception{Kind: Law, Rule: string(f.Row), Minutes: f.Found, Count: f.Allowed})
		}
	}
	return out
}
