package continuity

import (
	"fmt"
	"path"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
)

func TestOneManifestThatCannotBeReadKeepsAPlaceFromNothing(t *testing.T) { // OB-P4
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	day := 24 * time.Hour
	expired, good := a.stands(t, now.Add(-15*day), m.Listed.Keep), a.stands(t, now.Add(-13*day), m.Listed.Keep)
	damaged := now.Add(-10 * day).UTC().Format(stamp)
	a.lay(t, path.Join(a.System, "sets", damaged, "manifest.json"), "{")
	for _, n := range []string{two, three} {
		a.lay(t, path.Join(a.System, "wal", n+logEnd), "")
	}
	lost := Set{ID: "20250101T010000Z", File: Base.file(), Expires: now.Add(-day)} // removed, and never written down
	for _, s := range []Set{lost, expired} {
		if err := m.Listed.Note(s.listed("near", nil)); err != nil {
			t.Fatal(err)
		}
	}
	m.starts(t, now)
	if got, want := m.register(t), []string{good.ID}; !slices.Equal(got, want) {
		t.Errorf("the register has %v, not %v", got, want)
	}
	if got, want := m.standing(t), []string{good.ID}; !slices.Equal(got, want) {
		t.Errorf("the list that keys are kept by has %v, not %v", got, want)
	}
	if names, err := a.Log(t.Context()); err != nil || len(names) != 2 {
		t.Errorf("of the log %v is left, of which the damaged set may need any (%v)", names, err)
	}
	m.starts(t, now.Add(2*day)) // two days later the good one expires
	m.starts(t, now.Add(5*day)) // and the damaged one is older than sets are kept
	all, err := a.standing(t.Context())
	if err != nil || len(all.whole)+len(all.unread) != 0 {
		t.Errorf("%+v is left (%v)", all, err)
	}
	if names, err := a.Log(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("of the log %v is left, and nothing needs it (%v)", names, err)
	}
}

func TestAPlaceThatDoesNotSayWhatItHasIsNotTakenForEmpty(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	s := a.stands(t, now.Add(-time.Hour), m.Listed.Keep)
	m.starts(t, now)
	address := m.Targets[0].Address
	m.Targets[0].Address = path.Join(address, s.folder(), "manifest.json") // no folder
	m.starts(t, now.Add(time.Hour))
	if got := m.register(t); !slices.Equal(got, []string{s.ID}) {
		t.Errorf("the register has %v", got)
	}
}

// register names the sets that the register has of the first place.
func (m Maker) register(t *testing.T) (ids []string) {
	t.Helper()
	var places []PlaceState
	err := m.Owner.Look(t.Context(), func(tx pg.Tx) (err error) { places, err = Places(t.Context(), tx); return err })
	if err != nil || len(places) != 1 {
		t.Fatal(fmt.Sprint(places), err)
	}
	for _, s := range places[0].Sets {
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
