package register

import "time"

// restore says how a customer's request to have something back stands: nothing
// is brought back before it was made sure that whoever asks may ask (OB-C18;
// P-A7: in writing, and when in doubt the customer's contact is asked).
func (r Rules) restore(e Entry, _ time.Time) Status {
	asked, _ := dayOf(e.Values["day"])
	switch {
	case e.has(stepRefused):
		return Status{Word: "refused"}
	case e.has(stepRestored) && r.free(e):
		return Status{Word: "restored-free"}
	case e.has(stepRestored):
		return Status{Word: "restored-charged"}
	case e.has(stepChecked):
		return Status{Word: "authorised", Next: []string{stepRestored, stepRefused}}
	}
	return Status{Word: "asked", What: stepChecked, Due: asked, Next: []string{stepChecked, stepRefused}}
}

// free says whether a restore is its calendar year's first, which costs nothing
// (W-3.25). Of two on one day the one that was written down first is.
func (r Rules) free(e Entry) bool {
	own, _ := e.Last(stepRestored)
	for _, other := range r.Restores {
		s, done := other.Last(stepRestored)
		if done && other.ID != e.ID && s.Day.Year() == own.Day.Year() &&
			(s.Day.Before(own.Day) || s.Day.Equal(own.Day) && other.ID < e.ID) {
			return false
		}
	}
	return true
}
