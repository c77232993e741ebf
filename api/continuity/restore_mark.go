package continuity

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tikklok/ingest/privacy/ending"
)

// Mark is what a database had at a moment: counts and hashes, and nothing of
// what stands in it. A restore to that moment has to have the same.
type Mark struct {
	LSN     string                  `json:"lsn"` // position in the log; "": of a dump, which has none
	At      time.Time               `json:"at"`
	System  string                  `json:"system"` // of the cluster: PostgreSQL's system identifier; "": of a dump
	Schema  string                  `json:"schema"` // pg.Fingerprint
	Tenants map[int64]ending.Totals `json:"tenants"`
	Others  map[string]int64        `json:"others"` // rows of tables that are no tenant's
}

// Found is what a restored database turned out to have.
type Found struct {
	Registrations int64
	Entries       int64    // of audit logs, each of them verified
	Differences   []string // none: it is what was marked
}

// Registrations gives how many there are of all tenants.
func (m Mark) Registrations() (n int64) {
	for _, t := range m.Tenants {
		n += t.Registrations
	}
	return n
}

// Differences says in what a restored database is not what was marked.
func (m Mark) Differences(got Mark) (out []string) {
	if m.System != "" && m.System != got.System { // a dump makes another one
		out = append(out, fmt.Sprintf("cluster: %s and %s", m.System, got.System))
	}
	if m.Schema != got.Schema {
		out = append(out, fmt.Sprintf("schema: %s and %s", m.Schema, got.Schema))
	}
	for _, id := range union(m.Tenants, got.Tenants) {
		want, wanted := m.Tenants[id]
		has, there := got.Tenants[id]
		switch {
		case !wanted:
			out = append(out, fmt.Sprintf("tenant %d: not marked, but restored", id))
		case !there:
			out = append(out, fmt.Sprintf("tenant %d: missing", id))
		default:
			for _, d := range ending.Differences(want, has) {
				out = append(out, fmt.Sprintf("tenant %d: %s", id, d))
			}
		}
	}
	for _, name := range union(m.Others, got.Others) {
		if a, b := m.Others[name], got.Others[name]; a != b {
			out = append(out, fmt.Sprintf("table %s: %d rows and %d", name, a, b))
		}
	}
	return out
}

// union gives the keys of two maps, sorted.
func union[K int64 | string, V any](a, b map[K]V) []K {
	both := map[K]bool{}
	for _, m := range []map[K]V{a, b} {
		for k := range maps.Keys(m) {
			both[k] = true
		}
	}
	return slices.Sorted(maps.Keys(both))
}
