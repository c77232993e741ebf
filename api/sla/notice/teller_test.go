package notice

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/people/peopletest"
	"tikklok/ingest/pg"
	"tikklok/payroll/delivery"
)

// hooked has a tenant's calls go to an address, a number of them.
func (h *house) hooked(address string, calls int, now time.Time) {
	h.T.Helper()
	h.In(func(tx pg.Tx) error {
		if _, err := PutHook(h.T.Context(), tx, operator, h.seal, address, now); err != nil {
			return err
		}
		for n := range calls {
			if err := Tell(h.T.Context(), tx, Announced, fmt.Sprintf("work %d", n), work().told(), from.AddDate(1, 0, 0), now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *house) teller(now *time.Time) Teller {
	courier := delivery.Courier{Seal: h.seal, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: slog.New(slog.DiscardHandler)}
	return Teller{Courier: courier, Log: courier.Log, Now: func() time.Time { return *now }}
}

// listener counts calls and answers them with a status.
func listener(t *testing.T, calls *int, status func() int) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { *calls++; w.WriteHeader(status()) }))
	t.Cleanup(s.Close)
	return s.URL
}

func TestAWebhookThatFailsHoldsUpNoOtherTenantAndNoLetter(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-72 * time.Hour)
	other := h.of("Zwart")
	failed, heard := 0, 0
	var passed atomic.Int64
	h.hooked(listener(t, &failed, func() int {
		passed.Add(1) // an hour: as long as it takes until all are due again
		if failed > 50 {
			return http.StatusNoContent
		}
		return http.StatusServiceUnavailable
	}), 5, now)
	other.hooked(listener(t, &heard, func() int { return http.StatusNoContent }), 2, now)
	m := h.announce(work(), now)
	h.Join(peopletest.User("new@example.com", "en", people.Approver))
	teller := h.teller(&now)
	teller.Now = func() time.Time { return now.Add(time.Duration(passed.Load()) * time.Hour) }
	if err := teller.rounds(t.Context(), h.DB, true); err != nil {
		t.Fatal(err)
	}
	if failed != 1 || heard != 2 {
		t.Errorf("%d calls were made in vain and %d were heard, want 1 and 2", failed, heard)
	}
	if got := h.letters(m.About(Announced) + later).Waiting; got != 1 {
		t.Errorf("%d letters to who came later, want 1", got)
	}
}

func TestAWebhookThatIsSilentKeepsNoOtherCustomersWaiting(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-72 * time.Hour)
	other := h.of("Zwart")
	heard := make(chan struct{})
	h.hooked(listener(t, new(int), func() int { <-heard; return http.StatusNoContent }), 1, now) // silent until the other one was told
	other.hooked(listener(t, new(int), func() int { close(heard); return http.StatusNoContent }), 1, now)
	if err := h.teller(&now).all(t.Context(), h.DB, []int64{h.Tenant, other.Tenant}); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*house{h, other} {
		h.In(func(tx pg.Tx) error {
			calls, err := Calls(t.Context(), tx, "work 0")
			if len(calls) != 1 || calls[0].State != "done" {
				t.Errorf("calls are %+v", calls)
			}
			return err
		})
	}
}

func TestAClockThatWasSetBackKeepsNoCallBack(t *testing.T) {
	h := newHouse(t)
	ahead, now := from.Add(-48*time.Hour), from.Add(-72*time.Hour)
	heard := 0
	h.hooked(listener(t, &heard, func() int { return http.StatusNoContent }), 1, ahead)
	if err := h.teller(&now).Round(t.Context(), h.DB, h.Tenant); err != nil || heard != 1 {
		t.Errorf("%d calls, want 1: %v", heard, err)
	}
}

func TestARoundMakesAFewCallsOfATenantAndTheNextOneTheRest(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-72 * time.Hour)
	heard := 0
	h.hooked(listener(t, &heard, func() int { return http.StatusNoContent }), most+5, now)
	for _, want := range []int{most, most + 5} {
		if err := h.teller(&now).Round(t.Context(), h.DB, h.Tenant); err != nil || heard != want {
			t.Errorf("%d calls, want %d: %v", heard, want, err)
		}
	}
}
