package continuity

import (
	"context"
	"encoding/json"
	"errors"
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

// stands puts a set's manifest there, of a set that began at a moment.
func (a Archive) stands(t *testing.T, began time.Time, keep time.Duration) Set {
	t.Helper()
	s := Set{Format: format, ID: began.UTC().Format(stamp), Kind: Base, System: a.System, Began: began, Ended: began, Expires: began.Add(keep), File: Base.file(), Bytes: 1,
		SHA256: strings.Repeat("0", 64), Key: vault.Passing().Current(), Timeline: 1, Start: "0/3000028"}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	a.lay(t, path.Join(s.folder(), "manifest.json"), string(raw))
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

func TestARestartMakesNoClockBelievedThatJumpedAhead(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	s := a.stands(t, now.Add(-time.Hour), m.Listed.Keep)
	m.starts(t, now)
	for _, running := range []time.Duration{0, time.Minute, time.Hour} {
		m.starts(t, now.AddDate(2, 0, 0).Add(running))
	}
	whole, _, err := a.Sets(t.Context())
	if err != nil || len(whole) != 1 || whole[0].ID != s.ID {
		t.Errorf("after starts two years ahead %v stands there (%v)", whole, err)
	}
}

func TestADoubtGoesOnAfterARestart(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	a.stands(t, now.Add(-time.Hour), m.Listed.Keep)
	m.starts(t, now)
	later := now.AddDate(0, 1, 0) // it was off for a month, and is now every night
	for range 3 {
		k := m.starts(t, later)
		for range 9 {
			later = later.Add(time.Hour)
			if err := k.look(t.Context(), later, time.UTC); err != nil {
				t.Fatal(err)
			}
		}
		later = later.Add(15 * time.Hour)
	}
	if whole, _, err := a.Sets(t.Context()); err != nil || len(whole) != 0 {
		t.Errorf("after more than a day of running %v has not expired (%v)", whole, err)
	}
}

func TestAPlaceThatAClockAheadNamedFirstIsInUseSinceNow(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	m.starts(t, now.AddDate(1, 0, 0))
	m.starts(t, now)
	var places []PlaceState
	err := m.Owner.Look(t.Context(), func(tx pg.Tx) (err error) { places, err = Places(t.Context(), tx); return err })
	if err != nil || len(places) != 1 || !places[0].Since.Equal(now) {
		t.Errorf("%+v (%v)", places, err)
	}
}
