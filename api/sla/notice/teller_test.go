package notice

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll/delivery"
)

// hooked has a tenant's calls go to an address, a number of them.
func (h *house) hooked(address string, calls int, now time.Time) {
	h.t.Helper()
	h.in(func(tx pg.Tx) error {
		if _, err := PutHook(h.t.Context(), tx, operator, h.seal, address, now); err != nil {
			return err
		}
		for n := range calls {
			if err := Tell(h.t.Context(), tx, Announced, fmt.Sprintf("work %d", n), work().told(), from.AddDate(1, 0, 0), now); err != nil {
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
	other := *h
	other.tenant = pgtest.Tenant(t, h.url, "Zwart")
	failed, heard := 0, 0
	h.hooked(listener(t, &failed, func() int {
		now = now.Add(time.Hour) // as long as it takes until all are due again
		if failed > 50 {
			return http.StatusNoContent
		}
		return http.StatusServiceUnavailable
	}), 5, now)
	other.hooked(listener(t, &heard, func() int { return http.StatusNoContent }), 2, now)
	m := h.announce(work(), now)
	h.in(func(tx pg.Tx) error {
		a := people.Account{Email: "new@example.com", Name: "New", Language: "en", Roles: []people.Role{people.Approver}}
		_, err := people.CreateAccount(t.Context(), tx, operator, a, "")
		return err
	})
	if err := h.teller(&now).rounds(t.Context(), h.db, true); err != nil {
		t.Fatal(err)
	}
	if failed != 1 || heard != 2 {
		t.Errorf("%d calls were made in vain and %d were heard, want 1 and 2", failed, heard)
	}
	if got := h.letters(m.About(Announced) + later).Waiting; got != 1 {
		t.Errorf("%d letters to who came later, want 1", got)
	}
}

func TestARoundMakesAFewCallsOfATenantAndTheNextOneTheRest(t *testing.T) {
	h := newHouse(t)
	now := from.Add(-72 * time.Hour)
	heard := 0
	h.hooked(listener(t, &heard, func() int { return http.StatusNoContent }), most+5, now)
	for _, want := range []int{most, most + 5} {
		if err := h.teller(&now).Round(t.Context(), h.db, h.tenant); err != nil || heard != want {
			t.Errorf("%d calls, want %d: %v", heard, want, err)
		}
	}
}
