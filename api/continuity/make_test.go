package continuity_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/pg/vault"
)

func TestASetStandsWholeAtEveryPlaceWithTheLogAfterIt(t *testing.T) {
	f := newOffice(t)
	f.follow(t)
	for _, o := range f.makeAll(t) {
		f.stands(t, o)
		a := f.archive(t, o)
		whole, halves, err := a.Sets(t.Context())
		if err != nil || len(whole) != 1 || len(halves) != 0 || whole[0].SHA256 != o.Set.SHA256 {
			t.Fatalf("%s: %v %v %v", o.Target.Name, whole, halves, err)
		}
		names, err := a.Log(t.Context())
		if err != nil || continuity.Hole(whole[0], names) != "" {
			t.Errorf("%s: the log %v lacks %s (%v)", o.Target.Name, names, continuity.Hole(whole[0], names), err)
		}
	}
	for name, s := range f.states(t) {
		if last, ok := s.Last(time.Now()); !ok || s.Problem != "" || last.Bytes == 0 {
			t.Errorf("the register has of %s: %+v", name, s)
		}
	}
	listed, err := vault.ReadManifest(f.Listed.Dir)
	if err != nil || len(listed.Dumps) != 2 {
		t.Fatalf("%v %v", listed, err)
	}
	keys, _, _ := f.Keys(t.Context())
	if !listed.Dumps[1].Needs(keys.Current()) || listed.Until(time.Now()).IsZero() {
		t.Error("neither the master key's keeper nor an erasure hears of what stands elsewhere")
	}
}

func TestAPlaceThatFailsHoldsUpNoOther(t *testing.T) {
	f := newOffice(t)
	nowhere, err := target.Parse("gone=file://" + filepath.Join(t.TempDir(), "not-mounted") + "?place=NL/NL")
	if err != nil {
		t.Fatal(err)
	}
	f.Targets = append([]target.Target{nowhere}, f.Targets...)
	f.refuse = "near"
	got := map[string]continuity.Problem{}
	for _, o := range f.makeAll(t) {
		got[o.Target.Name] = o.Problem
	}
	if got["gone"] != continuity.PlaceUnreachable || got["near"] != continuity.PlaceRefused || got["far"] != "" {
		t.Errorf("the places have %v", got)
	}
	states := f.states(t)
	if states["gone"].Problem != continuity.PlaceUnreachable || states["near"].Problem != continuity.PlaceRefused || len(states["far"].Sets) != 1 {
		t.Errorf("the register has %+v", states)
	}
	if _, err := os.Stat(filepath.Join(f.Targets[1].Address, "sets")); err == nil {
		t.Error("something was brought to a place that a contract forbids")
	}
}

func TestASetWithoutItsManifestIsHalfOfOne(t *testing.T) {
	f := newOffice(t)
	o := f.makeAll(t)[0]
	a := f.archive(t, o)
	if err := a.Store.Remove(t.Context(), o.Set.System+"/sets/"+o.Set.ID+"/manifest.json"); err != nil {
		t.Fatal(err)
	}
	whole, halves, err := a.Sets(t.Context())
	if err != nil || len(whole) != 0 || len(halves) != 1 {
		t.Errorf("%v %v %v", whole, halves, err)
	}
}

func TestAnotherKeyOpensNothing(t *testing.T) {
	f := newOffice(t)
	o := f.makeAll(t)[0]
	a := f.archive(t, o)
	a.Keys = vault.Passing()
	if _, err := a.OpenSet(t.Context(), o.Set); !errors.Is(err, vault.ErrOtherKey) {
		t.Errorf("got %v", err)
	}
}

func TestOneChangedByteIsTold(t *testing.T) {
	f := newOffice(t)
	o := f.makeAll(t)[0]
	path := filepath.Join(o.Target.Address, o.Set.System, "sets", o.Set.ID, o.Set.File)
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if _, err := file.ReadAt(b, o.Set.Bytes/2); err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte{b[0] ^ 1}, o.Set.Bytes/2); err != nil {
		t.Fatal(err)
	}
	file.Close()
	a := f.archive(t, o)
	r, err := a.OpenSet(t.Context(), o.Set)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, continuity.ErrDamaged) {
		t.Errorf("got %v", err)
	}
	other := continuity.Archive{Store: f.archive(t, continuity.Outcome{Target: f.Targets[1], Set: o.Set}).Store, System: "1", Keys: a.Keys}
	if err := other.Copy(t.Context(), a, o.Set, nil); !errors.Is(err, continuity.ErrDamaged) {
		t.Errorf("copying it gives %v", err)
	}
}

func TestWhatExpiredIsRemovedWithItsLogAndListed(t *testing.T) {
	f := newOffice(t)
	stop := f.follow(t)
	out := f.makeAll(t)
	for _, o := range out {
		if err := f.AwaitLog(t.Context(), o, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	a := f.archive(t, out[0])
	left, err := a.Tend(t.Context(), out[0].Set.Expires.Add(-time.Second), f.Listed.Keep)
	if err != nil || left.Wrong != nil || len(left.Left) != 1 || len(left.Removed) != 0 {
		t.Fatalf("before its time: %+v %v", left, err)
	}
	left, err = a.Tend(t.Context(), out[0].Set.Expires, f.Listed.Keep)
	if err != nil || left.Wrong != nil || len(left.Left) != 0 || len(left.Removed) != 1 {
		t.Fatalf("at its time: %+v %v", left, err)
	}
	if names, err := a.Log(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("of the log %v is left (%v)", names, err)
	}
	var files []string
	_ = filepath.WalkDir(out[0].Target.Address, func(path string, e os.DirEntry, _ error) error {
		if !e.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	if len(files) > 0 {
		t.Errorf("left behind: %s", strings.Join(files, ", "))
	}
}
