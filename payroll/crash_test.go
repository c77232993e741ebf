package payroll

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// prepared commits a run's first step and stops there.
func (b *bench) prepared(o Order) int64 {
	b.t.Helper()
	var id int64
	b.in(func(tx pg.Tx) (err error) {
		id, err = b.office.register(context.Background(), tx, b.by, o, b.now)
		return err
	})
	return id
}

func (b *bench) run(id int64) (r Run) {
	b.t.Helper()
	b.in(func(tx pg.Tx) (err error) { r, err = RunByID(context.Background(), tx, id); return err })
	return r
}

func (b *bench) manifests() []string {
	names, err := filepath.Glob(filepath.Join(b.office.Manifests, "*", "*"))
	if err != nil {
		b.t.Fatal(err)
	}
	return names
}

func newBenchWithLine(t *testing.T) (*bench, Order) {
	b := newBench(t)
	b.approve(b.employee("17"), at(6), "N", 20)
	return b, b.destination("Loket")
}

func TestARunThatIsRolledBackLeavesNoTrace(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	stop := errors.New("stop")
	err := b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
		if _, err := b.office.register(context.Background(), tx, b.by, o, b.now); err != nil {
			return err
		}
		return stop
	})
	b.wants(err, stop)
	if b.count("payroll_run") != 0 || len(b.manifests()) != 0 {
		t.Error("a trace")
	}
	b.mustCreate(o)
}

func TestACrashBeforeTheManifestServesNothingAndIsFinishedLater(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	id := b.prepared(o)
	_, err := b.file(id)
	b.wants(err, ErrUnfinished)
	if err := b.reconcile(); err != nil {
		t.Errorf("a prepared run closes nothing: %v", err)
	}
	before := b.run(id).SHA256
	_, err = b.create(o) // the person asks again
	b.wants(err, ErrNothing)
	if run := b.run(id); run.State != Created || run.SHA256 != before || len(b.manifests()) != 1 {
		t.Errorf("%+v", run)
	}
	if _, err := b.file(id); err != nil {
		t.Error(err)
	}
}

func TestACrashAfterTheManifestIsFinishedAtTheNextStart(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	id := b.prepared(o)
	if err := b.office.keep(b.run(id).manifest(b.tenant, false)); err != nil {
		t.Fatal(err)
	}
	_, err := b.file(id)
	b.wants(err, ErrUnfinished)
	for range 2 {
		if err := b.office.Resume(context.Background(), b.db, b.tenant); err != nil {
			t.Fatal(err)
		}
	}
	if b.run(id).State != Created || len(b.manifests()) != 1 {
		t.Error(b.run(id).State, b.manifests())
	}
}

func TestAManifestThatCannotBeKeptServesNothing(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	if err := os.WriteFile(b.office.Manifests, nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if _, err := b.create(o); err == nil {
		t.Fatal("made without a manifest")
	}
	if err := os.Remove(b.office.Manifests); err != nil {
		t.Fatal(err)
	}
	b.mustCreate(o)
}

func TestACrashWhileVoidingIsRepaired(t *testing.T) {
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	b.in(func(tx pg.Tx) error {
		_, err := reverse(context.Background(), tx, b.by, run, "wrong", b.now)
		return err
	})
	if len(b.manifests()) != 1 {
		t.Fatal(b.manifests())
	}
	if err := b.office.Resume(context.Background(), b.db, b.tenant); err != nil {
		t.Fatal(err)
	}
	if len(b.manifests()) != 2 {
		t.Error(b.manifests())
	}
}

// forget does what restoring a backup from before the run does.
func (b *bench) forget() {
	pgtest.Exec(b.t, b.url, "TRUNCATE payroll_line, payroll_run CASCADE")
}

func TestAfterARestoreNothingLeavesUntilRegisterAndManifestsAgree(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	lost := b.mustCreate(o)
	b.forget()
	_, err := b.create(o)
	b.wants(err, ErrClosed, lost.key, "2026-07-01 to 2026-07-31", "restore a newer backup")
	if b.count("payroll_run") != 0 {
		t.Error("a run was made while closed")
	}
	disown := func(id int64) error {
		return b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
			return b.office.Disown(context.Background(), tx, b.by, id, "the package never pulled it")
		})
	}
	b.wants(disown(lost.ID+1), ErrNotFound)
	if err := disown(lost.ID); err != nil {
		t.Fatal(err)
	}
	b.wants(disown(b.mustCreate(o).ID), ErrNotFound)
}

func TestARunThatThePackageTookInIsAdoptedAfterARestore(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	adopt := func(id int64) (Run, error) {
		return b.office.Adopt(context.Background(), b.db, b.tenant, b.by, id, "the package took it in", b.now)
	}
	first := b.mustCreate(o)
	b.now = b.now.Add(time.Hour)
	e := b.employee("18")
	b.approve(e, at(7), "N", 50)
	second := b.mustCreate(o)
	b.forget()
	b.now = b.now.Add(time.Hour)
	b.approve(e, at(7), "N", 10) // while export was closed
	_, err := adopt(second.ID)
	b.wants(err, ErrClosed, "adopt older runs first")
	for _, lost := range []Run{first, second} {
		run, err := adopt(lost.ID)
		if err != nil {
			t.Fatal(err)
		}
		if run.State != Acknowledged || run.SHA256 != lost.SHA256 || !run.At.Equal(lost.At) || run.Totals.Worked() != lost.Totals.Worked() {
			t.Errorf("%+v, was %+v", run, lost)
		}
		_, err = adopt(lost.ID)
		b.wants(err, ErrNotFound)
	}
	if err := b.reconcile(); err != nil {
		t.Error(err)
	}
	rest := b.mustCreate(o)
	if rest.Totals.Worked() != 10 || rest.Totals.Lines != 1 {
		t.Errorf("%+v", rest.Totals)
	}
	if _, err := b.void(rest.ID); err != nil {
		t.Fatal(err)
	}
	b.forget() // once more: what was voided under another number is void
	var closed error
	if closed = b.reconcile(); closed == nil || strings.Contains(closed.Error(), rest.key) {
		t.Error(closed)
	}
}

func TestARunThatWouldHaveOtherBytesIsNotAdopted(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	lost := b.mustCreate(o)
	b.forget()
	pgtest.Exec(t, b.url, "UPDATE employee SET number = '18'")
	_, err := b.office.Adopt(context.Background(), b.db, b.tenant, b.by, lost.ID, "the package took it in", b.now)
	b.wants(err, ErrClosed, "other bytes")
	if b.count("payroll_run") != 0 {
		t.Error("a run was made")
	}
}

func TestARestoredRunIsNotServedWhileALaterOneIsLost(t *testing.T) { // I8
	b, o := newBenchWithLine(t)
	kept := b.mustCreate(o)
	m := kept.manifest(b.tenant, false)
	m.Run, m.Key = 99, "abcdefghijklmnopqrstuvwxyz"
	if err := b.office.keep(m); err != nil {
		t.Fatal(err)
	}
	_, err := b.file(kept.ID)
	b.wants(err, ErrClosed, "run 99")
}

func TestEachDifferenceClosesExportAndIsNamed(t *testing.T) { // I8
	damage := map[string]func(b *bench, run Run, path string) error{
		"another SHA-256": func(b *bench, run Run, path string) error {
			body, err := os.ReadFile(path)
			sum := []byte(`"sha256": "`)
			at := bytes.Index(body, sum) + len(sum)
			copy(body[at:], "0000")
			return errors.Join(err, os.WriteFile(path, body, 0o600))
		},
		"has no manifest": func(_ *bench, _ Run, path string) error { return os.Remove(path) },
		"cannot be read":  func(_ *bench, _ Run, path string) error { return os.Truncate(path, 10) },
		"void it again": func(b *bench, run Run, _ string) error { // voided after the backup was made
			return b.office.keep(run.manifest(b.tenant, true))
		},
		"do not have its SHA-256": func(b *bench, run Run, _ string) error {
			pgtest.Exec(b.t, b.url, "UPDATE payroll_part SET body = 'x'")
			return nil
		},
	}
	for want, act := range damage {
		t.Run(want, func(t *testing.T) {
			b, o := newBenchWithLine(t)
			run := b.mustCreate(o)
			if err := act(b, run, b.manifests()[0]); err != nil {
				t.Fatal(err)
			}
			_, err := b.file(run.ID)
			b.wants(err, ErrClosed, want)
			if want == "void it again" {
				if _, err := b.void(run.ID); err != nil {
					t.Fatal(err)
				}
				b.mustCreate(o)
			}
		})
	}
}

func TestWhatACrashLeavesOfAManifestIsIgnored(t *testing.T) {
	b, o := newBenchWithLine(t)
	run := b.mustCreate(o)
	if err := os.WriteFile(filepath.Join(filepath.Dir(b.manifests()[0]), "unfinished-1"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.file(run.ID); err != nil {
		t.Error(err)
	}
}

func TestAManifestHoldsNoPerson(t *testing.T) { // OB-P6
	b, o := newBenchWithLine(t)
	b.mustCreate(o)
	body, err := os.ReadFile(b.manifests()[0])
	if err != nil || strings.Contains(string(body), "17\"") || strings.Contains(string(body), "Jansen") {
		t.Errorf("%s, %v", body, err)
	}
}
