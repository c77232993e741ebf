package evidence

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is how an obligation, or a control, was found.
type State string

// The states. A control is met or missing; an obligation can be met in part.
const (
	Met     State = "met"
	Partly  State = "partly"
	Missing State = "missing"
)

// Why is the reason for which a control is missing.
type Why string

// The reasons.
const (
	Unproved Why = "unproved" // nothing in this version proves it
	NoProof  Why = "none"     // it could be proved, and there is no proof
	Stale    Why = "stale"    // the last proof is too far from the month's end, or that of one of several hosts or places is
	Fails    Why = "fails"    // the last proof says that it doesn't hold
	Other    Why = "other"    // the last test was of another version of the program
)

// Row is an obligation with what was found.
type Row struct {
	ID       string  `json:"id"`
	Source   string  `json:"source"`
	Promise  Text    `json:"promise"`
	State    State   `json:"state"`
	Yours    string  `json:"yours,omitempty"` // those of its clauses that stand in the tenant's contract; "": none, or none is recorded
	Controls []Found `json:"controls"`
	Gap      Text    `json:"gap,omitzero"` // what this program doesn't do yet
}

// Found is a control with its proof.
type Found struct {
	Kind    Kind   `json:"kind"`
	Control Text   `json:"control"`
	State   State  `json:"state"`
	Why     Why    `json:"why,omitempty"`
	Days    int    `json:"fresh_days"`
	Proof   *Shown `json:"proof,omitempty"` // the last; of a control that is missing too, where there is one
}

// Shown is a proof as it is told of.
type Shown struct {
	Name  string    `json:"name"`
	Kind  ProofKind `json:"kind"`
	At    time.Time `json:"at"`
	Says  Text      `json:"says"`
	Looks Looks     `json:"looks,omitzero"` // of the month; zero: it isn't something that is looked at
	Link  string    `json:"link,omitempty"`
}

// Moment is what proofs are held against.
type Moment struct {
	At      time.Time
	Program string // version of it: tests of another one prove nothing
}

// Judge holds what was found against the register: a proof counts when it lies
// no further from the moment than the control's days.
func (r Register) Judge(found []Finding, m Moment) []Row {
	by := make(map[string]Finding, len(found))
	for _, f := range found {
		by[f.Proof] = f
	}
	rows := make([]Row, len(r.Obligations))
	for i, o := range r.Obligations {
		rows[i] = Row{ID: o.ID, Source: o.Source, Promise: o.Promise, Gap: o.Gap, Controls: []Found{}}
		for _, c := range o.Controls {
			rows[i].Controls = append(rows[i].Controls, r.judge(o, c, by, m))
		}
		rows[i].State = rows[i].state()
	}
	return rows
}

// judge takes the worst news that is fresh: one proof that fails outweighs
// another that holds.
func (r Register) judge(o Obligation, c Control, by map[string]Finding, m Moment) Found {
	out := Found{Kind: c.Kind, Control: c.Text, State: Missing, Why: Unproved, Days: c.Days}
	if len(c.Proofs) > 0 {
		out.Why = NoProof
	}
	for _, name := range c.Proofs {
		if name == recordProof {
			name = recordOf(o.ID)
		}
		f, ok := by[name]
		days := f.lasts(c.Days)
		if why := f.why(days, m); ok && before(why, out) {
			out.Why, out.Proof, out.Days = why, r.shown(f), days
		}
	}
	if out.Why == "" {
		out.State = Met
	}
	return out
}

// testDays is how long the run of a test stays fresh while the version runs that
// it is of: as long as other proofs of a year. The program that it tested is the
// one that runs, to the byte.
const testDays = 400

// lasts gives for how many days a finding is fresh, of a control with so many. A
// version that names no commit may be any.
func (f Finding) lasts(days int) int {
	if f.Version == "" || f.Version == "unknown" || strings.HasSuffix(f.Version, "-dirty") {
		return days
	}
	return max(days, testDays)
}

// before says whether a finding decides in place of what was found so far.
func before(why Why, than Found) bool {
	order := []Why{Fails, "", Other, Stale}
	return than.Proof == nil || slices.Index(order, why) < slices.Index(order, than.Why)
}

// why says for what reason a finding proves nothing; "": it proves.
func (f Finding) why(days int, m Moment) Why {
	switch {
	case f.At.Sub(m.At).Abs() > time.Duration(days)*24*time.Hour:
		return Stale
	case f.Version != "" && f.Version != m.Program:
		return Other
	case !f.Holds:
		return Fails
	case len(f.Lacks) > 0:
		return Stale
	}
	return ""
}

func (r Register) shown(f Finding) *Shown {
	about := r.about(f)
	return &Shown{Name: f.Proof, Kind: about.Kind, At: f.At.UTC().Truncate(time.Second), Says: about.fill(f.Value), Looks: f.Looks, Link: about.Link}
}

// recordOf names what somebody wrote down for an obligation.
func recordOf(id string) string { return fmt.Sprintf("%s:%s", recordProof, id) }

// state sums controls up: met when all are and nothing is left to build.
func (r Row) state() State {
	met := 0
	for _, c := range r.Controls {
		if c.State == Met {
			met++
		}
	}
	switch {
	case met == 0:
		return Missing
	case met < len(r.Controls) || r.Gap != Text{}:
		return Partly
	}
	return Met
}

// Counts are how many rows stand in each state.
type Counts struct {
	Met     int `json:"met"`
	Partly  int `json:"partly"`
	Missing int `json:"missing"`
}

// Count counts rows.
func Count(rows []Row) (c Counts) {
	for _, r := range rows {
		switch r.State {
		case Met:
			c.Met++
		case Partly:
			c.Partly++
		default:
			c.Missing++
		}
	}
	return c
}
