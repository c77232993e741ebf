package continuity

import (
	"slices"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
)

var morning = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

func set(id string, plain int64) Set {
	at, err := time.Parse(stamp, id)
	if err != nil {
		panic(err)
	}
	return Set{ID: id, Kind: Base, Began: at, Plain: plain, Timeline: 1, Start: "0/3000028"}
}

func TestAMorningFindsABackupThatWasNotMadeOrIsTooSmall(t *testing.T) { // OB-C8
	yesterday, tonight := set("20261121T010000Z", 1000), set("20261122T010000Z", 900)
	for name, c := range map[string]struct {
		whole  []Set
		halves []string
		want   []Fault
	}{
		"as it should be":             {[]Set{yesterday, tonight}, nil, nil},
		"the first":                   {[]Set{tonight}, nil, nil},
		"none":                        {nil, nil, []Fault{NotMade}},
		"only half a set":             {nil, []string{"20261122T010000Z"}, []Fault{NotMade}},
		"none of tonight":             {[]Set{yesterday}, nil, []Fault{NotMade}},
		"half a set of tonight":       {[]Set{yesterday}, []string{"20261122T010000Z"}, []Fault{NotMade}},
		"half as large as usual":      {[]Set{yesterday, set("20261122T010000Z", 500)}, nil, nil},
		"less than half of the usual": {[]Set{yesterday, set("20261122T010000Z", 499)}, nil, []Fault{TooSmall}},
		"exactly 26 hours old":        {[]Set{set("20261121T040000Z", 1)}, nil, nil},
		"26 hours and a second old":   {[]Set{set("20261121T035959Z", 1)}, nil, []Fault{NotMade}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []Fault
			for _, f := range judge(c.whole, c.halves, morning) {
				got = append(got, f.Fault)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, not %v", got, c.want)
			}
		})
	}
}

func TestARestoreTakesTheLogFromItsSetToItsPointOnly(t *testing.T) {
	all := []string{"000000010000000000000002", "000000010000000000000003", "000000010000000000000004", "000000010000000000000005", "00000002.history", "000000020000000000000005"}
	for name, c := range map[string]struct {
		to   pg.Point
		want []string
	}{
		"to the end":    {pg.Point{}, all[1:]},
		"to a position": {pg.Point{LSN: "0/3000100"}, []string{all[1], all[2], all[4]}},
		"to a time":     {pg.Point{Time: morning}, all[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (Restore{Set: set("20261122T010000Z", 1), To: c.to}).needs(all); !slices.Equal(got, c.want) {
				t.Errorf("%v, not %v", got, c.want)
			}
		})
	}
}

func TestARestoreThatLacksOrAddsAnythingDiffers(t *testing.T) {
	mark := func(change func(*Mark)) Mark {
		m := Mark{System: "7", Schema: "a", Others: map[string]int64{"session": 2},
			Tenants: map[int64]ending.Totals{1: {Registrations: 5, Audit: 3, Chain: "ab", Tables: map[string]ending.Table{"site": {Rows: 1, SHA256: "cd"}}}}}
		if change != nil {
			change(&m)
		}
		return m
	}
	changed := func(change func(*ending.Totals)) func(*Mark) {
		return func(m *Mark) {
			t := m.Tenants[1]
			t.Tables = map[string]ending.Table{"site": {Rows: 1, SHA256: "cd"}}
			change(&t)
			m.Tenants = map[int64]ending.Totals{1: t}
		}
	}
	for name, c := range map[string]struct {
		got  Mark
		want int
	}{
		"the same":                {mark(nil), 0},
		"a registration less":     {mark(changed(func(t *ending.Totals) { t.Registrations-- })), 1},
		"a row changed":           {mark(changed(func(t *ending.Totals) { t.Tables["site"] = ending.Table{Rows: 1, SHA256: "ce"} })), 1},
		"the audit log cut":       {mark(changed(func(t *ending.Totals) { t.Audit, t.Chain = 2, "aa" })), 2},
		"a tenant less":           {mark(func(m *Mark) { m.Tenants = nil }), 1},
		"a tenant more":           {mark(func(m *Mark) { m.Tenants[2] = ending.Totals{} }), 1},
		"another cluster":         {mark(func(m *Mark) { m.System = "8" }), 1},
		"another schema":          {mark(func(m *Mark) { m.Schema = "b" }), 1},
		"a row of the whole less": {mark(func(m *Mark) { m.Others = map[string]int64{"session": 1} }), 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mark(nil).Differences(c.got); len(got) != c.want {
				t.Errorf("%d differences (%v), not %d", len(got), got, c.want)
			}
		})
	}
}
