package notice

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/people/peopletest"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll/delivery"
)

// house is a customer with two users.
type house struct {
	*peopletest.House
	seal delivery.Seal
}

var operator = audit.Actor{Kind: audit.Operator}

func newHouse(t *testing.T) *house {
	h := &house{House: peopletest.New(t, peopletest.User("eva@example.com", "nl", people.Approver), peopletest.User("jan@example.com", "nl", people.Approver))}
	pgtest.Contract(t, h.URL, h.Tenant, "winbase")
	var err error
	if h.seal, err = delivery.OpenSeal(filepath.Join(t.TempDir(), "delivery.key")); err != nil {
		t.Fatal(err)
	}
	return h
}

// of is the same house of another customer.
func (h *house) of(name string) *house {
	other := *h.House
	other.Tenant = pgtest.Tenant(h.T, h.URL, name)
	return &house{&other, h.seal}
}

func (h *house) announce(m Maintenance, now time.Time) (out Maintenance) {
	h.T.Helper()
	h.In(func(tx pg.Tx) (err error) { out, err = Announce(h.T.Context(), tx, operator, m, now); return err })
	return out
}

func (h *house) letters(about string) (t mail.Tally) {
	h.T.Helper()
	h.In(func(tx pg.Tx) (err error) { t, err = mail.Count(h.T.Context(), tx, about); return err })
	return t
}

func TestTheSameAnnouncementIsToldOnce(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-48 * time.Hour)
	first := h.announce(work(), now)
	again := h.announce(work(), now.Add(time.Hour))
	if first.ID != again.ID || !again.Announced.Equal(now) || again.Late() != 0 {
		t.Errorf("told again it is %+v, not the first of %s", again, now)
	}
	if got := h.letters(first.About(Announced)).Waiting; got != 2 {
		t.Errorf("%d letters wait, want one for each user", got)
	}
	other := work()
	other.Until = other.Until.Add(time.Hour)
	err := h.DB.InTenant(t.Context(), h.Tenant, func(tx pg.Tx) error { _, err := Announce(t.Context(), tx, operator, other, now); return err })
	if !errors.Is(err, ErrOther) {
		t.Errorf("another announcement under the same reference: %v", err)
	}
}

func TestTheContractOfTheDaySaysWhatIsLate(t *testing.T) {
	h := newHouse(t)
	if got := h.announce(work(), from.Add(-47*time.Hour)); got.Late() != time.Hour {
		t.Errorf("late by %s, want an hour", got.Late())
	}
}

func TestACancellationIsToldOnceAndTakesTheBannerAway(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-72 * time.Hour)
	m := h.announce(work(), now)
	ahead := func() (n int) {
		h.In(func(tx pg.Tx) error { all, err := Ahead(t.Context(), tx, now); n = len(all); return err })
		return n
	}
	if ahead() != 1 {
		t.Fatal("nobody sees what was announced")
	}
	for range 2 {
		h.In(func(tx pg.Tx) error { _, err := Cancel(t.Context(), tx, operator, m.Reference, now); return err })
	}
	if ahead() != 0 {
		t.Error("what was cancelled is shown")
	}
	if got := h.letters(m.About(Cancelled)).Waiting; got != 2 {
		t.Errorf("%d letters of the cancellation wait, want 2", got)
	}
}

func TestWhatIsOverCannotBeCancelled(t *testing.T) {
	h := newHouse(t)
	m := h.announce(work(), from.Add(-72*time.Hour))
	err := h.DB.InTenant(t.Context(), h.Tenant, func(tx pg.Tx) error {
		_, err := Cancel(t.Context(), tx, operator, m.Reference, m.Until)
		return err
	})
	if !errors.Is(err, ErrOver) {
		t.Errorf("cancelling what is over: %v", err)
	}
}

func TestAnotherTenantSeesNothingOfIt(t *testing.T) { // I6
	h := newHouse(t)
	h.announce(work(), from.Add(-72*time.Hour))
	other := pgtest.Tenant(t, h.URL, "De Boer")
	err := h.DB.InTenant(t.Context(), other, func(tx pg.Tx) error {
		all, err := List(t.Context(), tx, time.Time{})
		if len(all) != 0 {
			t.Errorf("another tenant sees %+v", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ear is a tenant's own system.
type ear struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	ids    []string
	last   message
}

func newEar(t *testing.T) *ear {
	e := &ear{status: http.StatusServiceUnavailable}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &e.last)
		if r.Header.Get("Webhook-Signature") != "" {
			e.ids = append(e.ids, r.Header.Get("Webhook-Id"))
		}
		w.WriteHeader(e.status)
	}))
	t.Cleanup(e.Close)
	return e
}

func TestAWebhookIsToldSignedUnderOneNameUntilItIsHeard(t *testing.T) {
	h, e := newHouse(t), newEar(t)
	now := from.Add(-72 * time.Hour)
	h.In(func(tx pg.Tx) error {
		shown, err := PutHook(t.Context(), tx, operator, h.seal, e.URL+"/told", now)
		if len(shown) < 40 {
			t.Error("no secret to check signatures by")
		}
		return err
	})
	h.announce(work(), now)
	teller := Teller{Courier: delivery.Courier{Seal: h.seal, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: slog.New(slog.DiscardHandler)}, Now: func() time.Time { return now }}
	for range 3 { // it fails, is left alone for a while, is heard, and is told no more
		if err := teller.Round(t.Context(), h.DB, h.Tenant); err != nil {
			t.Fatal(err)
		}
		e.mu.Lock()
		e.status = http.StatusNoContent
		e.mu.Unlock()
		now = now.Add(time.Minute)
	}
	if len(e.ids) != 2 || e.ids[0] != e.ids[1] {
		t.Errorf("it was told as %v, want twice under one name", e.ids)
	}
	var said told
	if err := json.Unmarshal(e.last.Data, &said); err != nil || e.last.Type != Announced || said.Reference != "db-16" || !said.From.Equal(from) {
		t.Errorf("it was told %+v: %v", e.last, err)
	}
}

func TestAWebhookDoesNotReachWhatOnlyTheServerReaches(t *testing.T) {
	h, e := newHouse(t), newEar(t)
	now := from.Add(-72 * time.Hour)
	h.In(func(tx pg.Tx) error { _, err := PutHook(t.Context(), tx, operator, h.seal, e.URL, now); return err })
	m := h.announce(work(), now)
	teller := Teller{Courier: delivery.Courier{Seal: h.seal, Log: slog.New(slog.DiscardHandler)}, Now: func() time.Time { return now }}
	if err := teller.Round(t.Context(), h.DB, h.Tenant); err != nil {
		t.Fatal(err)
	}
	h.In(func(tx pg.Tx) error {
		calls, err := Calls(t.Context(), tx, m.Thing())
		if err == nil && (len(calls) != 1 || calls[0].State != "waiting" || calls[0].Answer == "") {
			t.Errorf("calls are %+v", calls)
		}
		return err
	})
	if len(e.ids) != 0 {
		t.Error("the loopback was reached")
	}
}
