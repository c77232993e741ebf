package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Names of the steps of taps in reports.
const (
	tapsStep    = "registration"
	punchesStep = "punch"
	tapsClass   = privacy.RawTaps
)

// How taps are removed: up to few by their names, in pieces; more by walking
// through the tables page after page, a window of pages in a piece, and of that
// a bite in a statement: about 1000 rows and two milliseconds, since a core that
// removes without a break leaves whoever needs it waiting for the kernel's tick.
const (
	fewTaps    = 300_000
	tapsAtOnce = 50_000
	namesBite  = 500
	pagesOnce  = 250
	tapsBite   = 32 // pages, of all months together
	punchBite  = 24
	lookBite   = 96      // that are only read
	manyStay   = 1 << 16 // bytes of names that stay, from which on a bite is a window: they go with each
)

// free is a condition on a punch p, with $2 those under a legal hold: its
// registration may go. Its day is sealed (I5), or it is nobody's and a person
// left it out. One that waits for a person (OB-H1), or came after its day was
// sealed, can still become hours: it stays as long as the record of working
// time, but where nobody works. None goes whose instant and owner are still to
// be worked out.
func (p plan) free() string {
	record, _ := p.before(privacy.WorkRecord)
	if p.nobody {
		record, _ = p.before(privacy.RawTaps)
	}
	return fmt.Sprintf(`NOT p.pending AND (p.sealed OR p.employee_id IS NULL AND (p.arrived < %[1]d OR EXISTS (SELECT FROM decision d
			WHERE d.tenant_id = p.tenant_id AND d.origin = p.origin AND d.epoch = p.epoch AND d.seq = p.seq AND d.kind = 'ignore_tap' AND d.employee_id IS NULL
				AND NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id)))
		OR p.arrived < %[1]d AND EXISTS (SELECT FROM seal s WHERE s.tenant_id = p.tenant_id AND s.employee_id = p.employee_id
			AND s.before_day > (to_timestamp(p.placed / 1000.0) AT TIME ZONE 'UTC')::date + 1))
		AND ($2::bigint[] IS NULL OR p.employee_id IS NULL OR p.employee_id <> ALL ($2))`, record.UnixMilli())
}

// removeTaps removes registrations that are past their term with their
// punches, and gives when the oldest that is left arrived; zero: there is none.
func (p Purger) removeTaps(ctx context.Context, plan plan) (oldest time.Time, err error) {
	before, _ := plan.before(privacy.RawTaps)
	var many bool
	err = p.DB.InTenant(ctx, plan.tenant, func(tx pg.Tx) error {
		err := tx.QueryRow(ctx, `SELECT count(*) > $2 FROM (SELECT FROM punch WHERE tenant_id = current_tenant() AND arrived < $1 LIMIT $2 + 1) x`,
			before.UnixMilli(), fewTaps).Scan(&many)
		if err != nil {
			return fmt.Errorf("counting taps: %w", err)
		}
		return nil
	})
	if err != nil {
		return oldest, err
	}
	if many {
		return p.walk(ctx, plan, before)
	}
	if err := p.removeFew(ctx, plan, before); err != nil {
		return oldest, err
	}
	err = p.DB.InTenant(ctx, plan.tenant, func(tx pg.Tx) error {
		oldest, err = oldestTap(ctx, tx, time.Time{})
		return err
	})
	return oldest, err
}

// removeFew removes taps by their names.
func (p Purger) removeFew(ctx context.Context, plan plan, before time.Time) error {
	for more := true; more; {
		err := p.piece(ctx, plan, tapsStep, func(tx pg.Tx) (n int64, hash [32]byte, err error) {
			n, more, hash, err = p.removeNamed(ctx, tx, plan, before)
			return n, hash, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// removeNamed removes one piece of taps, and says whether there may be more.
func (p Purger) removeNamed(ctx context.Context, tx pg.Tx, plan plan, before time.Time) (taps int64, more bool, hash [32]byte, err error) {
	var origins, epochs, seqs []int64
	err = tx.QueryRow(ctx, `WITH chosen AS (SELECT p.origin, p.epoch, p.seq FROM punch p
			WHERE p.tenant_id = current_tenant() AND p.arrived < $1 AND `+plan.free()+` LIMIT $3 FOR UPDATE)
		SELECT array_agg(origin), array_agg(epoch), array_agg(seq) FROM chosen`, before.UnixMilli(), plan.held, tapsAtOnce).Scan(&origins, &epochs, &seqs)
	if err != nil {
		return 0, false, hash, fmt.Errorf("choosing taps to remove: %w", err)
	}
	const named = ` r USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) c (origin, epoch, seq)
		WHERE r.tenant_id = current_tenant() AND r.origin = c.origin AND r.epoch = c.epoch AND r.seq = c.seq`
	var gone removal
	var punches int64
	for from, all := 0, len(seqs); from < all; from += namesBite {
		p.giveWay(ctx)
		to := min(from+namesBite, all)
		if err = gone.gather(ctx, tx, "DELETE FROM registration"+named+" AND r.arrived < $4", origins[from:to], epochs[from:to], seqs[from:to], before); err != nil {
			return 0, false, hash, err
		}
		tag, err := tx.Exec(ctx, "DELETE FROM punch"+named, origins[from:to], epochs[from:to], seqs[from:to])
		if err != nil {
			return 0, false, hash, fmt.Errorf("removing punches: %w", err)
		}
		punches += tag.RowsAffected()
	}
	if hash, err = gone.record(ctx, tx, plan.by, punches); err != nil {
		return 0, false, hash, err
	}
	return int64(gone.count), len(seqs) > 0, hash, notePunches(ctx, tx, punches, plan.now)
}

// notePunches counts punches in the same piece as their registrations.
func notePunches(ctx context.Context, tx pg.Tx, n int64, now time.Time) error {
	if n == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO retention_progress AS p (tenant_id, step, removed, hash, began) VALUES (current_tenant(), $1, $2, decode(repeat('00', 32), 'hex'), $3)
		ON CONFLICT (tenant_id, step) DO UPDATE SET removed = p.removed + EXCLUDED.removed`, punchesStep, n, now)
	if err != nil {
		return fmt.Errorf("noting what was removed: %w", err)
	}
	return nil
}

// staying is the names of taps past their term that stay, by stream.
type staying struct {
	origins, epochs []int64
	seqs            []string  // int8multirange
	oldest          time.Time // when the oldest that is left arrived, also of those within their term
}

// walk removes very many taps: registrations page after page in the order in
// which they are stored, so that each page is written once, then punches
// likewise. All but those go whose punch has to stay. Registrations go first:
// broken off in between, the punches that are left are of sealed days and are
// never computed with again (I5). It gives when the oldest that is left arrived.
func (p Purger) walk(ctx context.Context, plan plan, before time.Time) (oldest time.Time, err error) {
	var stay staying
	var pages, months, punchPages int64
	// As of one moment: a punch that is written anew meanwhile, to a page that
	// was looked at already, is seen where it stood.
	err = p.DB.AsOf(ctx, plan.tenant, func(tx pg.Tx) (err error) {
		err = tx.QueryRow(ctx, `SELECT max(pg_relation_size(i.inhrelid)) / 8192 + 1, count(*) FILTER (WHERE pg_relation_size(i.inhrelid) > 0), pg_relation_size('punch') / 8192 + 1
			FROM pg_inherits i WHERE i.inhparent = 'registration'::regclass`).Scan(&pages, &months, &punchPages)
		if err == nil {
			stay, err = p.stayingTaps(ctx, tx, plan, before, punchPages)
		}
		if err != nil {
			return fmt.Errorf("looking which taps stay: %w", err)
		}
		return nil
	})
	if err != nil {
		return oldest, err
	}
	if err := p.walkRegistrations(ctx, plan, before, stay, pages, stay.bite(months)); err != nil {
		return oldest, err
	}
	return stay.oldest, p.walkPunches(ctx, plan, before, punchPages)
}

// bite is how many pages of each month go in a statement.
func (s *staying) bite(months int64) int64 {
	size := 0
	for _, seqs := range s.seqs {
		size += len(seqs)
	}
	if size > manyStay {
		return pagesOnce
	}
	return max(1, tapsBite/max(1, months))
}

func (p Purger) walkRegistrations(ctx context.Context, plan plan, before time.Time, stay staying, pages, bite int64) error {
	var with, but string
	var args []any
	if len(stay.origins) > 0 {
		with = "WITH stay AS MATERIALIZED (SELECT o, e, s::int8multirange AS seqs FROM unnest($4::bigint[], $5::bigint[], $6::text[]) k (o, e, s)) "
		but = " AND NOT EXISTS (SELECT FROM stay s WHERE s.o = r.origin AND s.e = r.epoch AND s.seqs @> r.seq)"
		args = []any{stay.origins, stay.epochs, stay.seqs}
	}
	var gone removal
	return windows(pages, func(from, to int64) error {
		return p.piece(ctx, plan, tapsStep, func(tx pg.Tx) (int64, [32]byte, error) {
			gone.reset()
			if _, err := tx.Exec(ctx, "SET LOCAL enable_nestloop = off"); err != nil { // a plan for all doesn't know how many stay
				return 0, [32]byte{}, fmt.Errorf("removing taps: %w", err)
			}
			err := p.bites(ctx, tx, from, to, bite, func(from, to string) error {
				return gone.gather(ctx, tx, with+`DELETE FROM registration r WHERE r.tenant_id = (SELECT current_tenant()) AND r.arrived < $1 AND r.ctid >= $2::text::tid AND r.ctid < $3::text::tid`+but,
					append([]any{before, from, to}, args...)...)
			})
			if err != nil {
				return 0, [32]byte{}, err
			}
			hash, err := gone.record(ctx, tx, plan.by, 0)
			return int64(gone.count), hash, err
		})
	})
}

func (p Purger) walkPunches(ctx context.Context, plan plan, before time.Time, pages int64) error {
	return windows(pages, func(from, to int64) error {
		return p.piece(ctx, plan, punchesStep, func(tx pg.Tx) (n int64, hash [32]byte, err error) {
			err = p.bites(ctx, tx, from, to, punchBite, func(from, to string) error {
				tag, err := tx.Exec(ctx, `DELETE FROM punch p WHERE p.tenant_id = (SELECT current_tenant()) AND p.arrived < $1 AND p.ctid >= $3::text::tid AND p.ctid < $4::text::tid AND `+plan.free(),
					before.UnixMilli(), plan.held, from, to)
				if err != nil {
					return fmt.Errorf("removing punches: %w", err)
				}
				n += tag.RowsAffected()
				return nil
			})
			return n, hash, err
		})
	})
}

// stayingTaps gives the names of taps past their term whose punch has to stay.
// It reads all, so it does in the order in which they are stored.
func (p Purger) stayingTaps(ctx context.Context, tx pg.Tx, plan plan, before time.Time, pages int64) (s staying, err error) {
	err = p.bites(ctx, tx, 0, pages, lookBite, func(from, to string) error { return s.look(ctx, tx, plan, before, from, to) })
	if err == nil && s.oldest.IsZero() {
		s.oldest, err = oldestTap(ctx, tx, before)
	}
	if err == nil && len(s.origins) > 0 {
		err = s.merge(ctx, tx)
	}
	return s, err
}

// merge makes one part of each stream's.
func (s *staying) merge(ctx context.Context, tx pg.Tx) error {
	return tx.QueryRow(ctx, `SELECT array_agg(o), array_agg(e), array_agg(seqs) FROM (
		SELECT o, e, range_agg(s::int8multirange)::text AS seqs FROM unnest($1::bigint[], $2::bigint[], $3::text[]) k (o, e, s) GROUP BY o, e) x`,
		s.origins, s.epochs, s.seqs).Scan(&s.origins, &s.epochs, &s.seqs)
}

// look adds those of some pages.
func (s *staying) look(ctx context.Context, tx pg.Tx, plan plan, before time.Time, from, to string) error {
	rows, err := tx.Query(ctx, `SELECT p.origin, p.epoch, range_agg(int8range(p.seq, p.seq, '[]'))::text, min(p.arrived) FROM punch p
		WHERE p.tenant_id = (SELECT current_tenant()) AND p.arrived < $1 AND p.ctid >= $3::text::tid AND p.ctid < $4::text::tid AND NOT (`+plan.free()+`) GROUP BY p.origin, p.epoch`,
		before.UnixMilli(), plan.held, from, to)
	if err != nil {
		return err
	}
	var origin, epoch, arrived int64
	var seqs string
	_, err = pgx.ForEachRow(rows, []any{&origin, &epoch, &seqs, &arrived}, func() error {
		s.origins, s.epochs, s.seqs = append(s.origins, origin), append(s.epochs, epoch), append(s.seqs, seqs)
		if at := time.UnixMilli(arrived).UTC(); s.oldest.IsZero() || at.Before(s.oldest) {
			s.oldest = at
		}
		return nil
	})
	return err
}

// windows goes through the pages of a table, a window at a time. One connection
// does: two took no less time on two cores, and gateways waited longer.
func windows(pages int64, do func(from, to int64) error) error {
	for at := int64(0); at < pages; at += pagesOnce {
		if err := do(at, min(at+pagesOnce, pages)); err != nil {
			return err
		}
	}
	return nil
}

// bites goes through pages of a piece, a bite at a time, and gives way after
// each. One plan does for all, instead of one a bite for each of the months.
func (p Purger) bites(ctx context.Context, tx pg.Tx, from, to, bite int64, do func(from, to string) error) error {
	if _, err := tx.Exec(ctx, "SET LOCAL plan_cache_mode = force_generic_plan"); err != nil {
		return fmt.Errorf("going through taps: %w", err)
	}
	page := func(at int64) string { return fmt.Sprintf("(%d,0)", at) }
	for at := from; at < to; at += bite {
		if err := do(page(at), page(min(at+bite, to))); err != nil {
			return err
		}
		p.giveWay(ctx)
	}
	return nil
}

func (p Purger) giveWay(ctx context.Context) {
	if p.GiveWay != nil {
		p.GiveWay(ctx)
	}
}

// countTaps counts taps past their term that may go, and gives when the oldest
// of all arrived.
func countTaps(ctx context.Context, tx pg.Tx, plan plan, before time.Time) (n int64, oldest time.Time, err error) {
	err = tx.QueryRow(ctx, "SELECT count(*) FROM punch p WHERE p.tenant_id = current_tenant() AND p.arrived < $1 AND "+plan.free(), before.UnixMilli(), plan.held).Scan(&n)
	if err != nil {
		return 0, oldest, fmt.Errorf("counting taps: %w", err)
	}
	oldest, err = oldestTap(ctx, tx, time.Time{})
	return n, oldest, err
}

// oldestTap gives when the oldest tap arrived of those that came at a time or
// later; zero: there is none. (Looking at all would walk through those that
// were just removed.)
func oldestTap(ctx context.Context, tx pg.Tx, since time.Time) (time.Time, error) {
	var at *int64
	if err := tx.QueryRow(ctx, "SELECT min(arrived) FROM punch WHERE tenant_id = current_tenant() AND arrived >= $1", since.UnixMilli()).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("looking for the oldest tap: %w", err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return time.UnixMilli(*at).UTC(), nil
}
