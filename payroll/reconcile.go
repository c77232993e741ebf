package payroll

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/request"
)

// Reconcile returns ErrClosed, naming each difference, while the register and
// the manifests disagree (I8).
func (f Office) Reconcile(ctx context.Context, tx pg.Tx) error {
	tenant, err := tenantOf(ctx, tx)
	if err != nil {
		return err
	}
	// The manifests first: each one that is seen had its run committed before.
	kept, differences, err := f.manifests(tenant)
	if err != nil {
		return err
	}
	runs, err := Runs(ctx, tx, 0)
	if err != nil {
		return err
	}
	register := map[string]Run{}
	for _, r := range runs {
		register[r.key] = r
	}
	voided := voidedKeys(kept)
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		differences = append(differences, compare(kept[name], register, voided)...)
	}
	for _, r := range runs {
		differences = append(differences, f.missing(tenant, r, kept)...)
	}
	if len(differences) > 0 {
		return fmt.Errorf("%w: %s", ErrClosed, strings.Join(differences, "; "))
	}
	return nil
}

// voidedKeys gives the runs that a manifest declares void.
func voidedKeys(kept map[string]manifest) map[string]bool {
	keys := map[string]bool{}
	for _, m := range kept {
		if m.Void {
			keys[m.Key] = true
		}
	}
	return keys
}

// compare says what a manifest knows that the register does not.
func compare(m manifest, register map[string]Run, voided map[string]bool) []string {
	r, ok := register[m.Key]
	switch {
	case !ok && voided[m.Key]:
		return nil // it left and was voided: nobody was paid by it
	case !ok:
		return []string{fmt.Sprintf("manifest %s says that run %d (%s to %s, destination %d, %d lines) left, which the register does not know: restore a newer backup of the database, adopt the run if the package took it in, or disown it if it did not",
			m.name(), m.Run, m.From, m.To, m.Destination, m.Lines)}
	case m.SHA256 != hex.EncodeToString(r.SHA256[:]):
		return []string{fmt.Sprintf("manifest %s and the register give run %d another SHA-256: restore whichever was damaged", m.name(), m.Run)}
	case m.Void && r.State != Void:
		return []string{fmt.Sprintf("manifest %s says that run %d was voided, the register does not: void it again", m.name(), m.Run)}
	}
	return nil
}

// missing says which manifest of a run is not there. It looks again, since one
// may have come after the folder was read.
func (f Office) missing(tenant int64, r Run, kept map[string]manifest) []string {
	if r.State == Prepared {
		return nil
	}
	m := r.manifest(tenant, false)
	if _, ok := kept[m.name()]; ok || f.holds(m) {
		return nil
	}
	return []string{fmt.Sprintf("run %d has no manifest %s in %s: bring the folder back from its backup, or correct the setting that names it", r.ID, m.name(), f.folder(tenant))}
}

// Disown declares that a run which only its manifest knows (the register was
// restored from before it) was not taken in and will not be: its lines may
// leave again, and export opens. Whoever says so must have looked at the
// package: if it did take the run in, its hours would be paid twice. Errors:
// ErrNotFound, when the register knows the run or no manifest does.
func (f Office) Disown(ctx context.Context, tx pg.Tx, by audit.Actor, run int64, reason string) error {
	reason, err := checkReason(reason)
	if err != nil {
		return err
	}
	m, err := f.orphan(ctx, tx, run)
	if err != nil {
		return err
	}
	if err := auditOrphan(ctx, tx, by, "payroll_run.disown", run, m, reason); err != nil {
		return err
	}
	m.Void = true
	return f.keep(m)
}

// Adopt takes a run that only its manifest knows, and that the package did
// take in, back into the register: it is made again of what was approved by
// then, under a new number, and must give the very bytes that left. It stands
// acknowledged, so that no channel brings it a second time. Of several runs the
// oldest comes first. Errors: ErrNotFound as for Disown; ErrClosed
// when the bytes differ; those of Create.
func (f Office) Adopt(ctx context.Context, db *pg.DB, tenant int64, by audit.Actor, run int64, reason string, now time.Time) (Run, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return Run{}, err
	}
	var id int64
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		m, err := f.orphan(ctx, tx, run)
		if err != nil {
			return err
		}
		if id, err = f.registerAgain(ctx, tx, by, m); err != nil {
			return err
		}
		return auditOrphan(ctx, tx, by, "payroll_run.adopt", id, m, reason)
	})
	if err != nil {
		return Run{}, err
	}
	adopted, err := f.finish(ctx, db, tenant, id)
	if err != nil {
		return Run{}, err
	}
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		adopted, err = f.MarkAcknowledged(ctx, tx, by, id, reason, now)
		return err
	})
	return adopted, err
}

// registerAgain makes the run of what was approved by then; where that is not
// what left, because approvals were lost and given again since, of all that is
// approved. Either way without whom was restricted then.
func (f Office) registerAgain(ctx context.Context, tx pg.Tx, by audit.Actor, m manifest) (id int64, err error) {
	d, err := lockDestination(ctx, tx, m.Destination)
	if err != nil {
		return 0, err
	}
	restricted, err := request.RestrictedAt(ctx, tx, m.At)
	if err != nil {
		return 0, err
	}
	if err := request.Show(ctx, tx); err != nil { // who is restricted since was in what left
		return 0, err
	}
	for _, may := range []chosen{approvedBy(m.At).without(restricted), chosen(everything).without(restricted)} {
		err = pg.Attempt(ctx, tx, func(tx pg.Tx) error {
			run, err := f.insertComposed(ctx, tx, by, d, calendar.Period{From: m.From, To: m.To}, m.At, may, m.Key)
			if err != nil {
				return fmt.Errorf("making run %d again: %w", m.Run, err)
			}
			id = run.ID
			return m.same(run)
		})
		if err == nil {
			return id, nil
		}
	}
	return 0, err
}

// same refuses a run that is not what left.
func (m manifest) same(run Run) error {
	if hex.EncodeToString(run.SHA256[:]) == m.SHA256 {
		return nil
	}
	return fmt.Errorf("%w: made again, run %d has %d lines and other bytes than the file of %d lines that left: adopt older runs first, approve again what was approved then, bring back the code map and settings of then, or restore a newer backup",
		ErrClosed, m.Run, run.Totals.Lines, m.Lines)
}

// orphan gives the manifest of a run that left, was not voided, and that the
// register does not know.
func (f Office) orphan(ctx context.Context, tx pg.Tx, run int64) (manifest, error) {
	tenant, err := tenantOf(ctx, tx)
	if err != nil {
		return manifest{}, err
	}
	kept, _, err := f.manifests(tenant)
	if err != nil {
		return manifest{}, err
	}
	runs, err := Runs(ctx, tx, 0)
	if err != nil {
		return manifest{}, err
	}
	voided := voidedKeys(kept)
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		m := kept[name]
		known := slices.ContainsFunc(runs, func(r Run) bool { return r.key == m.Key })
		if m.Run == run && !voided[m.Key] && !known {
			return m, nil
		}
	}
	return manifest{}, fmt.Errorf("a manifest of run %d that the register does not know: %w", run, ErrNotFound)
}

func auditOrphan(ctx context.Context, tx pg.Tx, by audit.Actor, action string, run int64, m manifest, reason string) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "payroll_run", SubjectID: run, By: by,
		Payload: map[string]any{"reason": reason, "manifest": m.name(), "sha256": m.SHA256, "from": m.From, "to": m.To,
			"destination": m.Destination, "lines": m.Lines, "minutes": m.Minutes, "beside": m.Beside}})
}
