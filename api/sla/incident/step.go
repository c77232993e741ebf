package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/privacy"
)

// Next gives the steps that people may take now.
func (i Incident) Next() []StepKind {
	if !i.IsOpen() {
		return []StepKind{Reopened}
	}
	return slices.DeleteFunc(StepKinds(), func(k StepKind) bool {
		return k == Reopened || k == Confirmed && !i.ConfirmedAt().IsZero()
	})
}

// may says why a step can't be written down, as a *privacy.Refused.
func (i Incident) may(s Step, now time.Time) error {
	byItself := i.Channel == ByProbe && s.What == UpAgain && i.IsOpen()
	switch {
	case !byItself && !slices.Contains(i.Next(), s.What):
		return privacy.Refuse("what", "not-now", fmt.Sprintf("can't be done with an incident that is %s; there is %v", i.State(), i.Next()))
	case s.DoneAt.IsZero() || s.DoneAt.After(now):
		return privacy.Refuse("at", "ahead", "is when it was done, which can't lie ahead")
	case s.What == Earlier && !s.DoneAt.Before(i.Arose()):
		return privacy.Refuse("at", "later", "does not lie before the moment at which it is known to have arisen")
	case s.What == Earlier && s.DoneAt.Before(i.At.AddDate(-1, 0, 0)):
		return privacy.Refuse("at", "old", "lies more than a year back")
	case s.What != Earlier && s.DoneAt.Before(i.Arose()):
		return privacy.Refuse("at", "before", "lies before it arose")
	case s.What == Reopened && s.DoneAt.Before(i.SolvedAt()):
		return privacy.Refuse("at", "before", "lies before it was solved")
	case s.What == Solved && s.DoneAt.Before(i.reopenedAt()):
		return privacy.Refuse("at", "before", "lies before it was reopened: it wasn't solved then")
	case privacy.TooLong(s.Note, noteLength):
		return privacy.Refuse("note", "long", fmt.Sprintf("takes at most %d characters", noteLength))
	case s.What != Confirmed && s.What != UpAgain && strings.TrimSpace(s.Note) == "":
		return privacy.Refuse("note", "empty", "has to be filled in")
	}
	return i.mayWeigh(s)
}

// reopenedAt is when it last turned out not to be solved; zero: never.
func (i Incident) reopenedAt() (at time.Time) {
	for _, s := range i.Steps {
		if s.What == Reopened {
			at = s.DoneAt
		}
	}
	return at
}

func (i Incident) mayWeigh(s Step) error {
	known := slices.Contains(i.Terms.Priorities(), s.Priority)
	switch {
	case s.What == Weighed && !known:
		return privacy.Refuse("priority", "unknown", fmt.Sprintf("the contract knows %v", i.Terms.Priorities()))
	case s.What == Weighed && s.Priority == i.Now():
		return privacy.Refuse("priority", "same", "holds already")
	case s.What == Duplicate && (s.Of <= 0 || s.Of == i.ID):
		return privacy.Refuse("of", "unknown", "is the number of the other incident, which goes on")
	}
	return nil
}

// mayFollow says why an incident can't go on as another: that one must count,
// and go back as far, so that no minute of waiting is lost.
func (i Incident) mayFollow(other Incident) error {
	switch {
	case !other.Counts():
		return privacy.Refuse("of", "closed", "the other one doesn't count itself; name the one that does")
	case other.Arose().After(i.Arose()):
		return privacy.Refuse("of", "later", "the other one arose later: write down first, there, that it arose earlier")
	}
	return nil
}
