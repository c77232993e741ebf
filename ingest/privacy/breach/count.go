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
	Least int // who were named one by one and stand in the table, or stand in it
	Most  int // with whoever may have stood on lists, or was removed since
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

// crowd is how many people there are: now, and of those that an audit log saw
// coming who are removed since.
type crowd struct {
	now   int // in the table that is asked for, or all
	named int // of now, who were looked at by name
	gone  int // not there any more, of whom nobody can say where they stood
	lost  int // of gone, who were looked at by name
}

// count puts who was looked at beside who there are: a list may have held
// anybody, also who was removed since.
func (t tally) count(c crowd) Count {
	if t.named.All {
		return Count{Least: c.named, Most: c.now + c.gone, Looks: t.looks}
	}
	return Count{Least: c.named, Most: c.named + c.lost, Looks: t.looks}
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
