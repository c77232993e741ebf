package ended_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/ended"
	"tikklok/ingest/leaving"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

func TestWhatEndedSinceTheDumpEndsAgainAfterARestoreAndOnce(t *testing.T) { // I8
	h := newHouse(t)
	restored := h.dump()
	h.mustStart()
	h.act()
	h.mustStart()
	if open := h.open(); len(open) > 0 {
		t.Fatalf("the fixture left open: %v", open)
	}
	if open := restored.open(); len(open) != 9 {
		t.Fatalf("open in the dump are only %v", open)
	}
	restored.mustStart()
	if open := restored.open(); len(open) > 0 {
		t.Errorf("open again after the restore: %v", open)
	}
	log, entries := restored.log(), restored.entries()
	for range 2 {
		restored.mustStart()
	}
	if n := restored.entries(); n != entries {
		t.Errorf("later starts added %d entries to the audit log", n-entries)
	}
	if restored.log() != log {
		t.Error("later starts wrote into the log")
	}
	if log != h.log() {
		t.Error("what was ended again is in the log twice")
	}
}

func TestAStartOfADatabaseThatWasNotRestoredChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.act()
	h.mustStart()
	before := h.entries()
	h.mustStart()
	if n := h.entries(); n != before {
		t.Errorf("%d entries added to the audit log", n-before)
	}
}

// Killed after the commit and before the log was written: the next start
// writes it, and a restore after that has it.
func TestWhatAKillKeptFromTheLogIsCaughtUpWith(t *testing.T) {
	h := newHouse(t)
	restored := h.dump()
	h.act() // no keeper runs
	h.mustStart()
	restored.mustStart()
	if open := restored.open(); len(open) > 0 {
		t.Errorf("open again after the restore: %v", open)
	}
}

// Killed in the middle of a write: what it left counts for nothing, and is
// written again.
func TestALineThatACrashCutOffIsWrittenAgain(t *testing.T) {
	h := newHouse(t)
	h.act()
	h.mustStart()
	whole := h.log()
	for _, cut := range []int{1, 20, len(whole) / 2, len(whole) - 1} {
		path := filepath.Join(h.folder, strconv.FormatInt(h.tenant, 10)+".log")
		if err := os.WriteFile(path, []byte(whole[:len(whole)-cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		h.mustStart()
		if got := h.log(); got != whole {
			t.Errorf("cut by %d bytes it became\n%s\nnot\n%s", cut, got, whole)
		}
	}
}

func TestWhoGetsAnIdLaterIsLeftAlone(t *testing.T) {
	h := newHouse(t)
	restored := h.dump()
	h.act()
	h.mustStart()
	for _, table := range []string{"account", "api_key", "gateway", "fob", "employee"} {
		pgtest.Exec(t, restored.url, "UPDATE "+table+" SET created_at = created_at + interval '1 microsecond'")
	}
	before, open := restored.entries(), len(restored.open())
	restored.mustStart()
	if n := restored.entries(); n != before || len(restored.open()) != open {
		t.Errorf("%d entries in the audit log; open are %v", n-before, restored.open())
	}
}

func TestADamagedLogIsRefusedByNameAndNothingIsChanged(t *testing.T) {
	damages := map[string]func([]string) []string{
		"a line is gone":    func(l []string) []string { return append(l[:1], l[2:]...) },
		"lines are swapped": func(l []string) []string { l[1], l[2] = l[2], l[1]; return l },
		"an id is another":  func(l []string) []string { l[2] = strings.Replace(l[2], `"id":`, `"id":1`, 1); return l },
		"a line is empty":   func(l []string) []string { l[1] = "\n"; return l },
		"it is no text":     func(l []string) []string { l[1] = "\x00\x00\n"; return l },
	}
	h := newHouse(t)
	restored := h.dump()
	h.act()
	h.mustStart()
	whole := h.log()
	path := filepath.Join(h.folder, strconv.FormatInt(h.tenant, 10)+".log")
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			text := strings.Join(damage(strings.SplitAfter(whole, "\n")), "")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			before := restored.entries()
			err := restored.start()
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "line") {
				t.Errorf("it says %v", err)
			}
			if restored.entries() != before || restored.log() != text {
				t.Error("something was changed all the same")
			}
		})
	}
}

func TestTheLogHoldsIdsOnly(t *testing.T) {
	h := newHouse(t)
	h.act()
	h.mustStart()
	for _, personal := range []string{"example.org", "juist", "onderzocht", "F1", "Kwekerij"} {
		if strings.Contains(h.log(), personal) {
			t.Errorf("%s is in it", personal)
		}
	}
}

func TestWhatEndsWhileAServerRunsIsWrittenDownInTheNextRound(t *testing.T) {
	h := newHouse(t)
	h.mustStart()
	restored := h.dump()
	db := pgtest.Open(t, h.url, pg.RoleApp)
	k := ended.NewKeeper(db, h.folder, slog.New(slog.DiscardHandler))
	if err := k.Replay(t.Context(), h.now); err != nil {
		t.Fatal(err)
	}
	h.act()
	if err := k.Note(t.Context(), h.now); err != nil {
		t.Fatal(err)
	}
	restored.mustStart()
	if open := restored.open(); len(open) > 0 {
		t.Errorf("open again after the restore: %v", open)
	}
}

func TestWhoLeftSinceTheDumpIsShutOutAgain(t *testing.T) { // OB-C5
	h := newHouse(t)
	pgtest.Exec(t, h.url, "UPDATE account SET employee_id = $1 WHERE account_id = $2", h.restricted, h.account)
	pgtest.Exec(t, h.url, "UPDATE api_key SET made_by = $1 WHERE api_key_id = $2", h.account, h.key)
	restored := h.dump()
	h.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := leaving.End(ctx, tx, h.actor(), leaving.Leaving{Employee: h.restricted, Fobs: leaving.AtOnce}, h.now.AddDate(0, 0, -2), nil, h.now)
		return err
	})
	h.mustStart()
	restored.mustStart()
	open := restored.open()
	for _, shut := range []string{"account", "key", "issue"} {
		if slices.Contains(open, shut) {
			t.Errorf("%s is open again", shut)
		}
	}
}

func TestASuspensionSinceTheDumpIsBackAfterARestoreAndALiftedOneIsNot(t *testing.T) { // OB-H10, I8
	h := newHouse(t)
	take := func(kind tenant.SuspensionKind, after time.Duration) {
		h.in(func(ctx context.Context, tx pg.Tx) error {
			_, err := tenant.TakeStep(ctx, tx, h.actor(), tenant.SuspensionStep{Kind: kind, Ground: tenant.Misuse, Reference: "brief van J. de Vries"}, h.now.Add(after))
			return err
		})
		h.mustStart()
	}
	free := h.dump()
	take(tenant.Suspended, time.Second)
	suspended := h.dump()
	for name, c := range map[string]struct {
		of   *house
		want string
	}{"one from before the suspension": {free, "suspended"}, "one with it": {suspended, "suspended"}} {
		c.of.mustStart()
		if got := c.of.service(); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	take(tenant.Lifted, 2*time.Second)
	take(tenant.Suspended, 3*time.Second)
	take(tenant.Lifted, 4*time.Second)
	for _, restored := range []*house{free, suspended} {
		restored.mustStart()
		if got, want := restored.service(), h.service(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if strings.Contains(h.log(), "Vries") {
		t.Error("the log outside the database holds what was written")
	}
	before := free.entries()
	free.mustStart()
	if free.entries() != before {
		t.Error("a later start took a step again")
	}
}

// service gives the steps that the tenant's service took, the first first.
func (h *house) service() (steps string) {
	h.in(func(ctx context.Context, tx pg.Tx) error {
		all, err := tenant.SuspensionSteps(ctx, tx)
		var kinds []string
		for _, s := range all {
			kinds = append(kinds, string(s.Kind))
		}
		steps = strings.Join(kinds, " ")
		return err
	})
	return steps
}
