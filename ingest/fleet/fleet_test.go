package fleet_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

var (
	operator = audit.Actor{Kind: audit.Operator}
	morning  = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
)

// house is a tenant with a site and two employees.
type house struct {
	*testing.T
	db           *pg.DB
	url          string
	tenant, site int64
	ann, bob     int64
}

func newHouse(t *testing.T) *house {
	h := &house{T: t, url: pgtest.URL(t)}
	h.tenant = pgtest.Tenant(t, h.url, "a")
	const add = "INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, $2, 'x', '2020-01-01') RETURNING employee_id"
	h.ann, h.bob = pgtest.Exec(t, h.url, add, h.tenant, "1"), pgtest.Exec(t, h.url, add, h.tenant, "2")
	h.db = pgtest.Open(t, h.url, pg.RoleApp)
	h.do(func(tx pg.Tx) error {
		s, err := fleet.AddSite(t.Context(), tx, operator, "Hal 1")
		h.site = s.ID
		return err
	})
	return h
}

// try runs fn in a transaction of its own.
func (h *house) try(fn func(pg.Tx) error) error { return h.db.InTenant(h.Context(), h.tenant, fn) }

func (h *house) do(fn func(pg.Tx) error) {
	h.Helper()
	if err := h.try(fn); err != nil {
		h.Fatal(err)
	}
}

func (h *house) fob(label string, tokens ...wire.Token) int64 {
	h.Helper()
	var id int64
	h.do(func(tx pg.Tx) error {
		f, err := fleet.AddFob(h.Context(), tx, operator, label, 1, tokens)
		id = f.ID
		return err
	})
	return id
}

func (h *house) issue(fob, employee int64, from time.Time) error {
	return h.try(func(tx pg.Tx) error { return fleet.Issue(h.Context(), tx, operator, fob, employee, from) })
}

func (h *house) giveBack(fob int64, at time.Time, status string) error {
	return h.try(func(tx pg.Tx) error { return fleet.Return(h.Context(), tx, operator, fob, at, status) })
}

func TestAFobHasOneHolderAtATime(t *testing.T) { // OB-H1
	h := newHouse(t)
	fob := h.fob("001", wire.Token{1})
	steps := []struct {
		name string
		err  error
		want error
	}{
		{"issue", h.issue(fob, h.ann, morning), nil},
		{"issue to another", h.issue(fob, h.bob, morning.Add(time.Hour)), fleet.ErrHeld},
		{"issue to another, before", h.issue(fob, h.bob, morning.Add(-time.Hour)), fleet.ErrHeld},
		{"take back before it was issued", h.giveBack(fob, morning.Add(-time.Hour), "returned"), fleet.ErrBeforeIssue},
		{"take back", h.giveBack(fob, morning.Add(time.Hour), "returned"), nil},
		{"issue over the past holder", h.issue(fob, h.bob, morning), fleet.ErrHeld},
		{"issue from the instant it came back", h.issue(fob, h.bob, morning.Add(time.Hour)), nil},
		{"issue to nobody we know", h.issue(h.fob("002"), 999, morning), fleet.ErrNotFound},
		{"issue a fob that isn't", h.issue(999, h.ann, morning), fleet.ErrNotFound},
		{"give back to nowhere", h.giveBack(fob, morning, "eaten"), fleet.ErrUnknownStatus},
	}
	for _, s := range steps {
		if !errors.Is(s.err, s.want) {
			t.Errorf("%s: %v, want %v", s.name, s.err, s.want)
		}
	}
	h.do(func(tx pg.Tx) error {
		past, err := fleet.History(t.Context(), tx, fob)
		if len(past) != 2 || past[0].Employee != h.bob || past[1].Employee != h.ann || past[1].Until == nil {
			t.Errorf("history %+v", past)
		}
		return err
	})
}

func TestALostFobEndsItsIssueAndIsBlocked(t *testing.T) { // OB-H1
	h := newHouse(t)
	fob := h.fob("001", wire.Token{1}, wire.Token{2})
	h.fob("002", wire.Token{3})
	if err := errors.Join(h.issue(fob, h.ann, morning), h.giveBack(fob, morning.Add(time.Hour), "lost")); err != nil {
		t.Fatal(err)
	}
	if err := h.issue(fob, h.bob, morning.Add(2*time.Hour)); !errors.Is(err, fleet.ErrNotIssuable) {
		t.Errorf("a lost fob was issued: %v", err)
	}
	blocked := func() (tokens []wire.Token) {
		err := pgtest.Open(t, h.url, pg.RoleIngest).InTenants(t.Context(), []int64{h.tenant}, func(tx pg.Tx) (err error) {
			tokens, err = fleet.BlockedTokens(t.Context(), tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return tokens
	}
	if got := blocked(); !slices.Equal(got, []wire.Token{{1}, {2}}) {
		t.Errorf("blocked %v", got)
	}
	if err := h.giveBack(fob, morning.Add(2*time.Hour), "in_stock"); err != nil {
		t.Error(err)
	}
	if got := blocked(); len(got) != 0 {
		t.Errorf("found again, yet blocked %v", got)
	}
	if err := h.issue(fob, h.bob, morning.Add(3*time.Hour)); err != nil {
		t.Error(err)
	}
}

func TestATokenIsOneFobs(t *testing.T) { // I7
	h := newHouse(t)
	first := h.fob("001", wire.Token{1})
	err := h.try(func(tx pg.Tx) error {
		_, err := fleet.AddFob(t.Context(), tx, operator, "002", 1, []wire.Token{{2}, {1}})
		return err
	})
	if !errors.Is(err, fleet.ErrTokenTaken) {
		t.Errorf("a taken token: %v", err)
	}
	err = h.try(func(tx pg.Tx) error {
		_, err := fleet.AddFob(t.Context(), tx, operator, "001", 1, nil)
		return err
	})
	if !errors.Is(err, fleet.ErrNameTaken) {
		t.Errorf("a taken label: %v", err)
	}
	h.do(func(tx pg.Tx) error {
		if err := fleet.AddTokens(t.Context(), tx, operator, first, 2, []wire.Token{{9}}); err != nil {
			return err
		}
		f, err := fleet.FobByToken(t.Context(), tx, 2, wire.Token{9})
		if f.ID != first {
			t.Errorf("token 9 gives %+v", f)
		}
		if _, err := fleet.FobByToken(t.Context(), tx, 1, wire.Token{2}); !errors.Is(err, fleet.ErrNotFound) {
			t.Errorf("the refused fob left a token: %v", err)
		}
		return err
	})
}

func TestNamesAndModesAreChecked(t *testing.T) {
	h := newHouse(t)
	reader := pgtest.Exec(t, h.url, `INSERT INTO reader (tenant_id, site_id, origin, key, name) VALUES ($1, $2, 4294967297, '', 'r') RETURNING reader_id`, h.tenant, h.site)
	cases := map[string]struct {
		fn   func(tx pg.Tx) error
		want error
	}{
		"a site twice": {func(tx pg.Tx) error { _, err := fleet.AddSite(t.Context(), tx, operator, "Hal 1"); return err }, fleet.ErrNameTaken},
		"no site name": {func(tx pg.Tx) error { return fleet.RenameSite(t.Context(), tx, operator, h.site, "") }, fleet.ErrNameLength},
		"no such site": {func(tx pg.Tx) error { return fleet.RenameSite(t.Context(), tx, operator, 99, "Hal 2") }, fleet.ErrNotFound},
		"a gateway at no site": {func(tx pg.Tx) error {
			_, err := fleet.AddGateway(t.Context(), tx, operator, 99, "g")
			return err
		}, fleet.ErrNotFound},
		"a mode nobody knows": {func(tx pg.Tx) error {
			return fleet.UpdateReader(t.Context(), tx, operator, reader, "Deur", "sideways")
		}, fleet.ErrUnknownMode},
		"a mode": {func(tx pg.Tx) error {
			return fleet.UpdateReader(t.Context(), tx, operator, reader, "Deur", fleet.ModeBreak)
		}, nil},
	}
	for name, c := range cases {
		if err := h.try(c.fn); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	h.do(func(tx pg.Tx) error {
		rs, err := fleet.Readers(t.Context(), tx)
		if len(rs) != 1 || rs[0].Name != "Deur" || rs[0].Mode != fleet.ModeBreak {
			t.Errorf("readers %+v", rs)
		}
		return errors.Join(err, audit.Verify(t.Context(), tx))
	})
}
