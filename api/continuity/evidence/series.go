package evidence

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// check is one of those that a host or a place has every day.
type check struct {
	at    time.Time
	holds bool
	says  string
}

// series are the checks of one host or place, the first first. Each has to have
// a fresh one of its own: that of another stands in for nothing.
type series struct {
	name   string
	since  time.Time // from when checks are due; zero: from the first one
	checks []check
}

// longestHole is how long a daily check may be away: a day, and one for what is
// done a day after the last one, and so later each day.
const longestHole = 48 * time.Hour

// together gives what the series of a proof say of a moment: one that failed
// first, then the one that is not fresh; false where there is none.
func together(proof string, all []series, days int, m Month, moment time.Time) (Finding, bool) {
	f := Finding{Proof: proof, Holds: true}
	later := func(s series) bool { return s.later(moment) }
	if all = slices.Clone(all); slices.ContainsFunc(all, func(s series) bool { return !later(s) }) {
		all = slices.DeleteFunc(all, later)
	}
	var says []string
	for _, s := range all {
		c, ok := s.around(days, moment)
		if !ok || c.why(days, moment) == Stale {
			f.Lacks = append(f.Lacks, s.name)
		}
		if !ok {
			continue
		}
		f.Holes = append(f.Holes, s.holes(m, moment)...)
		says = append(says, strings.TrimSpace(s.name+" "+c.says))
		f.take(c, days, moment)
	}
	f.Holds = f.Holds && len(f.Holes) == 0
	f.Value, f.Looks = strings.Join(says, ", "), looksOf(all, m, moment)
	return f, len(says) > 0
}

// take makes a check count: the oldest dates the finding, or else one that
// fails and is fresh.
func (f *Finding) take(c check, days int, moment time.Time) {
	fails := c.why(days, moment) == Fails
	if f.Holds && (fails || f.At.IsZero() || c.at.Before(f.At)) {
		f.At = c.at
	}
	if fails {
		f.Holds = false
	}
}

// why says for what reason a check proves nothing by a moment; "": it proves.
func (c check) why(days int, moment time.Time) Why {
	return Finding{At: c.at, Holds: c.holds}.why(days, Moment{At: moment})
}

// around gives the last check by a moment; where it is not fresh, the last of
// the days after it, if there is one: what came later doesn't hide what failed.
func (s series) around(days int, moment time.Time) (c check, ok bool) {
	before, after := s.cut(moment), s.cut(moment.AddDate(0, 0, days))
	if len(before) > 0 {
		c, ok = before[len(before)-1], true
	}
	if ok && c.why(days, moment) != Stale || len(after) == len(before) {
		return c, ok
	}
	return after[len(after)-1], true
}

// later says whether the host or place came after a moment.
func (s series) later(moment time.Time) bool {
	return len(s.cut(moment)) == 0 && (s.since.IsZero() || s.since.After(moment))
}

// cut gives the checks before a moment.
func (s series) cut(moment time.Time) []check {
	n := slices.IndexFunc(s.checks, func(c check) bool { return !c.at.Before(moment) })
	if n < 0 {
		return s.checks
	}
	return s.checks[:n]
}

// holes names the stretches of a month that are longer than longestHole and have
// no check. What is missing at its end makes the last check one that is not
// fresh.
func (s series) holes(m Month, moment time.Time) (out []string) {
	last := s.since
	for _, c := range s.cut(moment) {
		if !last.IsZero() && c.at.After(m.First) && c.at.Sub(last) > longestHole {
			out = append(out, fmt.Sprintf("%s %s – %s", s.name, last.In(m.First.Location()).Format(time.DateOnly), c.at.In(m.First.Location()).Format(time.DateOnly)))
		}
		last = c.at
	}
	return out
}

// looksOf counts the days of a month on which something was checked, and those
// of them on which all was in order.
func looksOf(all []series, m Month, moment time.Time) (n Looks) {
	days := map[string]bool{}
	for _, s := range all {
		for _, c := range s.cut(moment) {
			if day := c.at.In(m.First.Location()).Format(time.DateOnly); m.holds(c.at) {
				held, seen := days[day]
				days[day] = c.holds && (held || !seen)
			}
		}
	}
	for _, held := range days {
		n.Seen++
		if held {
			n.Held++
		}
	}
	return n
}
