package paper

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// Check says what the approval with a printed hash holds and whether it, and
// the audit log, are as they were: ErrUnknown where neither an approval nor the
// log has the hash. Of the audit log it walks what the last nightly
// verification did not, and what stands around the entry (audit.CheckNear).
func Check(ctx context.Context, db *pg.DB, tenant int64, printed Printed) (c Checked, err error) {
	least, most, err := digits(printed.Hash)
	if err != nil {
		return Checked{}, err
	}
	if _, err := audit.Link(ctx, db, tenant); err != nil {
		return Checked{}, err
	}
	err = db.AsOf(ctx, tenant, func(tx pg.Tx) error {
		f, err := frozenAs(ctx, tx, least, most)
		if err != nil {
			return err
		}
		r, err := readRegister(ctx, tx, "")
		if err != nil {
			return err
		}
		c, err = checked(ctx, tx, f, printed.Chain, r)
		return err
	})
	return c, err
}

// frozenAs gives the approval that a printed hash means. Where content and hash
// were replaced together, or all of it was removed, the log still names it.
func frozenAs(ctx context.Context, tx pg.Tx, least, most [32]byte) (hours.Frozen, error) {
	found, err := hours.FrozenAs(ctx, tx, least, most)
	if err != nil {
		return hours.Frozen{}, err
	}
	if len(found) == 1 { // two approvals with the same first 64 bits are not met
		return found[0], nil
	}
	told, err := audit.Naming(ctx, tx, approving, "hash", hex.EncodeToString(least[:]), hex.EncodeToString(most[:]))
	if err != nil {
		return hours.Frozen{}, err
	}
	if len(told) != 1 {
		return hours.Frozen{}, ErrUnknown
	}
	return replaced(ctx, tx, told[0])
}

// replaced gives what is left of an approval that the log tells of.
func replaced(ctx context.Context, tx pg.Tx, e audit.Placed) (hours.Frozen, error) {
	said, err := saidBy(e)
	if err != nil {
		return hours.Frozen{}, err
	}
	f, err := hours.FrozenBy(ctx, tx, said.Approval)
	switch {
	case errors.Is(err, hours.ErrNotFound):
		f = hours.Frozen{Approval: said.Approval, Corrects: said.Corrects, By: e.By, At: e.At, Snapshot: hours.Snapshot{Employee: e.SubjectID, Week: said.Week}}
	case err != nil:
		return f, err
	}
	raw, err := hex.DecodeString(said.Hash)
	copy(f.Hash[:], raw)
	f.Altered = true
	return f, err
}

func checked(ctx context.Context, tx pg.Tx, f hours.Frozen, chain string, r *register) (Checked, error) {
	c := Checked{Week: f.Snapshot.Week, Zone: r.zoneOf(f.Snapshot.Days), Sites: r.sites}
	e, err := people.EmployeeByID(ctx, tx, f.Snapshot.Employee)
	if err != nil && !errors.Is(err, people.ErrNotFound) { // who was erased is not named
		return c, err
	}
	c.Who = hours.Who{ID: f.Snapshot.Employee, Number: e.Number, Surname: e.Surname, FirstName: e.FirstName}
	for _, d := range f.Snapshot.Days {
		if day := dayOf(d, 0); len(day.Stretches) > 0 || len(day.Codes) > 0 {
			c.Days, c.Minutes = append(c.Days, day), c.Minutes+day.Minutes
		}
	}
	if c.Proof, c.Later, err = proofAndLater(ctx, tx, f, r); err != nil {
		return c, err
	}
	log, whole, err := audit.CheckNear(ctx, tx, c.Entry)
	if err != nil {
		return c, err
	}
	c.LogVerified = whole
	c.Findings, err = findings(f, c.Proof, chain, log.Err() != nil)
	return c, err
}

// proofAndLater gives what an approval is checked by, and the approvals of its
// week after it.
func proofAndLater(ctx context.Context, tx pg.Tx, f hours.Frozen, r *register) (own Proof, later []Proof, err error) {
	w := f.Snapshot.Week
	all, err := hours.FrozenOf(ctx, tx, []int64{f.Snapshot.Employee}, calendar.Period{From: w.Monday(), To: w.Sunday()}, time.Time{}, time.Time{})
	if err != nil {
		return own, nil, err
	}
	b := frozenBatch{ids: []int64{f.Snapshot.Employee}, of: map[int64][]hours.Frozen{f.Snapshot.Employee: {f}}}
	for _, x := range all {
		if x.Approval > f.Approval {
			b.of[f.Snapshot.Employee] = append(b.of[f.Snapshot.Employee], x)
		}
	}
	proofs, err := readProofs(ctx, tx, b, r)
	if err != nil {
		return own, nil, err
	}
	of := proofsOf(b.of[f.Snapshot.Employee], w, proofs)
	return of[0], of[1:], nil
}

func findings(f hours.Frozen, p Proof, chain string, broken bool) (out []Finding, err error) {
	if f.Altered {
		out = append(out, Altered)
	}
	if p.Entry == 0 {
		out = append(out, NotInLog)
	}
	if chain != "" && p.Entry != 0 {
		least, most, err := digits(chain)
		if err != nil {
			return nil, err
		}
		if !within(p.Chain, least, most) {
			out = append(out, OtherEntry)
		}
	}
	if broken {
		out = append(out, BrokenChain)
	}
	if !f.Stands && !f.Altered {
		out = append(out, NoLongerHeld)
	}
	return out, nil
}
