package evidence

import (
	"slices"
	"time"
)

// sight is what was seen of a proof on a day.
type sight struct {
	Holds bool   `json:"holds"`
	Value string `json:"value,omitempty"`
}

// glance is a day's look, as it is kept.
type glance struct {
	at      time.Time
	program string
	seen    map[string]sight
}

// past puts what was seen in the month in the place of what is seen now, where
// the month is over; and tells of each on how many of its days it was seen, and
// held.
func past(now []Finding, kept []glance, over bool) []Finding {
	out := slices.Clone(now)
	if over {
		for _, g := range kept {
			for name, s := range g.seen {
				out = put(out, Finding{Proof: name, At: g.at, Holds: s.Holds, Value: s.Value})
			}
		}
	}
	for i, f := range out {
		for _, g := range kept {
			if s, ok := g.seen[f.Proof]; ok {
				out[i].Looks.Seen++
				if s.Holds {
					out[i].Looks.Held++
				}
			}
		}
	}
	return out
}

// put puts a finding in the place of the one of the same proof.
func put(all []Finding, f Finding) []Finding {
	if i := slices.IndexFunc(all, func(o Finding) bool { return o.Proof == f.Proof }); i >= 0 {
		all[i] = f
		return all
	}
	return append(all, f)
}

// versionThen gives the program's version that looked last in the month, which
// its tests have to be of; where nobody looked, the one that runs.
func versionThen(kept []glance, running string) string {
	if len(kept) == 0 {
		return running
	}
	return kept[len(kept)-1].program
}
