package continuity_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// dumped makes a set of a server that isn't ours, and the check of it.
func dumped(t *testing.T) (continuity.Check, continuity.Set, string) {
	t.Helper()
	f := newOffice(t)
	keys, _, _ := f.Keys(t.Context())
	owner, err := pg.Open(t.Context(), f.URL, pg.RoleOwner, pg.With(keys))
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	look(t, owner, func(tx pg.Tx) error {
		a, err := tenant.Create(t.Context(), tx, audit.Actor{Kind: audit.Operator}, "Kwekerij", "Europe/Amsterdam", "nl")
		if err != nil {
			return err
		}
		return continuity.Fill(t.Context(), tx, a.ID, 50)
	})
	f.Cluster = nil
	out, err := f.Make(t.Context(), f.Targets[:1], true)
	if err != nil || out[0].Err != nil {
		t.Fatal(err, out[0].Err)
	}
	s := out[0].Set
	return continuity.Check{Archive: f.archive(t, out[0]), Target: "near", Scratch: filepath.Join(t.TempDir(), "scratch"), Keys: pg.With(keys)}, s,
		filepath.Join(filepath.Dir(f.Spool), "near", s.System, "sets", s.ID, s.File)
}

func TestADumpOfAnothersServerIsCheckedByRestoringIt(t *testing.T) { // OB-C8
	c, s, file := dumped(t)
	r := c.Run(t.Context(), time.Now())
	if !r.Good() || r.Registrations != 50 || r.Set != s.ID {
		t.Errorf("%+v", r)
	}
	if left, _ := os.ReadDir(c.Scratch); len(left) != 0 {
		t.Errorf("the check left %v", left)
	}
	if err := os.Truncate(file, s.Bytes-1); err != nil {
		t.Fatal(err)
	}
	if r := c.Run(t.Context(), time.Now()); len(r.Findings) != 1 || r.Findings[0].Fault != continuity.NotRestorable {
		t.Errorf("half a dump: %+v", r.Findings)
	}
}

func TestWhatAKilledCheckLeftIsRemovedAndWhatAnotherUsesStays(t *testing.T) {
	in := t.TempDir()
	beside := filepath.Join(in, "holiday-pictures")
	used, remove, err := continuity.Scratch(in, "check")
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(in, "tikklok-scratch-check-7")
	for _, dir := range []string{beside, filepath.Join(left, "db", "data")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := continuity.ClearScratch(in); err != nil {
		t.Fatal(err)
	}
	for dir, there := range map[string]bool{beside: true, used: true, left: false} {
		if _, err := os.Stat(dir); (err == nil) != there {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(used); err == nil {
		t.Error("it is not removed")
	}
}

func TestASetOfAClockThatWasAheadIsNeitherCheckedNorTheNewest(t *testing.T) { // OB-C8
	store, err := target.Local("here", t.TempDir(), tenant.Place{}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	a, now := continuity.Archive{Store: store, System: "7"}, time.Now().UTC().Truncate(time.Second)
	tonight, ahead := now.Add(-time.Hour), now.AddDate(2, 0, 0)
	newest := func() (checked, restored string) {
		s, err := a.SetFor(t.Context(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return continuity.Check{Archive: a, Scratch: t.TempDir()}.Run(t.Context(), now).Set, s.ID
	}
	id := func(at time.Time) string { return at.Format("20060102T150405Z") }
	for _, began := range []time.Time{ahead, tonight} { // with nothing else, it is taken
		a.Stands(t, began, 10*time.Minute, 14*24*time.Hour)
		if checked, restored := newest(); checked != id(began) || restored != id(began) {
			t.Errorf("%s is checked and %s restored, not %s", checked, restored, id(began))
		}
	}
}

func TestAMomentIsRestoredFromTheNewestSetThatWasWholeByThen(t *testing.T) { // OB-C9
	store, err := target.Local("here", t.TempDir(), tenant.Place{}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	a := continuity.Archive{Store: store, System: "7"}
	day := time.Date(2026, 10, 24, 1, 0, 0, 0, time.UTC)
	ids := [3]string{}
	for i := range ids {
		ids[i] = a.Stands(t, day.AddDate(0, 0, i), 10*time.Minute, 14*24*time.Hour).ID
	}
	moment := func(text string) time.Time {
		at, err := time.Parse("2006-01-02T15:04:05Z07:00", text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for text, want := range map[string]string{
		"2026-10-26T12:00:00Z":      ids[2],
		"2026-10-26T01:09:59Z":      ids[1],                                      // while it was made
		"2026-10-26T01:10:00Z":      ids[2],                                      // when it was whole
		"2026-10-25T02:30:00+02:00": ids[0], "2026-10-25T02:30:00+01:00": ids[1], // the hour that comes twice
		"2026-10-24T00:00:00Z": "",
	} {
		s, err := a.SetFor(t.Context(), moment(text))
		if s.ID != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q and %v, not %q", text, s.ID, err, want)
		}
	}
	if s, err := a.SetFor(t.Context(), time.Time{}); s.ID != ids[2] || err != nil {
		t.Errorf("the newest: %q, %v", s.ID, err)
	}
}
