package statement

import "tikklok/ingest/press"

// State is how a measure was found.
type State string

// The states.
const (
	Works  State = "works"  // it was looked at, and it is on
	Lacks  State = "lacks"  // it was looked at, and it is not
	Unseen State = "unseen" // there was nothing to look at
)

// Check is a measure that was looked at.
type Check struct {
	Measure string // one of Known
	State   State
	Values  []any // that its sentence names
}

// Known gives the measures that there are sentences of, in the order of a
// document; one that nobody looked at stands there as unseen.
func Known() []string {
	return []string{"tenancy", "role", "append", "audit", "tokens", "sealed", "passwords", "second-factor", "sessions", "transport", "certificates",
		"database", "durable", "dumps", "purge", "wall", "fields"}
}

// outside are what no program can see.
func outside() []string {
	return []string{"disk", "building", "staff", "training", "copies", "test"}
}

// safeguards lists the measures of article 32 by how they were found: nothing
// stands under "works" that was not looked at.
func (w *writer) safeguards() []press.Part {
	found := w.part("safeguards.works")
	found.Table = press.Table{Head: w.heads("measure", "seen"), Widths: []int{4, 6}}
	missing, unseen := w.part("safeguards.lacks"), w.part("safeguards.unseen")
	for _, name := range Known() {
		switch c := w.check(name); c.State {
		case Works:
			found.Table.Rows = append(found.Table.Rows, []string{w.Say("measure." + name), w.Say("seen."+name, c.Values...)})
		case Lacks:
			missing.List = append(missing.List, w.Say("measure."+name)+": "+w.Say("lacks."+name, c.Values...))
		default:
			unseen.List = append(unseen.List, w.Say("measure."+name))
		}
	}
	if len(missing.List) == 0 {
		missing.Text = append(missing.Text, w.Say("none"))
	}
	for _, name := range outside() {
		unseen.List = append(unseen.List, w.Say("outside."+name))
	}
	return []press.Part{w.parties(), found, missing, unseen, w.engaged()}
}

// check gives how a measure was found; Unseen where nobody looked.
func (w *writer) check(measure string) Check {
	for _, c := range w.Checks {
		if c.Measure == measure {
			return c
		}
	}
	return Check{Measure: measure, State: Unseen}
}
