package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// sealAtOnce is how many employees one transaction seals.
const sealAtOnce = 100

// Sealing is what Seal did, or would do.
type Sealing struct {
	Employees, Days, Taps int
	Unapproved            []UnapprovedWeek // held back; or sealed all the same, when told so
	Held                  []HeldBack
	People                []SealedPerson // dry: whom it would seal days of
}

// SealedPerson is somebody whom days would be sealed of.
type SealedPerson struct {
	Employee int64
	Before   calendar.Date // the first day that would not be
	Taps     int
}

// UnapprovedWeek is a week with days that nobody has approved.
type UnapprovedWeek struct {
	Who     Who
	Week    calendar.Week
	Days    int
	Minutes int
}

// HeldBack is somebody of whom nothing more can be sealed now.
type HeldBack struct {
	Who   Who
	Since calendar.Date // the first day that is not sealed
	Why   Hindrance
}

// Hindrance says why nothing can be sealed.
type Hindrance string

// What hinders.
const (
	HeldChain Hindrance = "chain" // taps follow each other without a gap: a day that can be told from the next comes later, or when somebody leaves a tap out
	HeldDue   Hindrance = "due"   // days are to be computed first
)

// Seal seals the days before a date, employee by employee, as far as whole
// chains of taps and whole explanations go: what has a tap on the other side
// stays for the next time (I5). Weeks that nobody approved hold theirs back,
// and are listed, unless unapproved says to seal these too. It is done in
// bounded transactions; dry does none of it and gives the same.
func Seal(ctx context.Context, db *pg.DB, tenant int64, before calendar.Date, unapproved, dry bool, by audit.Actor, now time.Time) (Sealing, error) {
	var out Sealing
	if !before.Before(calendar.DateOf(now.AddDate(0, 0, -14))) {
		return out, fmt.Errorf("%w: days of the last two weeks are not sealed; %s is too late a date", ErrInvalid, before)
	}
	for after, more := int64(0), true; more; {
		err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
			after, more, err = out.some(ctx, tx, before, after, unapproved, dry, by, now)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("sealing days: %w", err)
		}
	}
	return out, nil
}

// some seals the days of the next employees.
func (s *Sealing) some(ctx context.Context, tx pg.Tx, before calendar.Date, after int64, unapproved, dry bool, by audit.Actor, now time.Time) (int64, bool, error) {
	if err := lock(ctx, tx); err != nil {
		return 0, false, err
	}
	who, err := sealable(ctx, tx, before, after)
	if err != nil || len(who) == 0 {
		return 0, false, err
	}
	book, err := bookOf(ctx, tx)
	if err != nil {
		return 0, false, err
	}
	list, err := s.plan(ctx, tx, book, who, before, unapproved)
	if err != nil {
		return 0, false, err
	}
	for _, e := range list {
		s.Employees, s.Days, s.Taps = s.Employees+1, s.Days+len(e.days), s.Taps+len(e.taps[0])
		if dry {
			s.People = append(s.People, SealedPerson{e.employee, e.before, len(e.taps[0])})
			continue
		}
		if err := e.write(ctx, tx, by, now); err != nil {
			return 0, false, err
		}
	}
	return who[len(who)-1].Who.ID, len(who) == sealAtOnce, nil
}

// employeeSeal is what is to be sealed of an employee.
type employeeSeal struct {
	employee   int64
	before     calendar.Date
	days       []Day
	taps       [3][]int64 // origins, epochs, seqs
	unapproved int
}

// plan decides up to which day each can be sealed.
func (s *Sealing) plan(ctx context.Context, tx pg.Tx, book *rule.Book, who []candidate, before calendar.Date, unapproved bool) ([]employeeSeal, error) {
	weeks, err := unapprovedWeeks(ctx, tx, who, before)
	if err != nil {
		return nil, err
	}
	facts, err := readToSeal(ctx, tx, who, before)
	if err != nil {
		return nil, err
	}
	var out []employeeSeal
	for _, c := range who {
		if c.due {
			s.Held = append(s.Held, HeldBack{c.Who, c.oldest, HeldDue})
			continue
		}
		limit, e := before, employeeSeal{employee: c.Who.ID}
		mine := weeks[c.Who.ID]
		s.Unapproved = append(s.Unapproved, mine...)
		if len(mine) > 0 && !unapproved {
			limit = mine[0].Week.Monday()
		}
		f := facts[c.Who.ID]
		if f == nil || !c.oldest.Before(limit) {
			continue
		}
		if e.before = f.boundary(book, c, limit); e.before == (calendar.Date{}) {
			s.Held = append(s.Held, HeldBack{c.Who, c.oldest, HeldChain})
			continue
		}
		f.choose(&e)
		for _, d := range e.days {
			if slices.ContainsFunc(mine, func(w UnapprovedWeek) bool { return w.Week == d.Date.Week() }) {
				e.unapproved++
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// write seals the days of one employee.
func (e employeeSeal) write(ctx context.Context, tx pg.Tx, by audit.Actor, now time.Time) error {
	var dates, details []string
	for _, d := range e.days {
		kept, err := d.seal(calendar.DateOf(now.UTC()))
		if err != nil {
			return err
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return fmt.Errorf("writing down a day: %w", err)
		}
		dates, details = append(dates, d.Date.String()), append(details, string(text))
	}
	_, err := tx.Exec(ctx, `INSERT INTO seal (tenant_id, employee_id, before_day, sealed_at, by_kind, by_id, unapproved)
		VALUES (current_tenant(), $1, $2::text::date, $3, $4, $5, $6)`, e.employee, e.before.String(), now, by.Kind, by.ID, e.unapproved)
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO sealed_day (tenant_id, employee_id, day, detail)
			SELECT current_tenant(), $1, d::date, x::jsonb FROM unnest($2::text[], $3::text[]) n(d, x)`, e.employee, dates, details)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE worked_day w SET detail = n.x::jsonb FROM unnest($2::text[], $3::text[]) n(d, x)
			WHERE w.tenant_id = current_tenant() AND w.employee_id = $1 AND w.day = n.d::date`, e.employee, dates, details)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE punch p SET sealed = true FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(origin, epoch, seq)
			WHERE p.tenant_id = current_tenant() AND p.origin = n.origin AND p.epoch = n.epoch AND p.seq = n.seq`, e.taps[0], e.taps[1], e.taps[2])
	}
	if err == nil {
		err = record(ctx, tx, by, "hours.seal", e.employee, map[string]any{"before": e.before, "days": len(e.days), "taps": len(e.taps[0]), "unapproved": e.unapproved})
	}
	if err != nil {
		return fmt.Errorf("storing sealed days: %w", err)
	}
	return nil
}

// RemoveSealed removes the taps of sealed days for good, in bounded
// transactions, and gives how many. What went is recorded as counts, ranges of
// names and a hash (I3).
func RemoveSealed(ctx context.Context, db *pg.DB, tenant int64, by audit.Actor) (removed int64, err error) {
	for {
		var n int64
		err := db.InTenant(ctx, tenant, func(tx pg.Tx) error {
			if err := lock(ctx, tx); err != nil {
				return err
			}
			return tx.QueryRow(ctx, "SELECT remove_sealed('retention', $1, $2, $3)", by.Kind, by.ID, tapsAtOnce).Scan(&n)
		})
		if err != nil {
			return removed, fmt.Errorf("removing taps of sealed days: %w", err)
		}
		if removed += n; n < tapsAtOnce {
			return removed, nil
		}
	}
}
