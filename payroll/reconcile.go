package payroll

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
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
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		differences = append(differences, compare(kept[name], register, kept)...)
	}
	for _, r := range runs {
		differences = append(differences, f.missing(tenant, r, kept)...)
	}
	if len(differences) > 0 {
		return fmt.Errorf("%w: %s", ErrClosed, strings.Join(differences, "; "))
	}
	return nil
}

// compare says what a manifest knows that the register does not.
func compare(m manifest, register map[string]Run, kept map[string]manifest) []string {
	r, ok := register[m.Key]
	void := m
	void.Void = true
	_, voided := kept[void.name()]
	switch {
	case !ok && voided:
		return nil // it left and was voided: nobody was paid by it
	case !ok:
		return []string{fmt.Sprintf("manifest %s says that run %d (%s to %s, destination %d, %d lines) left, which the register does not know: restore a newer backup of the database, or have it disowned",
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
	tenant, err := tenantOf(ctx, tx)
	if err != nil {
		return err
	}
	kept, _, err := f.manifests(tenant)
	if err != nil {
		return err
	}
	runs, err := Runs(ctx, tx, 0)
	if err != nil {
		return err
	}
	for _, m := range kept {
		known := slices.ContainsFunc(runs, func(r Run) bool { return r.key == m.Key })
		if m.Run != run || m.Void || known {
			continue
		}
		err := audit.Append(ctx, tx, audit.Entry{Action: "payroll_run.disown", SubjectKind: "payroll_run", SubjectID: run, By: by,
			Payload: map[string]any{"reason": reason, "sha256": m.SHA256, "from": m.From, "to": m.To, "destination": m.Destination, "lines": m.Lines, "minutes": m.Minutes}})
		if err != nil {
			return err
		}
		m.Void = true
		return f.keep(m)
	}
	return fmt.Errorf("a manifest of run %d that the register does not know: %w", run, ErrNotFound)
}
