package continuity_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/remote/remotetest"
)

func TestASetThatWentOverSFTPIsRestoredAndIsWhatItWas(t *testing.T) {
	f := newOffice(t)
	f.Targets = []target.Target{sftpPlace(t, "one", remotetest.New(t)), sftpPlace(t, "two", remotetest.New(t))}
	f.follow(t)
	for _, o := range f.makeAll(t) {
		f.stands(t, o)
	}
}

// TestWhatIsWrongWithAPlaceIsToldAndAnotherHasTheSet has the place with a fault
// be the first, for which the database is read.
func TestWhatIsWrongWithAPlaceIsToldAndAnotherHasTheSet(t *testing.T) {
	f := newOffice(t)
	near := f.Targets[0]
	for name, c := range map[string]struct {
		faults remotetest.Faults
		want   continuity.Problem
	}{
		"full":               {remotetest.Faults{Full: 100_000}, continuity.PlaceFull},
		"full, and silent":   {remotetest.Faults{Full: 100_000, Mute: true}, continuity.PlaceFull},
		"gone in the middle": {remotetest.Faults{Cut: 100_000}, continuity.PlaceUnreachable},
		"takes for ever":     {remotetest.Faults{Stuck: true}, continuity.PlaceSlow},
	} {
		t.Run(name, func(t *testing.T) {
			h := remotetest.New(t)
			f.Targets, f.Longest = []target.Target{sftpPlace(t, "bad", h), near}, 0
			if c.faults.Stuck {
				f.Longest = 20 * time.Second // much longer than the good place takes
			}
			h.Set(func(r *remotetest.Faults) { *r = c.faults })
			out := f.makeAll(t)
			if out[0].Problem != c.want || out[0].Err == nil {
				t.Errorf("it is told as %q: %v", out[0].Problem, out[0].Err)
			}
			if out[1].Err != nil {
				t.Errorf("the other place has none: %v", out[1].Err)
			}
			if got := f.states(t)["bad"].Problem; got != c.want {
				t.Errorf("the register has %q", got)
			}
			h.Set(func(r *remotetest.Faults) { *r = remotetest.Faults{} })
			f.Targets = f.Targets[:1]
			time.Sleep(time.Until(out[1].Set.Began.Add(time.Second))) // sets are called by the second
			if out = f.makeAll(t); out[0].Err != nil {
				t.Errorf("afterwards: %v", out[0].Err)
			}
			if got := f.states(t)["bad"].Problem; got != "" {
				t.Errorf("afterwards the register has %q", got)
			}
		})
	}
}

func TestASetIsWrittenDownWhileAnotherPlaceStillTakesIt(t *testing.T) { // OB-C9
	f, h := newOffice(t), remotetest.New(t)
	h.Set(func(r *remotetest.Faults) { r.Stuck = true })
	f.Targets = []target.Target{f.Targets[0], sftpPlace(t, "slow", h)}
	ctx, stop := context.WithCancel(t.Context())
	made := make(chan []continuity.Outcome, 1)
	go func() {
		out, _ := f.Make(ctx, f.Targets, true)
		made <- out
	}()
	for end := time.Now().Add(time.Minute); len(f.states(t)["near"].Sets) == 0; time.Sleep(20 * time.Millisecond) {
		if len(made) > 0 || time.Now().After(end) {
			t.Error("it isn't written down before all places have it")
			break
		}
	}
	stop()
	if out := <-made; out[0].Err != nil || out[1].Err == nil {
		t.Errorf("%+v", out)
	}
}

func TestAPieceOfTheLogThatOnePlaceLacksIsBroughtFromAnother(t *testing.T) {
	f := newOffice(t)
	stop := f.follow(t)
	out := f.makeAll(t)
	for _, o := range out {
		if err := f.AwaitLog(t.Context(), o, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	a := f.archive(t, out[1])
	names, err := a.Log(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lost := filepath.Join(out[1].Target.Address, a.System, "wal", names[len(names)-1]+".zst.age")
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	f.run(t, func() bool { _, err := os.Stat(lost); return err == nil })
	if got := f.states(t)["far"].LogProblem; got != "" {
		t.Errorf("the register has %q", got)
	}
}

func TestASetWhoseMakerDiedBeforeItWasWrittenDownIsFound(t *testing.T) {
	f := newOffice(t)
	o := f.makeAll(t)[0]
	look(t, f.Owner, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "DELETE FROM backup_set")
		return err
	})
	if err := os.Remove(filepath.Join(f.Listed.Dir, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	f.run(t, func() bool { return len(f.states(t)["far"].Sets) == 1 && len(f.states(t)["near"].Sets) == 1 })
	listed, err := vault.ReadManifest(f.Listed.Dir)
	if err != nil || len(listed.Dumps) != 2 || !listed.Dumps[0].Needs(o.Set.Key) {
		t.Errorf("the list that keeps its master key has %v (%v)", listed.Dumps, err)
	}
}
