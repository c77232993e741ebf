package continuity_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tikklok/api/continuity"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestACheckIsDueEachMorningOnceItsPlaceHadANight(t *testing.T) { // OB-C8
	url := pgtest.URL(t)
	owner, app := pgtest.Open(t, url, pg.RoleOwner), pgtest.Open(t, url, pg.RoleApp)
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 10, day, hour, 0, 0, 0, zone) }
	look(t, owner, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO backup_place (place, kind, region, operator, since) VALUES ('near', 'folder', 'NL', 'NL', $1)", at(23, 15))
		return err
	})
	due := func(now time.Time, place string) (due bool) {
		t.Helper()
		look(t, app, func(tx pg.Tx) (err error) {
			due, err = continuity.CheckDue(t.Context(), tx, place, now, zone)
			return err
		})
		return due
	}
	for _, c := range []struct {
		now   time.Time
		place string
		want  bool
	}{
		{at(23, 16), "near", false}, // before its first night
		{at(24, 5), "near", false},
		{at(24, 6), "near", true},
		{at(24, 6), "far", false}, // nobody asked for it
	} {
		if got := due(c.now, c.place); got != c.want {
			t.Errorf("%s at %s: due is %v", c.place, c.now, got)
		}
	}
	look(t, app, func(tx pg.Tx) error {
		_, err := continuity.Note(t.Context(), tx, continuity.Result{At: at(24, 7), Target: "near"})
		return err
	})
	for now, want := range map[time.Time]bool{at(24, 8): false, at(25, 5): false, at(25, 6): true} { // the clock goes back that night
		if got := due(now, "near"); got != want {
			t.Errorf("after a check, at %s: due is %v", now, got)
		}
	}
}

func TestWhatACheckFoundIsKeptAsItWas(t *testing.T) {
	url := pgtest.URL(t)
	app := pgtest.Open(t, url, pg.RoleApp)
	at := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	bad := continuity.Result{At: at, Target: "far", Set: "20261122T010000Z", Bytes: 9, Registrations: 5, Entries: 3, Took: 1500 * time.Millisecond,
		Findings: []continuity.Finding{{Fault: continuity.NotSame, Text: "tenant 1: registrations: 5 and 4"}}}
	good := continuity.Result{At: at.Add(time.Hour), Target: "near", Set: "20261122T010000Z"}
	var latest []continuity.Result
	look(t, app, func(tx pg.Tx) error {
		for _, r := range []continuity.Result{{At: at.AddDate(0, 0, -1), Target: "far"}, bad, good} {
			if _, err := continuity.Note(t.Context(), tx, r); err != nil {
				return err
			}
		}
		var err error
		latest, err = continuity.Latest(t.Context(), tx, at.Add(2*time.Hour))
		return err
	})
	if len(latest) != 2 || latest[0].Good() || !latest[1].Good() {
		t.Fatalf("%+v", latest)
	}
	got := latest[0]
	if !got.At.Equal(bad.At) || got.Set != bad.Set || got.Registrations != 5 || got.Entries != 3 || got.Took != bad.Took || !slices.Equal(got.Findings, bad.Findings) {
		t.Errorf("%+v, not %+v", got, bad)
	}
	err := app.Look(t.Context(), func(tx pg.Tx) error { _, err := tx.Exec(t.Context(), "DELETE FROM restore_check"); return err })
	if err == nil {
		t.Error("a check that was noted could be removed")
	}
}

func TestACheckOfAClockThatWasAheadKeepsNoMorningFromItsOwn(t *testing.T) { // OB-C8
	url := pgtest.URL(t)
	owner, app := pgtest.Open(t, url, pg.RoleOwner), pgtest.Open(t, url, pg.RoleApp)
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	look(t, owner, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO backup_place (place, kind, region, operator, since) VALUES ('near', 'folder', 'NL', 'NL', $1)", now.AddDate(0, -1, 0))
		return err
	})
	look(t, app, func(tx pg.Tx) error {
		for _, at := range []time.Time{now.AddDate(0, 0, -1), now.AddDate(1, 0, 0)} {
			if _, err := continuity.Note(t.Context(), tx, continuity.Result{At: at, Target: "near"}); err != nil {
				return err
			}
		}
		due, err := continuity.CheckDue(t.Context(), tx, "near", now, time.UTC)
		if err == nil && !due {
			t.Error("no check is due until 2027")
		}
		latest, failed := continuity.Latest(t.Context(), tx, now)
		if len(latest) != 1 || !latest[0].At.Equal(now.AddDate(0, 0, -1)) {
			t.Errorf("the newest is %+v", latest)
		}
		return errors.Join(err, failed)
	})
}
