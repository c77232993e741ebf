package incident

import (
	"slices"
	"time"

	"tikklok/api/sla/window"
)

// Due is by when something is to be done about an incident.
type Due struct {
	By    time.Time // zero: not promised
	Was   time.Time // when it was done; zero: not yet
	Hours window.Window
	Aim   bool // striven for, not promised
}

// Late says whether it was done too late, or isn't done in time; the last
// instant is in time.
func (d Due) Late(now time.Time) bool {
	return !d.By.IsZero() && (d.Was.IsZero() && now.After(d.By) || d.Was.After(d.By))
}

// Left is what is left of the hours that count; negative: how long it is over.
// Nothing is left of what was done or isn't promised.
func (d Due) Left(now time.Time) time.Duration {
	if d.By.IsZero() || !d.Was.IsZero() {
		return 0
	}
	if now.After(d.By) {
		return -d.Hours.Between(d.By, now)
	}
	return d.Hours.Between(now, d.By)
}

// Clock is what runs for an incident.
type Clock struct {
	Start    time.Time // from when time is counted
	Waits    bool      // it was mailed outside the service window: counted from the next working day
	AllHours bool
	Confirm  Due // the receipt, by a person
	Answer   Due // the direction of the solution, or the diagnosis
	Solve    Due
	Contact  Due // the next daily word, while it is open
}

// Clock counts an incident's deadlines over the service window, or around the
// clock where its priority says so.
func (i Incident) Clock(service window.Window) Clock {
	p := i.Terms.promise(i.Now())
	c := Clock{AllHours: p.AllHours}
	hours := service
	if p.AllHours {
		hours = window.Always(service.Zone)
	}
	c.Start, c.Waits = i.start(service)
	c.Confirm = Due{Was: i.ConfirmedAt(), Hours: service}
	if i.Terms.Confirm > 0 && i.Channel != ByProbe {
		c.Confirm.By = service.Add(i.Reported, days(service, i.Terms.Confirm))
	}
	c.Answer = Due{Was: i.AnsweredAt(), Hours: hours}
	switch {
	case p.Days > 0:
		c.Answer = Due{By: service.Add(c.Start, days(service, p.Days)), Was: c.Answer.Was, Hours: service}
	case p.Answer > 0:
		c.Answer.By = hours.Add(c.Start, p.Answer)
	}
	c.Solve = Due{Was: i.SolvedAt(), Hours: hours}
	switch {
	case p.Solve > 0:
		c.Solve.By = hours.Add(c.Start, p.Solve)
	case i.Kind == Bookkeeping && i.Terms.Aim > 0:
		c.Solve = Due{By: service.Add(c.Start, days(service, i.Terms.Aim)), Was: c.Solve.Was, Hours: service, Aim: true}
	}
	if i.IsOpen() {
		c.Contact = Due{By: hours.Add(i.lastWord(), days(hours, 1)), Hours: hours}
	}
	return c
}

// days are so many working days: as many whole windows, so that what came in at
// ten has until ten of the day on which it is due, the shortest that the text
// can mean.
func days(w window.Window, n int) time.Duration {
	return time.Duration(n*(w.To-w.From)) * time.Minute
}

// start is from when time is counted: from when it arose, or from the report
// where the contract says so. What was mailed outside the service window is
// taken up when that next opens (N-B7), unless the probe or a call told it.
func (i Incident) start(service window.Window) (at time.Time, waits bool) {
	at = i.Arose()
	if i.Terms.FromReport {
		at = earliest(i.Reported, at.Add(i.Reported.Sub(i.AroseAt)))
	}
	if i.Channel != ByEmail || service.Open(i.Reported) {
		return at, false
	}
	return service.Next(i.Reported), true
}

// lastWord is when the customer last heard of it.
func (i Incident) lastWord() time.Time {
	at := i.Reported
	for _, s := range i.Steps {
		told := s.What == Confirmed || s.What == Answered || s.What == Contact || s.What == Weighed || s.What == Reopened
		if told && s.DoneAt.After(at) {
			at = s.DoneAt
		}
	}
	return at
}

// Grave says whether it runs around the clock.
func (i Incident) Grave() bool { return i.Terms.promise(i.Now()).AllHours }

// Sorted puts what is open and has least time left first; what isn't open comes
// last, the newest first.
func Sorted(all []Incident, service window.Window, now time.Time) []Incident {
	type placed struct {
		Incident
		open bool
		by   time.Time
	}
	rows := make([]placed, len(all))
	for n, i := range all {
		rows[n] = placed{i, i.IsOpen(), i.next(service)}
		if rows[n].by.IsZero() {
			rows[n].by = now.AddDate(1, 0, 0) // nothing promised: after what has a clock
		}
	}
	slices.SortStableFunc(rows, func(a, b placed) int {
		switch {
		case a.open != b.open && a.open:
			return -1
		case a.open != b.open:
			return 1
		case !a.open:
			return b.Arose().Compare(a.Arose())
		}
		return a.by.Compare(b.by)
	})
	out := make([]Incident, len(rows))
	for n, r := range rows {
		out[n] = r.Incident
	}
	return out
}

// next is the first deadline that isn't met yet; zero: none is promised.
func (i Incident) next(service window.Window) time.Time {
	c := i.Clock(service)
	if c.Answer.Was.IsZero() {
		return earliest(c.Solve.By, c.Answer.By)
	}
	return c.Solve.By
}
