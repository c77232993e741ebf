package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

func (w *world) holes() string {
	w.t.Helper()
	var all []string
	err := w.app.InTenant(w.t.Context(), w.tenant, func(tx pg.Tx) error {
		holes, err := fleet.Holes(w.t.Context(), tx)
		for _, h := range holes {
			all = append(all, fmt.Sprintf("%x %d-%d %s %v %s %s", h.Epoch, h.From, h.To, h.Kind, h.HeldBy, h.Device, h.Site))
			if time.Since(h.Since) > time.Minute {
				w.t.Errorf("since %v", h.Since)
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(all, "; ")
}

func TestHoles(t *testing.T) { // I2
	reader := func(epoch uint64) wire.Stream { return wire.Stream{Origin: reader1, Epoch: epoch} }
	beginning := func(l wire.Log, predecessor, last uint64) wire.Log {
		l.Start = &wire.Start{Predecessor: predecessor, PredecessorLast: last, TolerancePPM: 20}
		return l
	}
	claiming := func(l wire.Log, highest uint64) wire.Log {
		l.Highest = highest
		return l
	}
	missing := func(s wire.Stream, from, to uint64) wire.Batch {
		return wire.Batch{Missing: []wire.Span{{Stream: s, From: from, To: to}}}
	}
	for name, c := range map[string]struct {
		batches []wire.Batch
		want    string // %d stands for the gateway
	}{
		"nothing missing":                 {[]wire.Batch{batch(log(reader(1), taps(1, 5, "")))}, ""},
		"a gap is held by who heard more": {[]wire.Batch{batch(log(reader(1), taps(1, 2, ""))), batch(log(reader(1), taps(6, 2, "")))}, "1 3-5 held [%d] Lezer 1a2b Utrecht"},
		"a tail that a claim tells of":    {[]wire.Batch{batch(claiming(log(reader(1), taps(1, 2, "")), 9))}, "1 3-9 held [%d] Lezer 1a2b Utrecht"},
		"missing at the only gateway":     {[]wire.Batch{batch(log(reader(1), taps(6, 2, ""))), missing(reader(1), 1, 5)}, "1 1-5 open [] Lezer 1a2b Utrecht"},
		"partly missing":                  {[]wire.Batch{batch(log(reader(1), taps(6, 2, ""))), missing(reader(1), 1, 4)}, "1 1-5 held [%d] Lezer 1a2b Utrecht"},
		"it came after all":               {[]wire.Batch{batch(log(reader(1), taps(6, 2, ""))), missing(reader(1), 1, 5), batch(log(reader(1), taps(1, 5, "")))}, ""},
		"the predecessor had more": {[]wire.Batch{batch(log(reader(1), taps(1, 5, ""))), batch(beginning(log(reader(2), taps(1, 1, "")), 1, 8))},
			"1 6-8 held [%d] Lezer 1a2b Utrecht"},
		"the predecessor is complete": {[]wire.Batch{batch(log(reader(1), taps(1, 5, ""))), batch(beginning(log(reader(2), taps(1, 1, "")), 1, 5))}, ""},
		"a predecessor never heard of": {[]wire.Batch{batch(beginning(log(reader(2), taps(1, 1, "")), 1, 8)), missing(reader(1), 1, 8)},
			"1 1-8 tail [] Lezer 1a2b Utrecht"},
		"an empty predecessor":    {[]wire.Batch{batch(beginning(log(reader(2), taps(1, 1, "")), 1, 0))}, ""},
		"an epoch nobody follows": {[]wire.Batch{batch(log(reader(1), taps(1, 5, ""))), batch(beginning(log(reader(2), taps(1, 1, "")), 0, 0))}, "1 6-0 tail [] Lezer 1a2b Utrecht"},
		"a restored image": {[]wire.Batch{batch(log(reader(1), taps(1, 5, ""))), batch(beginning(log(reader(2), taps(1, 2, "")), 1, 5)), batch(beginning(log(reader(3), taps(1, 2, "")), 1, 5))},
			"2 3-0 tail [] Lezer 1a2b Utrecht"},
		"a backlog that comes after the epoch that runs": {[]wire.Batch{batch(beginning(log(reader(2), taps(1, 1, "")), 0, 0)), batch(log(reader(1), taps(1, 5, ""))), batch(log(reader(2), taps(2, 1, "")))},
			"1 6-0 tail [] Lezer 1a2b Utrecht"},
		"a tail beside a hole that is missing": {[]wire.Batch{batch(log(reader(1), taps(6, 2, ""))), batch(beginning(log(reader(2), taps(1, 1, "")), 0, 0)), missing(reader(1), 1, 5)},
			"1 1-5 open [] Lezer 1a2b Utrecht; 1 8-0 tail [] Lezer 1a2b Utrecht"},
		"a backlog of an epoch that is followed":   {[]wire.Batch{batch(log(reader(1), taps(1, 1, ""))), batch(beginning(log(reader(2), taps(1, 1, "")), 1, 2)), batch(log(reader(1), taps(2, 1, "")))}, ""},
		"its own predecessor":                      {[]wire.Batch{batch(beginning(log(reader(1), taps(1, 2, "")), 1, 9))}, ""},
		"missing what nobody asked for":            {[]wire.Batch{missing(reader(1), 1, 5)}, ""},
		"an old backlog after the epoch that runs": {[]wire.Batch{batch(beginning(log(reader(2), taps(1, 1, "")), 1, 2)), batch(log(reader(1), taps(1, 2, "")))}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			g := w.addGateway(w.site, "poort")
			k := w.worker()
			for _, b := range c.batches {
				w.settle(k, sent(g, b))
			}
			if got, want := w.holes(), strings.ReplaceAll(c.want, "%d", fmt.Sprint(g.id)); got != want {
				t.Errorf("holes %q, want %q", got, want)
			}
		})
	}
}

func TestAHoleOfAGatewayBearsItsName(t *testing.T) { // I2
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	w.settle(w.worker(), sent(g, batch(log(streamOf(g, 1), taps(3, 1, "deur")))))
	if got, want := w.holes(), fmt.Sprintf("1 1-2 held [%d] poort Utrecht", g.id); got != want {
		t.Errorf("holes %q, want %q", got, want)
	}
}

func TestGivingUpAHole(t *testing.T) { // I2
	s := wire.Stream{Origin: reader1, Epoch: 1}
	person := audit.Actor{Kind: audit.Account, ID: 3}
	for name, c := range map[string]struct {
		by       audit.Actor
		from, to uint64
		reason   string
		fails    bool
		left     string
	}{
		"all of it":        {person, 1, 5, "the reader burnt", false, ""},
		"a part":           {person, 2, 3, "water", false, "1 1-1 held [1] Lezer 1a2b Utrecht; 1 4-5 held [1] Lezer 1a2b Utrecht"},
		"by the system":    {audit.Actor{Kind: audit.System}, 1, 5, "tidy", true, "1 1-5 held [1] Lezer 1a2b Utrecht"},
		"without a reason": {person, 1, 5, "", true, "1 1-5 held [1] Lezer 1a2b Utrecht"},
		"more than it":     {person, 1, 6, "too much", true, "1 1-5 held [1] Lezer 1a2b Utrecht"},
		"to the end":       {person, 1, 0, "too much", true, "1 1-5 held [1] Lezer 1a2b Utrecht"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			g := w.addGateway(w.site, "poort")
			w.settle(w.worker(), sent(g, batch(log(s, taps(6, 2, "")))))
			err := w.app.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
				return fleet.GiveUp(t.Context(), tx, c.by, s, c.from, c.to, c.reason)
			})
			if (err != nil) != c.fails {
				t.Errorf("error %v", err)
			}
			if got := w.holes(); got != c.left {
				t.Errorf("left %q, want %q", got, c.left)
			}
		})
	}
}

func TestGivingUpAnUnknownTail(t *testing.T) { // I2
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	k := w.worker()
	for epoch := range uint64(2) {
		w.settle(k, sent(g, batch(log(wire.Stream{Origin: reader1, Epoch: epoch + 1}, taps(1, 2, "")))))
	}
	err := w.app.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
		return fleet.GiveUp(t.Context(), tx, audit.Actor{Kind: audit.Account, ID: 3}, wire.Stream{Origin: reader1, Epoch: 1}, 3, 0, "replaced")
	})
	if err != nil || w.holes() != "" {
		t.Errorf("%v, left %q", err, w.holes())
	}
	w.want(1, "audit_entry WHERE action = 'hole.give_up'")
}

func TestAHoleIsAskedForRarely(t *testing.T) { // I2
	a := newAsks(30 * time.Second)
	h := []fleet.Hole{{Stream: wire.Stream{Origin: reader1, Epoch: 1}, From: 3, To: 10_000, HeldBy: []int64{7, 8}, HeldFrom: []uint64{3, 3}}}
	there := []gateway{{id: 7}}
	now := time.Now()
	var at []int
	for s := 0; s <= 600; s += 10 {
		spans := a.choose(h, there, now.Add(time.Duration(s)*time.Second))
		if len(spans[8]) > 0 {
			t.Error("one that is not there was asked")
		}
		if len(spans[7]) > 0 {
			at = append(at, s)
			if got := spans[7][0]; got.From != 3 || got.To != 2+maxAskNames {
				t.Errorf("asked for %d-%d", got.From, got.To)
			}
		}
	}
	if fmt.Sprint(at) != "[30 90 210 450]" {
		t.Errorf("asked at %v s", at)
	}
	there = append(there, gateway{id: 8})
	a.choose(h, there, now.Add(700*time.Second))
	if spans := a.choose(h, there, now.Add(730*time.Second)); len(spans[8]) != 1 {
		t.Error("one that came back waits longer for having been away")
	}
}

// A hole longer than one ask, whose beginning a gateway lacks.
func TestTheRestOfALongHoleIsAskedForToo(t *testing.T) { // I2
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	k, a, now := w.worker(), newAsks(time.Second), time.Now()
	s := wire.Stream{Origin: reader1, Epoch: 1}
	w.settle(k, sent(g, batch(log(s, taps(10_001, 1, "")))))
	asked := func(after time.Duration) (spans []wire.Span) {
		err := w.app.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
			holes, err := fleet.Holes(t.Context(), tx)
			a.choose(holes, []gateway{g}, now.Add(after))
			spans = a.choose(holes, []gateway{g}, now.Add(after+time.Second))[int64(g.id)]
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return spans
	}
	first := asked(0)
	if len(first) != 1 || first[0].From != 1 || first[0].To != maxAskNames {
		t.Fatalf("asked for %v", first)
	}
	w.settle(k, sent(g, wire.Batch{Missing: first}))
	if next := asked(2 * time.Second); len(next) != 1 || next[0].From != maxAskNames+1 {
		t.Errorf("then for %v", next)
	}
}
