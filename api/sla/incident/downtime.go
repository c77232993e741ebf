package incident

import (
	"time"

	"tikklok/api/sla"
)

// Downtime is a run of minutes in which users couldn't get in, as the probe
// found it.
type Downtime struct {
	From, To time.Time // To isn't in it
	Over     bool      // a minute after it was up
}

// Downtimes gives the runs in minutes, the first first. Minutes that nobody
// measured, between two that were down, part no run.
func Downtimes(minutes []sla.Minute) (all []Downtime) {
	goesOn := false
	for _, m := range minutes {
		switch m.State {
		case sla.Down:
			if !goesOn {
				all = append(all, Downtime{From: m.At})
			}
			goesOn = true
			all[len(all)-1].To = m.At.Add(time.Minute)
		case sla.Up:
			if goesOn {
				all[len(all)-1].Over = true
			}
			goesOn = false
		}
	}
	return all
}

// foundBy is the incident that a downtime opens: nobody gets in (category A).
func foundBy(d Downtime, t Terms, now time.Time) Incident {
	i := Incident{Channel: ByProbe, Kind: Login, AroseAt: d.From, Reported: now, Terms: t, At: now,
		Report: Report{Message: "The probe can't sign in.", Steps: "Sign in and read a page, each minute.", Computer: "probe"},
		Impact: Impact{Disturbance: Standstill, Hit: 1, Users: 1}}
	i.Category, i.Priority = Propose(i.Kind, i.Impact, t)
	return i
}

// covers says whether a downtime is one that an incident of the probe is about
// already: it arose in it, or the probe has not got in since.
func (i Incident) covers(d Downtime) bool {
	if i.Channel != ByProbe {
		return false
	}
	for _, at := range []time.Time{i.Arose(), i.AroseAt} {
		if !at.Before(d.From) && at.Before(d.To) {
			return true
		}
	}
	again := i.lastUp()
	return i.Arose().Before(d.From) && (again.IsZero() || again.After(d.From))
}

// lastUp is when the probe got in again; zero: not yet.
func (i Incident) lastUp() (at time.Time) {
	for _, s := range i.Steps {
		if s.What == UpAgain && s.DoneAt.After(at) {
			at = s.DoneAt
		}
	}
	return at
}

// told are the steps that a downtime adds to its incident.
func (i Incident) told(d Downtime) (steps []Step) {
	if d.From.Before(i.Arose()) {
		steps = append(steps, Step{What: Earlier, DoneAt: d.From, Note: "The probe's minutes came later."})
	}
	last := d.To.Add(-time.Minute)
	if i.State() == Done && last.After(i.SolvedAt()) {
		steps = append(steps, Step{What: Reopened, DoneAt: last, Note: "The probe still couldn't sign in."})
	}
	if d.Over && i.lastUp().Before(d.To) {
		steps = append(steps, Step{What: UpAgain, DoneAt: d.To})
	}
	return steps
}
