package continuity

import (
	"context"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

func TestOneManifestThatCannotBeReadKeepsAPlaceFromNothing(t *testing.T) { // OB-P4
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	day := 24 * time.Hour
	expired, good := a.Stands(t, now.Add(-15*day), 0, m.Listed.Keep), a.Stands(t, now.Add(-13*day), 0, m.Listed.Keep)
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

func TestWhatAFormerClusterHasAtAPlaceExpiresAndWhatIsOthersStays(t *testing.T) { // OB-P4: after a dump was restored
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	a.Stands(t, now.Add(-time.Hour), 0, m.Listed.Keep)
	former, others := Archive{Store: a.Store, System: "7"}, Archive{Store: a.Store, System: "8"}
	expired, good := former.Stands(t, now.AddDate(0, 0, -15), 0, m.Listed.Keep), former.Stands(t, now.AddDate(0, 0, -13), 0, m.Listed.Keep)
	for _, s := range []Set{expired, good} {
		if err := m.Listed.Note(s.listed("near", nil)); err != nil {
			t.Fatal(err)
		}
	}
	strange := others.Stands(t, now.AddDate(0, 0, -15), 0, m.Listed.Keep)
	strange.SHA256 = strings.Repeat("1", 64)
	if err := others.name(t.Context(), strange); err != nil {
		t.Fatal(err)
	}
	left := func(a Archive) (ids []string) {
		whole, _, err := a.Sets(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range whole {
			ids = append(ids, s.ID)
		}
		return ids
	}
	m.starts(t, now)
	if got := left(former); !slices.Equal(got, []string{good.ID}) {
		t.Errorf("of the former cluster %v stands there, not %s alone", got, good.ID)
	}
	if got := m.standing(t); !slices.Contains(got, good.ID) || slices.Contains(got, expired.ID) {
		t.Errorf("the list that keys are kept by has %v", got)
	}
	m.starts(t, now.AddDate(0, 0, 2))
	if got := left(former); len(got) != 0 {
		t.Errorf("two days later %v stands there", got)
	}
	if got := left(others); len(got) != 1 {
		t.Error("what is others' was removed")
	}
}

func TestWhatIsLeftOfAFormerClusterGoesWhereverItsRemovalBrokeOff(t *testing.T) { // OB-P4
	for _, step := range []string{Base.file(), "wal"} {
		t.Run(step, func(t *testing.T) {
			m, now := keeping(t), time.Now().Truncate(time.Second)
			a := m.archive(t)
			a.Stands(t, now.Add(-time.Hour), 0, m.Listed.Keep)
			former := Archive{Store: a.Store, System: "7"}
			expired := former.Stands(t, now.AddDate(0, 0, -15), 0, m.Listed.Keep)
			if err := m.Listed.Note(expired.listed("near", nil)); err != nil {
				t.Fatal(err)
			}
			former.lay(t, path.Join("7", "wal", three+logEnd), "")
			file := path.Join(expired.folder(), expired.File)
			if step == "wal" {
				file = path.Join("7", "wal", two+logEnd)
			}
			former.lay(t, path.Join(file, "x"), "") // a folder that isn't empty is not removed
			m.starts(t, now)
			if err := a.Store.Remove(t.Context(), path.Join(file, "x")); err != nil {
				t.Fatal(err)
			}
			m.starts(t, now.Add(time.Hour))
			sets, err := a.Store.List(t.Context(), "7/sets")
			if err != nil || len(sets) != 0 {
				t.Errorf("of its sets %v is left (%v)", sets, err)
			}
			if names, err := a.Store.List(t.Context(), "7/wal"); err != nil || len(names) != 0 {
				t.Errorf("of its log %v is left (%v)", names, err)
			}
		})
	}
}

func TestWhatOthersDoNotLetUsListIsNoErrorOfOurs(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	var said strings.Builder
	m.Log = slog.New(slog.NewTextHandler(&said, nil))
	a := m.archive(t)
	a.Stands(t, now.Add(-time.Hour), 0, m.Listed.Keep)
	a.lay(t, "8/sets", "") // no folder
	m.starts(t, now)
	if strings.Contains(said.String(), "was not tended to") {
		t.Error(said.String())
	}
}

func TestWhetherAPlaceIsAllowedIsAskedOnceForAllPiecesThatItLacks(t *testing.T) { // OB-P9
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	m.Targets = append(m.Targets, target.Local("far", t.TempDir(), tenant.Place{}))
	a.Stands(t, now.Add(-time.Hour), 0, m.Listed.Keep)
	far, err := m.Targets[1].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{three, next(three), next(next(three))}
	for _, n := range pieces {
		Archive{Store: far, System: a.System}.lay(t, path.Join(a.System, "wal", n+logEnd), "")
	}
	asked := 0
	m.Refusal = func(context.Context, target.Target) (string, error) { asked++; return "", nil }
	m.tend(t.Context(), now, now)
	if names, err := a.Log(t.Context()); err != nil || !slices.Equal(names, pieces) || asked != 1 {
		t.Errorf("after %d questions %v stands there (%v)", asked, names, err)
	}
}

func TestAPlaceThatDoesNotSayWhatItHasIsNotTakenForEmpty(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	s := a.Stands(t, now.Add(-time.Hour), 0, m.Listed.Keep)
	m.starts(t, now)
	address := m.Targets[0].Address
	m.Targets[0].Address = path.Join(address, s.folder(), "manifest.json") // no folder
	m.starts(t, now.Add(time.Hour))
	if got := m.register(t); !slices.Equal(got, []string{s.ID}) {
		t.Errorf("the register has %v", got)
	}
}

func TestAManifestWhoseTimesContradictEachOtherIsDamaged(t *testing.T) { // the register would refuse them, and all that stands beside
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	good := a.Stands(t, now.Add(-time.Hour), 0, m.Listed.Keep)
	for i, wrong := range []func(*Set){
		func(s *Set) { s.Expires = s.Began },
		func(s *Set) { s.Began = s.Began.Add(time.Hour) },
		func(s *Set) { s.SHA256 = strings.Repeat("G", 64) },
	} {
		s := good
		s.Began = now.Add(-time.Duration(i+2) * time.Hour)
		s.ID, s.Ended = s.Began.UTC().Format(stamp), s.Began
		wrong(&s)
		if err := a.name(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	m.starts(t, now)
	if got := m.register(t); !slices.Equal(got, []string{good.ID}) {
		t.Errorf("the register has %v, not %s alone", got, good.ID)
	}
}

func TestASetWhoseClockWasSetBackWhileItWasMadeIsWhole(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	a.Keys = vault.Passing()
	a.Stands(t, now.Add(-time.Hour), -time.Minute, m.Listed.Keep) // as an older version wrote it down
	began := now.Add(time.Minute).UTC()
	nothing := func(io.Writer, *Set) error { return nil }
	made, err := a.Put(t.Context(), Set{Kind: Dump, Began: began, Expires: began.Add(m.Listed.Keep)}, nothing, nil)
	if err != nil || made.Ended.Before(began) {
		t.Errorf("begun at %s it ended at %s (%v)", began, made.Ended, err)
	}
	m.starts(t, now)
	for _, s := range m.place(t).Sets {
		if !s.Ended.Equal(s.Began) {
			t.Errorf("%s began at %s and ended at %s", s.ID, s.Began, s.Ended)
		}
	}
	if got := m.register(t); len(got) != 2 {
		t.Errorf("the register has %v", got)
	}
}

func TestAPlaceThatAContractForbidsIsToldAtTheStart(t *testing.T) { // OB-P9
	m, now := keeping(t), time.Now().Truncate(time.Second)
	for _, why := range []string{"", "it stands elsewhere", ""} {
		m.Refusal = func(context.Context, target.Target) (string, error) { return why, nil }
		m.starts(t, now)
		if got := m.place(t).Problem; (got == PlaceRefused) != (why != "") {
			t.Errorf("refused as %q the register has %q", why, got)
		}
	}
}
