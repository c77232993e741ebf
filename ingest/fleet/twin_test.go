package fleet_test

import (
	"errors"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// keyed is a house whose key 1 is being replaced.
func keyed(t *testing.T) *house {
	h := newHouse(t)
	h.do(func(tx pg.Tx) error {
		if _, err := tenant.CreateKey(t.Context(), tx, operator); err != nil {
			return err
		}
		return tenant.StartRotation(t.Context(), tx, operator, time.Now())
	})
	return h
}

func number(n byte) wire.Fob {
	return wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: []byte{0, 0, 0, 0, n}}
}

func (h *house) unseen(version uint32) (labels string) {
	h.Helper()
	h.do(func(tx pg.Tx) error {
		fobs, err := fleet.Unseen(h.Context(), tx, version)
		for _, f := range fobs {
			labels += f.Label + " "
		}
		return err
	})
	return labels
}

func (h *house) finish(leave bool) (unseen []fleet.Fob, err error) {
	h.Helper()
	err = h.try(func(tx pg.Tx) (err error) {
		unseen, err = fleet.FinishRotation(h.Context(), tx, operator, time.Now(), leave)
		return err
	})
	return unseen, err
}

func TestARotationIsNotFinishedWhileFobsAreUnseen(t *testing.T) { // I7
	h := keyed(t)
	h.fob("001", wire.Token{1})
	h.fob("002", wire.Token{2})
	h.do(func(tx pg.Tx) error {
		_, err := fleet.RegisterNumber(t.Context(), tx, operator, "003", number(3)) // typed: known under both keys
		return err
	})
	h.do(func(tx pg.Tx) error {
		f, err := fleet.FobByToken(t.Context(), tx, 1, wire.Token{1})
		if err != nil {
			return err
		}
		return fleet.AddTokens(t.Context(), tx, operator, f.ID, 2, []wire.Token{{0xA1}})
	})
	h.do(func(tx pg.Tx) error { // known under one key, and typed again
		key, err := tenant.Key(t.Context(), tx)
		if err != nil {
			return err
		}
		if _, err := fleet.AddFob(t.Context(), tx, operator, "004", 1, []wire.Token{key.Token(number(4))}); err != nil {
			return err
		}
		_, err = fleet.RegisterNumber(t.Context(), tx, operator, "004", number(4))
		return err
	})
	if got := h.unseen(2); got != "002 " {
		t.Errorf("unseen %q, want 002", got)
	}
	unseen, err := h.finish(false)
	if !errors.Is(err, fleet.ErrUnseen) || len(unseen) != 1 || unseen[0].Label != "002" {
		t.Errorf("finished with %v unseen: %v", unseen, err)
	}
	if unseen, err = h.finish(true); err != nil || len(unseen) != 1 {
		t.Errorf("left %v: %v", unseen, err)
	}
	if _, err = h.finish(true); !errors.Is(err, tenant.ErrNoRotation) {
		t.Errorf("finished twice: %v", err)
	}
	h.do(func(tx pg.Tx) error { // its old token still says whose it is: a gateway may come back with taps under it
		f, err := fleet.FobByToken(t.Context(), tx, 1, wire.Token{2})
		if err == nil && f.Label != "002" {
			t.Errorf("the old token is of %q", f.Label)
		}
		return err
	})
}

func TestAFobThatWasNotSeenIsRegisteredAgainUnderItsLabel(t *testing.T) { // I7
	h := keyed(t)
	old := h.fob("002", wire.Token{2})
	if err := h.issue(old, h.ann, time.Now()); err != nil {
		t.Fatal(err)
	}
	_, err := h.finish(true)
	if err != nil {
		t.Fatal(err)
	}
	register := func(label string, token byte) (f fleet.Fob, err error) {
		err = h.try(func(tx pg.Tx) (err error) {
			f, err = fleet.Register(t.Context(), tx, operator, label, 2, []wire.Token{{token}})
			return err
		})
		return f, err
	}
	f, err := register("002", 0xA2)
	if err != nil || f.ID != old || f.Holder == nil || f.Holder.Employee != h.ann {
		t.Errorf("registered %+v, %v; want the same fob with its holder", f, err)
	}
	if _, err := register("002", 0xA3); !errors.Is(err, fleet.ErrNameTaken) {
		t.Errorf("a second one under its label: %v", err)
	}
	if _, err := register("004", 0xA2); !errors.Is(err, fleet.ErrTokenTaken) {
		t.Errorf("another fob with its token: %v", err)
	}
	if got := h.unseen(2); got != "" {
		t.Errorf("unseen %q", got)
	}
}

func TestAnotherFobDoesNotSlipInUnderALabel(t *testing.T) { // I7
	h := keyed(t)
	h.do(func(tx pg.Tx) error {
		key, err := tenant.Key(t.Context(), tx)
		if err != nil {
			return err
		}
		_, err = fleet.AddFob(t.Context(), tx, operator, "010", 1, []wire.Token{key.Token(number(10))})
		return err
	})
	if _, err := h.finish(true); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, h.url, `INSERT INTO token_twin (tenant_id, gateway_id, version, token, twin_version, twin_token)
		VALUES ($1, 1, 2, '\xc200000000000000', 1, '\xc100000000000000') RETURNING version`, h.tenant) // a stranger's two tokens
	for name, c := range map[string]struct {
		do   func(tx pg.Tx) (fleet.Fob, error)
		want error
	}{
		"another number": {func(tx pg.Tx) (fleet.Fob, error) {
			return fleet.RegisterNumber(t.Context(), tx, operator, "010", number(11))
		}, fleet.ErrNameTaken},
		"a tap that a gateway saw under both keys": {func(tx pg.Tx) (fleet.Fob, error) {
			return fleet.Register(t.Context(), tx, operator, "010", 2, []wire.Token{{0xC2}})
		}, fleet.ErrNameTaken},
		"its own number": {func(tx pg.Tx) (fleet.Fob, error) {
			return fleet.RegisterNumber(t.Context(), tx, operator, "010", number(10))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			undo := errors.New("undo")
			err := h.try(func(tx pg.Tx) error {
				f, err := c.do(tx)
				if !errors.Is(err, c.want) || err == nil && f.Label != "010" {
					t.Errorf("registered %+v, %v; want %v", f, err, c.want)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Error(err)
			}
		})
	}
}

func TestATypedNumberHasATokenUnderEveryKeyOnce(t *testing.T) {
	h := keyed(t)
	for range 2 {
		err := h.try(func(tx pg.Tx) error {
			_, err := fleet.RegisterNumber(t.Context(), tx, operator, "005", number(5))
			return err
		})
		if err != nil && !errors.Is(err, fleet.ErrNameTaken) {
			t.Error(err)
		}
	}
	err := h.try(func(tx pg.Tx) error {
		_, err := fleet.RegisterNumber(t.Context(), tx, operator, "006", number(5))
		return err
	})
	if !errors.Is(err, fleet.ErrTokenTaken) {
		t.Errorf("the same number under another label: %v", err)
	}
	h.do(func(tx pg.Tx) error {
		ring, _, err := tenant.Ring(t.Context(), tx)
		for _, k := range ring.Keys {
			f, err := fleet.FobByToken(t.Context(), tx, k.Version, k.Token(number(5)))
			if err != nil || f.Label != "005" {
				t.Errorf("key %d: %q, %v", k.Version, f.Label, err)
			}
		}
		return err
	})
}

func TestGatewaysWithoutTheNextKeyAreNamed(t *testing.T) {
	h := keyed(t)
	add := func(name string) (id int64) {
		h.do(func(tx pg.Tx) error {
			g, err := fleet.AddGateway(t.Context(), tx, operator, h.site, name)
			id = g.ID
			return err
		})
		return id
	}
	late, ready, stolen := add("late"), add("ready"), add("stolen")
	const say = "INSERT INTO gateway_desired (tenant_id, gateway_id, reported_key) VALUES ($1, $2, $3) RETURNING gateway_id"
	pgtest.Exec(t, h.url, say, h.tenant, late, 1)
	pgtest.Exec(t, h.url, say, h.tenant, ready, 2)
	h.do(func(tx pg.Tx) error {
		if err := fleet.RevokeGateway(t.Context(), tx, operator, stolen, time.Now()); err != nil {
			return err
		}
		behind, err := fleet.Behind(t.Context(), tx, 2)
		if len(behind) != 1 || behind[0].Name != "late" {
			t.Errorf("behind: %+v", behind)
		}
		return err
	})
}

func TestATwinConflictIsNamedUntilSomebodyClosesIt(t *testing.T) {
	h := keyed(t)
	h.fob("007", wire.Token{7})
	h.do(func(tx pg.Tx) error {
		_, err := fleet.AddGateway(t.Context(), tx, operator, h.site, "Poort")
		return err
	})
	pgtest.Exec(t, h.url, `INSERT INTO twin_conflict (tenant_id, gateway_id, old_version, old_token, new_version, new_token)
		SELECT $1, gateway_id, 1, '\x0700000000000000', 2, '\x0900000000000000' FROM gateway RETURNING conflict_id`, h.tenant)
	h.do(func(tx pg.Tx) error {
		all, err := fleet.TwinConflicts(t.Context(), tx)
		if err != nil || len(all) != 1 || all[0].Old != "007" || all[0].New != "" || all[0].Gateway != "Poort" {
			t.Fatalf("conflicts %+v, %v", all, err)
		}
		if n, err := fleet.CountAlarms(t.Context(), tx, time.Now()); err != nil || n != 1 {
			t.Errorf("%d alarms, %v", n, err)
		}
		if _, err := fleet.FinishRotation(t.Context(), tx, operator, time.Now(), true); !errors.Is(err, fleet.ErrContradicted) {
			t.Errorf("finished while fobs may count as others: %v", err)
		}
		if err := fleet.CloseTwinConflict(t.Context(), tx, operator, all[0].ID, time.Now()); err != nil {
			return err
		}
		if err := fleet.CloseTwinConflict(t.Context(), tx, operator, all[0].ID, time.Now()); !errors.Is(err, fleet.ErrNotFound) {
			t.Errorf("closed twice: %v", err)
		}
		all, err = fleet.TwinConflicts(t.Context(), tx)
		if len(all) != 0 {
			t.Errorf("still there: %+v", all)
		}
		if _, err := fleet.FinishRotation(t.Context(), tx, operator, time.Now(), true); err != nil {
			t.Errorf("not finished after a person saw to it: %v", err)
		}
		return err
	})
}
