package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	maintenance "tikklok/api/sla/notice"
	"tikklok/api/sla/probe"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

func TestOnlyAProbesKeyTellsMinutesAndEachCountsOnce(t *testing.T) {
	h := newHouse(t)
	probes, customer := h.tenant("Probes"), h.tenant("Acme")
	err := h.db.InTenant(t.Context(), probes, func(tx pg.Tx) error {
		return tenant.ForProbes(t.Context(), tx, audit.Actor{Kind: audit.Operator})
	})
	if err != nil {
		t.Fatal(err)
	}
	minutes := object{"minutes": []object{
		{"at": "2026-10-31T23:59:00Z", "state": "down", "tap": "waits"},
		{"at": "2026-11-01T00:00:00Z", "state": "up", "tap": "off"},
	}}
	probe := &client{h: h, http: h.web.Client(), key: h.key(probes, people.ScopeManage)}
	for _, test := range []struct {
		who  string
		by   *client
		body object
		want int
	}{
		{"a customer's key", &client{h: h, http: h.web.Client(), key: h.key(customer, people.ScopeManage)}, minutes, http.StatusForbidden},
		{"a probe's key that may only read", &client{h: h, http: h.web.Client(), key: h.key(probes, people.ScopeRead)}, minutes, http.StatusForbidden},
		{"a probe", probe, minutes, http.StatusOK},
		{"a probe again, whose answer got lost", probe, minutes, http.StatusOK},
		{"a probe with half a minute", probe, object{"minutes": []object{{"at": "2026-10-31T23:59:30Z", "state": "up", "tap": "off"}}}, http.StatusUnprocessableEntity},
	} {
		if got := test.by.do("POST", "/api/v1/probe/minutes", test.body).status; got != test.want {
			t.Errorf("%s: %d, want %d", test.who, got, test.want)
		}
	}
	h.in(customer, func(ctx context.Context, tx pg.Tx) error {
		got, err := sla.Minutes(ctx, tx, time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
		if len(got) != 2 || got[0].State != sla.Down || got[1].State != sla.Up {
			t.Errorf("kept: %+v", got)
		}
		return err
	})
}

// probeOf makes the probes' tenant, and a book with what brings it to the server.
func (h *house) probeOf() (probes int64, b *probe.Book, c *probe.Courier) {
	h.t.Helper()
	probes = h.tenant("Probes")
	h.in(probes, func(ctx context.Context, tx pg.Tx) error {
		return tenant.ForProbes(ctx, tx, audit.Actor{Kind: audit.Operator})
	})
	b, err := probe.OpenBook(h.t.TempDir(), "west@probe.invalid")
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = b.Close() })
	u, err := url.Parse(h.web.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	return probes, b, &probe.Courier{Book: b, Server: u, Key: h.key(probes, people.ScopeManage), Client: h.web.Client(), Log: slog.New(slog.DiscardHandler)}
}

func (h *house) inBook(b *probe.Book, at time.Time, state probe.State) {
	h.t.Helper()
	r := probe.Record{At: at, State: state, Tap: probe.TapReceived}
	if state == probe.Down {
		r.Why = probe.WhyFault
	}
	if _, err := b.Append(r); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) delivered(c *probe.Courier, now time.Time) {
	h.t.Helper()
	if _, err := c.Deliver(h.t.Context(), now); err != nil {
		h.t.Fatal(err)
	}
}

// seen gives the states of what all probes told, the first minute first.
func (h *house) seen(of int64, from time.Time) (states []sla.State) {
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		all, err := sla.Minutes(ctx, tx, from, from.AddDate(0, 0, 30))
		for _, m := range all {
			states = append(states, m.State)
		}
		return err
	})
	return states
}

func TestAServerThatWasRestoredFromAnOlderBackupIsToldAgain(t *testing.T) { // OB-S1
	h := newHouse(t)
	of, b, c := h.probeOf()
	first := time.Date(2026, 10, 31, 23, 58, 0, 0, time.UTC)
	for i, state := range []probe.State{probe.Up, probe.Down, probe.Up, probe.Up} {
		h.inBook(b, first.Add(time.Duration(i)*time.Minute), state)
	}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	h.delivered(c, now)
	// The backup had the first minute only.
	for _, sql := range []string{"ALTER TABLE service_minute DISABLE TRIGGER append_only", "DELETE FROM service_minute WHERE at > '2026-10-31T23:58:00Z'", "ALTER TABLE service_minute ENABLE TRIGGER append_only"} {
		pgtest.Exec(t, h.url, sql)
	}
	h.inBook(b, first.Add(4*time.Minute), probe.Up)
	h.delivered(c, now.Add(time.Minute))
	if got := h.seen(of, first); len(got) != 2 {
		t.Errorf("within the day, after no delivery failed: %v", got)
	}
	h.delivered(c, now.AddDate(0, 0, 1))
	if got := h.seen(of, first); !slices.Equal(got, []sla.State{sla.Up, sla.Down, sla.Up, sla.Up, sla.Up}) {
		t.Errorf("told again: %v", got)
	}
}

func TestAMinuteThatIsRefusedKeepsNoOtherFromTheServerAndIsToldLater(t *testing.T) { // BAD INPUT: probe and server disagree on time
	h := newHouse(t)
	of, b, c := h.probeOf()
	here := time.Now().UTC().Truncate(time.Minute)
	now, ahead := here, here.Add(20*time.Minute) // the probe's clock was ahead, for a minute
	h.inBook(b, here.Add(-time.Minute), probe.Up)
	h.inBook(b, ahead, probe.Down)
	h.inBook(b, here, probe.Up)
	h.delivered(c, now)
	if got := h.seen(of, here.Add(-time.Hour)); len(got) != 2 || len(b.Waiting(9)) != 0 {
		t.Errorf("%v, %d wait", got, len(b.Waiting(9)))
	}
	h.server.cfg.Now = func() time.Time { return time.Now().Add(time.Hour) }
	h.delivered(c, now.Add(time.Hour))
	if got := h.seen(of, here.Add(-time.Hour)); len(got) != 3 {
		t.Errorf("when its time has come: %v", got)
	}
}

// The clock of a probe was set back: the same minutes come again.
func TestOfAMinuteMeasuredTwiceTheWorseHolds(t *testing.T) {
	h := newHouse(t)
	of, b, c := h.probeOf()
	first := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	for _, states := range [][]probe.State{{probe.Up, probe.Down, probe.Up}, {probe.Down, probe.Up, probe.Up}} {
		for i, state := range states {
			h.inBook(b, first.Add(time.Duration(i)*time.Minute), state)
		}
		h.delivered(c, first.Add(time.Hour))
	}
	if got := h.seen(of, first); !slices.Equal(got, []sla.State{sla.Down, sla.Down, sla.Up}) {
		t.Errorf("%v, want down, down, up", got)
	}
}

// One of two probes lost its network: only when both say so is a minute down.
func TestWithTwoProbesAMinuteIsDownWhenBothSaySo(t *testing.T) { // OB-S1
	h := newHouse(t)
	of, b, c := h.probeOf()
	second, err := probe.OpenBook(t.TempDir(), "east@probe.invalid")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Close() })
	other := &probe.Courier{Book: second, Server: c.Server, Client: c.Client, Log: c.Log}
	h.in(of, func(ctx context.Context, tx pg.Tx) (err error) {
		_, other.Key, err = people.CreateKey(ctx, tx, operator(), people.Key{Name: "second", Scopes: []people.Scope{people.ScopeManage}})
		return err
	})
	first := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	for i, state := range [][2]probe.State{{probe.Up, probe.Up}, {probe.Up, probe.Down}, {probe.Down, probe.Up}, {probe.Down, probe.Down}} {
		h.inBook(b, first.Add(time.Duration(i)*time.Minute), state[0])
		h.inBook(second, first.Add(time.Duration(i)*time.Minute), state[1])
	}
	h.inBook(second, first.Add(4*time.Minute), probe.Down) // the first measured nothing then
	h.delivered(c, first.Add(time.Hour))
	h.delivered(other, first.Add(2*time.Hour)) // it got its network back
	if got := h.seen(of, first); !slices.Equal(got, []sla.State{sla.Up, sla.Up, sla.Up, sla.Down, sla.Down}) {
		t.Errorf("%v, want up, up, up, down, down", got)
	}
}

func TestAProbeIsToldWhatWasAnnouncedToAll(t *testing.T) { // OB-S3
	h := newHouse(t)
	of, b, c := h.probeOf()
	from := time.Now().UTC().Truncate(time.Minute).Add(72 * time.Hour)
	work := maintenance.Maintenance{Reference: "db-16", From: from, Until: from.Add(time.Hour), NL: maintenance.Words{Title: "Nieuwe database"}, EN: maintenance.Words{Title: "New database", Changes: "Faster."}}
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := maintenance.Announce(ctx, tx, operator(), work, time.Now())
		return err
	})
	h.inBook(b, time.Now().UTC().Truncate(time.Minute), probe.Up)
	h.delivered(c, time.Now())
	if got := b.Status(time.Now()).Work; len(got) != 1 || !got[0].From.Equal(from) || got[0].EN.Changes != "Faster." || got[0].NL.Title != "Nieuwe database" {
		t.Errorf("%+v", got)
	}
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := maintenance.Cancel(ctx, tx, operator(), "db-16", time.Now())
		return err
	})
	h.inBook(b, time.Now().UTC().Truncate(time.Minute).Add(-time.Minute), probe.Up)
	h.delivered(c, time.Now())
	if got := b.Status(time.Now()).Work; len(got) != 0 {
		t.Errorf("cancelled: %+v", got)
	}
}

func TestTheTenantOfProbesHasNoEmployees(t *testing.T) {
	h := newHouse(t)
	probes := h.tenant("Probes")
	err := h.db.InTenant(t.Context(), probes, func(tx pg.Tx) error {
		return tenant.ForProbes(t.Context(), tx, audit.Actor{Kind: audit.Operator})
	})
	if err != nil {
		t.Fatal(err)
	}
	h.account(probes, "admin@example.org", people.Administrator)
	got := h.person("admin@example.org").do("POST", "/api/v1/employees", object{"number": "1", "surname": "Nobody", "employed_from": "2026-01-01"})
	if got.status != http.StatusConflict || !strings.Contains(string(got.body), "nobody works there") {
		t.Errorf("an employee was answered with %d %s", got.status, got.body)
	}
}

func TestOnlyAProbesKeyTellsOpenPortsAndADifferenceShows(t *testing.T) { // OB-C16
	h, _, c, of := office(t)
	probes := h.tenant("Probes")
	h.in(probes, func(ctx context.Context, tx pg.Tx) error {
		return tenant.ForProbes(ctx, tx, audit.Actor{Kind: audit.Operator})
	})
	found := object{"host": "203.0.113.7", "open": []int{443, 6379, 65535}, "expected": []int{443, 8883}}
	customer := &client{h: h, http: h.web.Client(), key: h.key(of, people.ScopeManage)}
	customer.want(http.StatusForbidden, customer.do("POST", "/api/v1/probe/ports", found))
	probe := &client{h: h, http: h.web.Client(), key: h.key(probes, people.ScopeManage)}
	for _, wrong := range []object{{"host": "", "open": []int{}, "expected": []int{}}, {"host": "a", "open": []int{65536}, "expected": []int{}}, {"host": "a", "open": []int{0}, "expected": []int{}}, {"host": "a", "expected": []int{}}} {
		if a := probe.do("POST", "/api/v1/probe/ports", wrong); a.status/100 != 4 {
			t.Errorf("%v: %d", wrong, a.status)
		}
	}
	probe.want(http.StatusNoContent, probe.do("POST", "/api/v1/probe/ports", found))
	c.see("/service/access", "203.0.113.7", "open and not expected: 6379, 65535", "expected and not open: 8883")
	if !strings.Contains(h.log.String(), "6379") {
		t.Error("the log says nothing")
	}
}
