package incident

import (
	"slices"
	"time"

	"tikklok/api/sla/window"
	"tikklok/ingest/tenant"
)

// Due is by when something is to be done about an incident.
type Due struct {
	By    time.Time // zero: not promised
	Was   time.Time // when it was done; zero: not yet
	Hours window.Window
	Aim   bool            // striven for, not promised
	Of    tenant.Priority // whose promise it is
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

// Clock counts an incident's deadlines over the service window, or over the
// hours that its contract names; around the clock where its priority says so.
// What was missed before another priority was agreed on stays missed: an
// agreement doesn't make up for time that is gone.
func (i Incident) Clock(service window.Window) Clock {
	service = i.Terms.window(service)
	p := i.Terms.promise(i.Now())
	c := Clock{AllHours: p.AllHours}
	c.Start, c.Waits = i.start(service)
	c.Confirm = Due{Was: i.ConfirmedAt(), Hours: service}
	if i.Terms.Confirm > 0 && i.Channel != ByProbe {
		c.Confirm.By = service.Add(i.Reported, days(service, i.Terms.Confirm))
	}
	c.Answer, c.Solve = i.promised(p, c.Start, service)
	for _, w := range i.former() {
		answer, solve := i.promised(i.Terms.promise(w.priority), c.Start, service)
		c.Answer, c.Solve = c.Answer.unless(answer, w.until), c.Solve.unless(solve, w.until)
	}
	if i.IsOpen() {
		hours := p.hours(service)
		c.Contact = Due{By: hours.Add(i.lastWord(), days(hours, 1)), Hours: hours}
	}
	return c
}

// promised are the deadlines that a promise gives.
func (i Incident) promised(p Promise, start time.Time, service window.Window) (answer, solve Due) {
	hours := p.hours(service)
	answer = Due{Was: i.AnsweredAt(), Hours: hours, Of: p.Priority}
	solve = Due{Was: i.SolvedAt(), Hours: hours, Of: p.Priority}
	switch {
	case p.Days > 0:
		answer.By, answer.Hours = service.Add(start, days(service, p.Days)), service
	case p.Answer > 0:
		answer.By = hours.Add(start, p.Answer)
	}
	switch {
	case p.Solve > 0:
		solve.By = hours.Add(start, p.Solve)
	case i.Kind == Bookkeeping && i.Terms.Aim > 0:
		solve.By, solve.Hours, solve.Aim = service.Add(start, days(service, i.Terms.Aim)), service, true
	}
	return answer, solve
}

// unless gives the deadline of a former priority in place of d where that was
// missed already at the moment until which it held, and d isn't earlier.
func (d Due) unless(former Due, until time.Time) Due {
	missed := former.Late(until) && !former.Aim && former.By.Before(until)
	if missed && (d.By.IsZero() || former.By.Before(d.By)) {
		return former
	}
	return d
}

// held is a priority that held until it was written down that another does.
type held struct {
	priority tenant.Priority
	until    time.Time
}

func (i Incident) former() (all []held) {
	now := i.Priority
	for _, s := range i.Steps {
		if s.What == Weighed {
			all, now = append(all, held{now, s.At}), s.Priority
		}
	}
	return all
}

// days are so many working days: as many whole windows, so that what came in at
// ten has until ten of the day on which it is due, the shortest that the text
// can mean.
func days(w window.Window, n int) time.Duration {
	return time.Duration(n*(w.To-w.From)) * time.Minute
}

// start is from when time is counted: from when it arose, or from the report
// where the contract says so. What was mailed outside the service window is
// taken up when that next opens (N-B7), unless the probe or a call told it; and
// so is whatever reaches W then (W-3.8). Log-in trouble with a promise of its
// own waits for no window (W-3.13, W-3.21).
func (i Incident) start(service window.Window) (at time.Time, waits bool) {
	at = i.Arose()
	if i.Terms.FromReport {
		at = earliest(i.Reported, at.Add(i.Reported.Sub(i.AroseAt)))
	}
	waits = (i.Channel == ByEmail || i.Terms.FromReport) && i.Channel != ByProbe && i.Now() != tenant.Login
	if !waits || service.Open(i.Reported) {
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

// Waiting is since when somebody on duty is to take it up: it is open, runs
// around the clock, and nobody has told that it is in hand since it was
// reported, reopened or made so grave. The zero time: nobody is called for it.
func (i Incident) Waiting() (since time.Time) {
	if !i.IsOpen() || !i.Grave() {
		return time.Time{}
	}
	since, grave := i.AroseAt, i.Terms.promise(i.Priority).AllHours
	for _, s := range i.Steps {
		switch s.What {
		case Confirmed, Answered, Contact:
			since = time.Time{}
		case Reopened:
			since = s.DoneAt
		case Weighed:
			was := grave
			if grave = i.Terms.promise(s.Priority).AllHours; grave && !was {
				since = s.DoneAt
			}
		}
	}
	return since
}

// Sorted puts what is open and has least time left, or is latest, first; what isn't open comes
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

// next is the first deadline that isn't met yet, the daily word among them;
// zero: none is promised.
func (i Incident) next(service window.Window) (by time.Time) {
	c := i.Clock(service)
	for _, d := range []Due{c.Confirm, c.Answer, c.Solve, c.Contact} {
		if d.Was.IsZero() && !d.Aim {
			by = earliest(by, d.By)
		}
	}
	return by
}
