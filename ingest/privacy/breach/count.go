package breach

import (
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/privacy"
)

// Filter says what was in the wrong hands: a time, who read (an account, a
// key), a device that brought taps, one operation, or a table of the
// catalogue. What is empty narrows nothing.
type Filter struct {
	From, Until time.Time // from the one up to and without the other
	By          audit.Actor
	Operation   string
	Table       string
}

// Count is how many people a filter reaches.
type Count struct {
	Least int // who were named one by one, or certainly stand in the table
	Most  int // with whoever may have stood on lists
	Looks int // entries of the access log that were counted
	Kinds []privacy.Kind
}

// tally counts people who were looked at.
type tally struct {
	named audit.People
	looks int
}

func (t *tally) add(r audit.Read) {
	t.looks++
	t.named = t.named.Union(r.Of)
}

// count puts who was looked at beside how many people there are: a list may
// have held anybody.
func (t tally) count(everybody int) Count {
	named := int(t.named.Count())
	c := Count{Least: named, Most: named, Looks: t.looks}
	if t.named.All {
		c.Most = max(named, everybody)
	}
	return c
}

// within narrows to the people who stand in a table, of which the looks may
// have shown any.
func (c Count) within(inTable int) Count {
	c.Most = min(c.Most, inTable)
	c.Least = min(c.Least, c.Most)
	return c
}

// kindsOf gives what the fields of a table tell, in the catalogue's order.
func kindsOf(t privacy.Table) (out []privacy.Kind) {
	for _, k := range privacy.Kinds() {
		if slices.ContainsFunc(t.Fields, func(f privacy.Field) bool { return f.Kind == k }) {
			out = append(out, k)
		}
	}
	return out
}
