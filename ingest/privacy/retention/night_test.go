package retention_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/retention"
)

// waits gives once a connection waits for a lock of the kind: true; or what is
// done ended: false.
func (w *world) waits(kind string, done <-chan error) bool {
	w.t.Helper()
	for {
		select {
		case err := <-done:
			if err != nil {
				w.t.Error(err)
			}
			return false
		default:
		}
		if w.exec("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = $1", kind) > 0 {
			return true
		}
	}
}

// Once somebody was told that data is kept nothing of it goes any more.
func TestWhatKeepsDataWaitsForThePieceThatIsUnderWay(t *testing.T) { // OB-P3, OB-P10
	for name, keep := range map[string]func(w *world) error{
		"a legal hold": func(w *world) error {
			return w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := retention.PutHold(ctx, tx, retention.Hold{Reason: "inquiry", Until: now.AddDate(0, 6, 0), By: boss}, now)
				return err
			})
		},
		"a breach": func(w *world) error {
			return w.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := breach.Report(ctx, tx, now.Add(-time.Hour), 24, breach.Facts{Nature: "a stolen laptop"}, boss, now)
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.twoPieces()
			admin := pgtest.Open(t, w.url, pg.RolePrivacy)
			night, kept := make(chan error, 1), make(chan error, 1)
			err := admin.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
				if _, err := tx.Exec(t.Context(), "SELECT FROM quarantine FOR UPDATE"); err != nil {
					return err
				}
				go func() { _, err := w.purger.Run(t.Context(), w.tenant, auto, now); night <- err }()
				if !w.waits("transactionid", night) {
					t.Fatal("the night does not come by")
				}
				go func() { kept <- keep(w) }()
				if !w.waits("advisory", kept) {
					t.Error("it stands while a piece that knows nothing of it goes on")
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := <-night; !errors.Is(err, retention.ErrHeld) && !errors.Is(err, retention.ErrFrozen) {
				t.Errorf("the night ended with %v", err)
			}
			if w.count("twin_conflict") != 1 {
				t.Error("what came after it went")
			}
		})
	}
}

// twoPieces are past their term: what a night removes in one piece, and in another
// after it.
func (w *world) twoPieces() {
	w.t.Helper()
	w.exec("INSERT INTO quarantine (tenant_id, gateway_id, crc, payload, reason, at) VALUES ($1, 1, 1, 'x', 'odd', '2026-01-01')", w.tenant)
	w.exec("INSERT INTO twin_conflict (tenant_id, old_version, old_token, new_version, new_token, gateway_id, at) VALUES ($1, 1, int8send(1), 2, int8send(2), 1, '2026-01-01')", w.tenant)
}

// endTurn ends the connection that holds a purge's turn.
func (w *world) endTurn() {
	w.t.Helper()
	if n := w.exec(`SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
		AND (SELECT state FROM pg_stat_activity a WHERE a.pid = pg_locks.pid) = 'idle' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); n != 1 {
		w.t.Errorf("%d connections were ended", n)
	}
}

// Another replica could begin a purge of its own.
func TestANightWhoseLockIsLostStopsBeforeAnotherRemovesAnything(t *testing.T) { // OB-P3
	w := newWorld(t)
	w.twoPieces()
	admin := pgtest.Open(t, w.url, pg.RolePrivacy)
	first, second := make(chan error, 1), make(chan error, 1)
	err := admin.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT FROM quarantine FOR UPDATE"); err != nil {
			return err
		}
		go func() { _, err := w.purger.Run(t.Context(), w.tenant, auto, now); first <- err }()
		if !w.waits("transactionid", first) {
			t.Fatal("the night does not come by")
		}
		if _, err := w.purger.Run(t.Context(), w.tenant, auto, now); !errors.Is(err, retention.ErrBusy) {
			t.Errorf("beside it another begins: %v", err)
		}
		w.endTurn()
		go func() { _, err := w.purger.Run(t.Context(), w.tenant, auto, now); second <- err }()
		if !w.waits("advisory", second) {
			t.Error("two purges remove at once")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-first; !errors.Is(err, retention.ErrTurnLost) {
		t.Errorf("the night that lost its lock ended with %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("the one that took over ended with %v", err)
	}
	if n := w.count("quarantine") + w.count("twin_conflict"); n != 0 || w.exec("SELECT count(*) FROM privacy_certificate") != 1 {
		t.Errorf("%d rows past their term and %d certificates are there", n, w.exec("SELECT count(*) FROM privacy_certificate"))
	}
}

func TestWhatANightSealedIsCountedAlsoWhenItLostItsTurnMeanwhile(t *testing.T) { // OB-P3
	w := newWorld(t)
	w.purger.Seal = func(context.Context, int64, time.Time, bool, time.Time) (retention.Sealed, error) {
		w.endTurn()
		return retention.Sealed{Days: 3, Taps: 6, Unapproved: 1}, nil
	}
	if _, err := w.purger.Run(t.Context(), w.tenant, auto, now); !errors.Is(err, retention.ErrTurnLost) {
		t.Errorf("the night that lost its turn ended with %v", err)
	}
	w.purger.Seal = w.seal
	c, err := w.purger.Run(t.Context(), w.tenant, auto, now)
	if err != nil {
		t.Fatal(err)
	}
	var r retention.Report
	if err := json.Unmarshal(c.Content, &r); err != nil {
		t.Fatal(err)
	}
	if s := r.Sealed; s.Days != 3 || s.Taps != 6 || s.Unapproved != 1 {
		t.Errorf("the next one certifies %+v", s)
	}
}
