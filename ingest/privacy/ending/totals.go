package ending

import (
	"fmt"
	"maps"
	"slices"
)

// Totals is what two tenants must have in common to be the same one.
type Totals struct {
	People        int64            `json:"people"`
	Accounts      int64            `json:"accounts"`
	Registrations int64            `json:"registrations"`
	Punches       int64            `json:"punches"`
	Runs          int64            `json:"runs"`
	Minutes       map[string]int64 `json:"minutes"`  // computed, by code and kind: "premium-30 supplement"
	Approved      map[string]int64 `json:"approved"` // minutes, likewise
	Paid          map[string]int64 `json:"paid"`     // minutes of lines that left and were not reversed, likewise
	Audit         int64            `json:"audit"`    // entries
	Chain         string           `json:"chain"`    // the last one's hash, hexadecimal
	Tables        map[string]Table `json:"tables"`
}

// Table is what a table holds of the tenant.
type Table struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // of the rows as an export writes them, hexadecimal
}

// Differences says in what two totals differ; none: they are of the same data.
func Differences(a, b Totals) []string {
	var out []string
	counts := func(what string, a, b int64) {
		if a != b {
			out = append(out, fmt.Sprintf("%s: %d and %d", what, a, b))
		}
	}
	counts("people", a.People, b.People)
	counts("accounts", a.Accounts, b.Accounts)
	counts("registrations", a.Registrations, b.Registrations)
	counts("punches", a.Punches, b.Punches)
	counts("runs", a.Runs, b.Runs)
	counts("audit entries", a.Audit, b.Audit)
	if a.Chain != b.Chain {
		out = append(out, "the end of the audit log")
	}
	for _, m := range []struct {
		what string
		a, b map[string]int64
	}{{"minutes", a.Minutes, b.Minutes}, {"approved minutes", a.Approved, b.Approved}, {"paid minutes", a.Paid, b.Paid}} {
		for _, key := range keys(m.a, m.b) {
			counts(m.what+" of "+key, m.a[key], m.b[key])
		}
	}
	for _, name := range keys(a.Tables, b.Tables) {
		if x, y := a.Tables[name], b.Tables[name]; x != y {
			out = append(out, fmt.Sprintf("table %s: %d rows and %d", name, x.Rows, y.Rows))
		}
	}
	return out
}

// keys gives the keys of two maps, sorted.
func keys[V any](a, b map[string]V) []string {
	both := maps.Clone(b)
	if both == nil {
		both = map[string]V{}
	}
	maps.Copy(both, a)
	return slices.Sorted(maps.Keys(both))
}
