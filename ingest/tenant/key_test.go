package tenant_test

import (
	"errors"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// rotation is a tenant whose key is replaced step by step.
type rotation struct {
	*testing.T
	url    string
	db     *pg.DB
	tenant int64
}

func newRotation(t *testing.T) rotation {
	url := pgtest.URL(t)
	made, err := create(t, url, "Bakkerij Smit", "Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return rotation{t, url, pgtest.Open(t, url, pg.RoleApp), made.ID}
}

func (r rotation) do(fn func(tx pg.Tx) error) error {
	return r.db.InTenant(r.Context(), r.tenant, fn)
}

func (r rotation) start() error {
	return r.do(func(tx pg.Tx) error { return tenant.StartRotation(r.Context(), tx, operator, time.Now()) })
}

func (r rotation) finish() error {
	return r.do(func(tx pg.Tx) error { return tenant.FinishRotation(r.Context(), tx, operator, time.Now()) })
}

func (r rotation) ring() (ring wire.KeyRing, owner uint64) {
	r.Helper()
	err := r.do(func(tx pg.Tx) (err error) { ring, owner, err = tenant.Ring(r.Context(), tx); return err })
	if err != nil {
		r.Fatal(err)
	}
	return ring, owner
}

func (r rotation) want(current uint32, versions ...uint32) {
	r.Helper()
	ring, _ := r.ring()
	var got []uint32
	for _, k := range ring.Keys {
		got = append(got, k.Version)
	}
	if ring.Current != current || len(got) != len(versions) {
		r.Fatalf("current %d of %v, want %d of %v", ring.Current, got, current, versions)
	}
	for i := range got {
		if got[i] != versions[i] {
			r.Errorf("keys %v, want %v", got, versions)
		}
	}
}

func TestARotationGoesFromOneKeyToTheNext(t *testing.T) { // I7
	r := newRotation(t)
	r.want(1, 1)
	_, owner := r.ring()
	for _, step := range []struct {
		do      func() error
		current uint32
		keys    []uint32
	}{
		{r.start, 1, []uint32{2, 1}}, {r.finish, 2, []uint32{2, 1}}, {r.start, 2, []uint32{3, 2, 1}}, {r.finish, 3, []uint32{3, 2, 1}},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		r.want(step.current, step.keys...)
		if _, now := r.ring(); now != owner {
			t.Error("the identity towards readers changed: they would be strangers")
		}
	}
	pgtest.Exec(t, r.url, "UPDATE token_key SET since = now() - interval '200 days' WHERE state = 'former' AND version = 1 RETURNING version")
	r.want(3, 3, 2)
	if _, now := r.ring(); now != owner {
		t.Error("the identity went with the first key")
	}
	err := r.do(func(tx pg.Tx) error {
		keys, err := tenant.Keys(t.Context(), tx)
		if err != nil || len(keys) != 3 || keys[0].State != tenant.KeyCurrent || keys[2].State != tenant.KeyFormer {
			t.Errorf("keys %+v, %v", keys, err)
		}
		if k, err := tenant.Key(t.Context(), tx); err != nil || k.Version != 3 {
			t.Errorf("a tap's key is %d, %v", k.Version, err)
		}
		return audit.Verify(t.Context(), tx)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestARotationStartsOnceAndEndsOnlyWhenStarted(t *testing.T) {
	r := newRotation(t)
	if err := r.finish(); !errors.Is(err, tenant.ErrNoRotation) {
		t.Errorf("finish without start: %v", err)
	}
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	if err := r.start(); !errors.Is(err, tenant.ErrRotating) {
		t.Errorf("started twice: %v", err)
	}
	r.want(1, 2, 1)
	if err := r.finish(); err != nil {
		t.Fatal(err)
	}
	if err := r.finish(); !errors.Is(err, tenant.ErrNoRotation) {
		t.Errorf("finished twice: %v", err)
	}
	r.want(2, 2, 1)
}

// A backup from before a rotation was restored: gateways have a version 4 that
// nobody here knows. The next key must not be another version 4.
func TestAVersionThatAGatewayHasIsNotGivenAgain(t *testing.T) {
	for name, c := range map[string]struct{ reported, next uint32 }{
		"none ahead": {1, 2}, "three ahead": {4, 5}, "a lie": {30_000, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRotation(t)
			pgtest.Exec(t, r.url, "INSERT INTO gateway_desired (tenant_id, gateway_id, reported_key) VALUES ($1, 1, $2) RETURNING gateway_id", r.tenant, c.reported)
			if err := r.start(); err != nil {
				t.Fatal(err)
			}
			r.want(1, c.next, 1)
		})
	}
}
