package paper

import (
	"context"
	"errors"
	"slices"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// Check says what the approval with a printed hash holds and whether it, and
// the audit log, are as they were: ErrUnknown where no approval has the hash.
// It reads the whole audit log.
func Check(ctx context.Context, tx pg.Tx, printed Printed) (Checked, error) {
	least, most, err := digits(printed.Hash)
	if err != nil {
		return Checked{}, err
	}
	found, err := hours.FrozenAs(ctx, tx, least, most)
	if err != nil {
		return Checked{}, err
	}
	if len(found) != 1 { // two approvals with the same first 64 bits are not met
		return Checked{}, ErrUnknown
	}
	r, err := readRegister(ctx, tx, "")
	if err != nil {
		return Checked{}, err
	}
	return checked(ctx, tx, found[0], printed.Chain, r)
}

func checked(ctx context.Context, tx pg.Tx, f hours.Frozen, chain string, r *register) (Checked, error) {
	c := Checked{Week: f.Snapshot.Week, Zone: r.zone, Sites: r.sites}
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
	week := calendar.Period{From: c.Week.Monday(), To: c.Week.Sunday()}
	for some, b := range batches(ctx, tx, week, r.zone, []hours.Who{c.Who}) {
		proofs, err := readProofs(ctx, tx, b, r)
		if err = errors.Join(b.err, err); err != nil {
			return c, err
		}
		all := proofsOf(b.of[some[0].ID], c.Week, proofs)
		at := slices.IndexFunc(all, func(p Proof) bool { return p.Approval == f.Approval })
		c.Proof, c.Later = all[at], all[at+1:]
	}
	c.Findings, err = findings(ctx, tx, f, c.Proof, chain)
	return c, err
}

func findings(ctx context.Context, tx pg.Tx, f hours.Frozen, p Proof, chain string) (out []Finding, err error) {
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
	switch err := audit.Verify(ctx, tx); {
	case errors.Is(err, audit.ErrBroken):
		out = append(out, BrokenChain)
	case err != nil:
		return nil, err
	}
	if !f.Stands {
		out = append(out, NoLongerHeld)
	}
	return out, nil
}
