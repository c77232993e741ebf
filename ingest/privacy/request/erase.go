package request

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Erase erases an employee, on a request that an administrator granted, or on
// the administrator's own decision (request 0): *Refusal where it cannot be
// done yet. Afterwards the request is done.
//
// It is one transaction: what a crash breaks off is not done at all. Just
// before its end it is written into the outside log; a crash between the two is
// made good by Replay (I8).
func (d Desk) Erase(ctx context.Context, tenant, employee, request int64, by audit.Actor, now time.Time) (Erased, error) {
	if request == 0 && by.Kind != audit.Account {
		return Erased{}, fmt.Errorf("%w: an administrator of the organisation decides first: name a request that was granted", ErrInvalid)
	}
	if d.Prepare != nil {
		if err := d.Prepare(ctx, tenant, now); err != nil {
			return Erased{}, err
		}
	}
	var out Erased
	var noted entry
	err := d.DB.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
		if request != 0 {
			if err := granted(ctx, tx, request, employee); err != nil {
				return err
			}
		}
		if err := d.mayErase(ctx, tx, employee, now); err != nil {
			return err
		}
		entry, err := entryOf(ctx, tx, tenant, employee, now)
		if err != nil {
			return err
		}
		if out, err = d.erase(ctx, tx, employee, time.Time{}, by, now); err != nil {
			return err
		}
		noted = entry
		return d.Log.keep(entry)
	})
	if err != nil && noted != (entry{}) {
		err = errors.Join(err, d.takeBack(context.WithoutCancel(ctx), noted))
	}
	return out, err
}

// takeBack takes out of the outside log what was not committed after all:
// nobody was told that it was done, and it is asked for again or not.
func (d Desk) takeBack(ctx context.Context, e entry) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var there bool
	err := d.DB.InTenant(ctx, e.Tenant, func(tx pg.Tx) (err error) { there, err = standing(ctx, tx, e); return err })
	if err == nil && there {
		err = d.Log.forget(e)
	}
	return err
}

func granted(ctx context.Context, tx pg.Tx, request, employee int64) error {
	r, err := get(ctx, tx, request, "FOR UPDATE")
	switch {
	case err != nil:
		return err
	case r.Kind != Erasure || r.Employee != employee:
		return fmt.Errorf("%w: request %d is not one for the erasure of employee %d", ErrInvalid, request, employee)
	case r.State != Granted:
		return fmt.Errorf("%w: request %d was not granted; an administrator of the organisation decides first", ErrInvalid, request)
	}
	return nil
}

// mayErase gives a *Refusal where something stands in the way.
func (d Desk) mayErase(ctx context.Context, tx pg.Tx, employee int64, now time.Time) error {
	obstacles, err := d.Hindered(ctx, tx, employee, now)
	if err == nil && len(obstacles) > 0 {
		err = &Refusal{obstacles}
	}
	return err
}

// Hindered gives what stands in the way of erasing somebody now.
func (d Desk) Hindered(ctx context.Context, tx pg.Tx, employee int64, now time.Time) ([]Obstacle, error) {
	if _, err := SubjectOf(ctx, tx, employee); err != nil {
		return nil, err
	}
	out, err := kept(ctx, tx, employee, now)
	if err != nil || d.Obstacles == nil {
		return out, err
	}
	more, err := d.Obstacles(ctx, tx, employee, now)
	return append(out, more...), err
}

// erase does what the declarations say, looks for the person, and certifies.
// Before is when they were erased already, and a restore brought them back;
// zero: never. Runs that left since leave them out from then on.
func (d Desk) erase(ctx context.Context, tx pg.Tx, employee int64, before time.Time, by audit.Actor, now time.Time) (Erased, error) {
	var out Erased
	of, err := SubjectOf(ctx, tx, employee)
	if err != nil {
		return out, err
	}
	values, err := valuesOf(ctx, tx, d.Catalogue, of)
	if err != nil {
		return out, err
	}
	if d.Seal != nil {
		if err := d.Seal(ctx, tx, employee, !before.IsZero(), by, now); err != nil {
			return out, err
		}
	}
	if out.Removed, out.Changed, err = d.remove(ctx, tx, of, by); err != nil {
		return out, err
	}
	if err := d.prove(ctx, tx, of, values, &out); err != nil {
		return out, err
	}
	if d.Backups != nil {
		if out.Backups, err = d.Backups(); err != nil {
			return out, fmt.Errorf("listing the backups in which the person still stands: %w", err)
		}
	}
	if out.Certificate, err = privacy.Certify(ctx, tx, privacy.CertErasure, out.certificate(), by, now); err != nil {
		return out, err
	}
	return out, closeErasure(ctx, tx, employee, out.Certificate.ID, cmp.Or(before, now), by, now)
}

// prove looks for the person's values over the whole database. What others are
// called too proves nothing and is not counted; what somebody wrote about the
// person elsewhere is struck out.
func (d Desk) prove(ctx context.Context, tx pg.Tx, of privacy.Subject, values []string, out *Erased) error {
	found, err := Traces(ctx, tx, values)
	if err != nil {
		return err
	}
	shared, err := d.shared(ctx, tx, of, found)
	if err != nil {
		return err
	}
	var own []string
	for i, v := range values {
		if !shared[i] {
			own = append(own, v)
		}
	}
	out.Sought, out.Shared = len(own), len(values)-len(own)
	found = slices.DeleteFunc(found, func(t Trace) bool { return shared[t.Value] })
	if len(found) == 0 {
		return nil
	}
	struck, err := d.strike(ctx, tx, values, found)
	if err != nil {
		return err
	}
	for table, n := range struck {
		out.Changed[table] += n
	}
	out.Traces, err = Traces(ctx, tx, own)
	return err
}

// shared says which values are found where others are named, or where a word
// of others' rows is chosen: a personnel number may be a pay code as well.
func (d Desk) shared(ctx context.Context, tx pg.Tx, of privacy.Subject, found []Trace) (map[int]bool, error) {
	out := map[int]bool{}
	for _, t := range found {
		table, ok := d.Catalogue.Table(t.Table)
		i := slices.IndexFunc(table.Fields, func(f privacy.Field) bool { return f.Column == t.Column })
		if !ok || i < 0 || table.Of == "" || t.Value < 0 ||
			!slices.Contains([]privacy.Kind{privacy.Name, privacy.Number, privacy.Contact, privacy.Birth, privacy.Choice}, table.Fields[i].Kind) {
			continue
		}
		own, err := isOf(ctx, tx, table, t.Row, of)
		if err != nil {
			return nil, err
		}
		out[t.Value] = out[t.Value] || !own
	}
	return out, nil
}

// Certificate is what the certificate of an erasure says: nothing of whom.
type Certificate struct {
	Removed map[string]int64 `json:"removed"` // rows by table
	Changed map[string]int64 `json:"changed"`
	Sought  int              `json:"values_sought"`
	Shared  int              `json:"values_of_others_too"`
	Traces  map[string]int   `json:"traces"` // by table and column
	Backups []Backup         `json:"backups"`
}

func (e Erased) certificate() Certificate {
	traces := map[string]int{}
	for _, t := range e.Traces {
		traces[t.Table+"."+t.Column]++
	}
	return Certificate{e.Removed, e.Changed, e.Sought, e.Shared, traces, append([]Backup{}, e.Backups...)}
}

// ReadCertificate reads the content of a certificate of an erasure.
func ReadCertificate(content []byte) (c Certificate, err error) {
	if err = json.Unmarshal(content, &c); err != nil {
		err = fmt.Errorf("reading the certificate of an erasure: %w", err)
	}
	return c, err
}

// Replay erases again whom the outside log names and a restored database
// holds (I8), and finishes what a crash broke off. Who came later under the
// same id is somebody else. It gives how many. Whose days cannot be sealed yet
// is left for the next time, as what was paid would be taken back: the error
// says so, and is a *Refusal, after all others were erased.
func (d Desk) Replay(ctx context.Context, tenant int64, now time.Time) (int, error) {
	waiting, err := d.back(ctx, tenant)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	if d.Prepare != nil {
		if err := d.Prepare(ctx, tenant, now); err != nil {
			return 0, err
		}
	}
	n := 0
	var left error
	for _, e := range waiting {
		err := d.DB.InTenant(ctx, tenant, func(tx pg.Tx) error {
			_, err := d.erase(ctx, tx, e.Employee, e.Erased, audit.Actor{Kind: audit.System}, now)
			return err
		})
		if err != nil {
			err = fmt.Errorf("erasing again whom the log of erasures names (%s): %w", e.name(), err)
		}
		switch {
		case errors.Is(err, ErrRefused):
			left = errors.Join(left, err)
		case err != nil:
			return n, err
		default:
			n++
		}
	}
	return n, left
}

// back gives whom the outside log names and the database holds.
func (d Desk) back(ctx context.Context, tenant int64) ([]entry, error) {
	entries, err := d.Log.entries(tenant)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	var out []entry
	err = d.DB.InTenant(ctx, tenant, func(tx pg.Tx) error {
		for _, e := range entries {
			if e.Employee == 0 { // of a destruction
				continue
			}
			there, err := standing(ctx, tx, e)
			if err != nil {
				return err
			}
			if there {
				out = append(out, e)
			}
		}
		return nil
	})
	return out, err
}
