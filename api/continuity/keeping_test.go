package continuity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

// keeping is a maker whose places are tended to, and at which it can make nothing.
func keeping(t *testing.T) Maker {
	t.Helper()
	url, dir := pgtest.URL(t), t.TempDir()
	return Maker{
		URL: url, Owner: pgtest.Open(t, url, pg.RoleOwner), Listed: vault.Folder{Dir: filepath.Join(dir, "backups"), Keys: vault.Passing(), Keep: 14 * 24 * time.Hour},
		Spool: filepath.Join(dir, "log"), Log: slog.New(slog.DiscardHandler), Targets: []target.Target{target.Local("near", filepath.Join(dir, "near"), tenant.Place{})},
		Keys: func(context.Context) (*vault.Keys, vault.Fingerprint, error) {
			return nil, "", errors.New("no key is at hand")
		},
		Refusal: func(context.Context, target.Target) (string, error) { return "", nil },
	}
}

// archive is what the first place holds of the database.
func (m Maker) archive(t *testing.T) Archive {
	t.Helper()
	system, err := pg.SystemOf(t.Context(), m.URL)
	if err != nil {
		t.Fatal(err)
	}
	store, err := m.Targets[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return Archive{Store: store, System: system.ID}
}

// Stands puts a set's manifest there, of a set that began at a moment and took so
// long.
func (a Archive) Stands(t *testing.T, began time.Time, took, keep time.Duration) Set {
	t.Helper()
	s := Set{Format: format, ID: began.UTC().Format(stamp), Kind: Base, System: a.System, Began: began, Ended: began.Add(took), Expires: began.Add(keep), File: Base.file(), Bytes: 1,
		SHA256: strings.Repeat("0", 64), Key: vault.Passing().Current(), Timeline: 1, Start: "0/3000028"}
	if err := a.name(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (a Archive) lay(t *testing.T, name, content string) {
	t.Helper()
	if _, err := a.Store.Put(t.Context(), name, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

// starts gives the keeper of a server that starts, and has it look once.
func (m Maker) starts(t *testing.T, at time.Time) *keeper {
	t.Helper()
	k, err := m.keeper(t.Context(), at)
	if err == nil {
		err = k.look(t.Context(), at, time.UTC)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// place is what the register has of the first place.
func (m Maker) place(t *testing.T) PlaceState {
	t.Helper()
	var places []PlaceState
	err := m.Owner.Look(t.Context(), func(tx pg.Tx) (err error) { places, err = Places(t.Context(), tx); return err })
	if err != nil || len(places) != 1 {
		t.Fatal(fmt.Sprint(places), err)
	}
	return places[0]
}

// register names the sets that the register has of the first place.
func (m Maker) register(t *testing.T) (ids []string) {
	t.Helper()
	for _, s := range m.place(t).Sets {
		if s.Gone.IsZero() {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// standing names the sets that are listed as standing elsewhere.
func (m Maker) standing(t *testing.T) (ids []string) {
	t.Helper()
	listed, err := vault.ReadManifest(m.Listed.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range listed.Dumps {
		if d.Removed == nil {
			ids = append(ids, path.Dir(d.File))
		}
	}
	return ids
}
