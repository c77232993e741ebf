package retention

import (
	"context"
	"fmt"
	"time"

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
// through the tables page after page.
const (
	fewTaps    = 300_000
	tapsAtOnce = 50_000
	pagesOnce  = 1000
)

// free is a condition on a punch p, with $2 those under a legal hold: its
// registration may go. Its day is sealed (I5), or it is nobody's and a person
// left it out. One that waits for a person (OB-H1), or came after its day was
// sealed, can still become hours: it stays as long as the record of working
// time. None goes whose instant and owner are still to be worked out.
func (p plan) free() string {
	record, _ := p.before(privacy.WorkRecord)
	return fmt.Sprintf(`NOT p.pending AND (p.sealed OR p.employee_id IS NULL AND (p.arrived < %[1]d OR EXISTS (SELECT FROM decision d
			WHERE d.tenant_id = p.tenant_id AND d.origin = p.origin AND d.epoch = p.epoch AND d.seq = p.seq AND d.kind = 'ignore_tap' AND d.employee_id IS NULL
				AND NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id)))
		OR p.arrived < %[1]d AND EXISTS (SELECT FROM seal s WHERE s.tenant_id = p.tenant_id AND s.employee_id = p.employee_id
			AND s.before_day > (to_timestamp(p.placed / 1000.0) AT TIME ZONE 'UTC')::date + 1))
		AND ($2::bigint[] IS NULL OR p.employee_id IS NULL OR p.employee_id <> ALL ($2))`, record.UnixMilli())
}

// content is what of a registration r is hashed.
const content = "int8send(r.tick) || int8send(r.wall) || int8send(r.gap) || int8send(r.reader_id) || int2send(r.key_version) || r.token || timestamptz_send(r.arrived)"

// recorded writes down what raw and derived removed: counts, ranges of names,
// and a hash, never the content (I3). The hash is SHA-256 over one SHA-256 for
// each stream, in order of origin and epoch, over its registrations' content in
// order of seq.
const recorded = `
	streams AS (SELECT origin, epoch, count(*) AS n, range_agg(int8range(seq, seq, '[]')) AS seqs, sha256(string_agg(content, ''::bytea)) AS hash
		FROM (SELECT * FROM raw ORDER BY origin, epoch, seq) x GROUP BY origin, epoch),
	whole AS (SELECT COALESCE(sum(n), 0)::bigint AS n, sha256(COALESCE(string_agg(hash, ''::bytea ORDER BY origin, epoch), '')) AS hash FROM streams),
	record AS (INSERT INTO removal (tenant_id, cause, by_kind, by_id, registrations, punches, hash)
		SELECT current_tenant(), 'retention', $3, $4, n, (SELECT count(*) FROM derived), hash FROM whole WHERE n > 0 OR EXISTS (SELECT FROM derived)
		RETURNING removal_id),
	names AS (INSERT INTO removed_name (tenant_id, removal_id, origin, epoch, seqs)
		SELECT current_tenant(), removal_id, origin, epoch, seqs FROM streams, record)
	SELECT n, (SELECT count(*) FROM derived), hash FROM whole`

// removeTaps removes registrations that are past their term with their
// punches.
func (p Purger) removeTaps(ctx context.Context, plan plan) error {
	before, _ := plan.before(privacy.RawTaps)
	var many bool
	err := p.DB.InTenant(ctx, plan.tenant, func(tx pg.Tx) error {
		err := tx.QueryRow(ctx, `SELECT count(*) > $2 FROM (SELECT FROM punch WHERE tenant_id = current_tenant() AND arrived < $1 LIMIT $2 + 1) x`,
			before.UnixMilli(), fewTaps).Scan(&many)
		if err != nil {
			return fmt.Errorf("counting taps: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if many {
		if err := p.walk(ctx, plan, before); err != nil {
			return err
		}
	}
	return p.removeFew(ctx, plan, before)
}

// removeFew removes taps by their names.
func (p Purger) removeFew(ctx context.Context, plan plan, before time.Time) error {
	for more := true; more; {
		var taps, punches int64
		var hash [32]byte
		err := p.piece(ctx, plan, tapsStep, func(tx pg.Tx) (n int64, _ [32]byte, err error) {
			taps, punches, hash, err = removal(ctx, tx, `WITH chosen AS MATERIALIZED (
					SELECT p.ctid AS tid, p.origin, p.epoch, p.seq FROM punch p WHERE p.tenant_id = current_tenant() AND p.arrived < $5 AND `+plan.free()+` LIMIT $6),
				raw AS (DELETE FROM registration r USING chosen c WHERE r.tenant_id = current_tenant() AND r.arrived < $1 AND r.origin = c.origin AND r.epoch = c.epoch AND r.seq = c.seq
					RETURNING r.origin, r.epoch, r.seq, `+content+` AS content),
				derived AS (DELETE FROM punch p USING chosen c WHERE p.ctid = c.tid AND p.tenant_id = current_tenant() RETURNING 1),`+recorded,
				before, plan.held, plan.by.Kind, plan.by.ID, before.UnixMilli(), tapsAtOnce)
			if err == nil {
				err = notePunches(ctx, tx, punches, plan.now)
			}
			return taps, hash, err
		})
		if err != nil {
			return err
		}
		more = punches > 0
	}
	return nil
}

func removal(ctx context.Context, tx pg.Tx, sql string, args ...any) (taps, punches int64, hash [32]byte, err error) {
	var sum []byte
	if err = tx.QueryRow(ctx, sql, args...).Scan(&taps, &punches, &sum); err != nil {
		return 0, 0, hash, fmt.Errorf("removing taps: %w", err)
	}
	return taps, punches, [32]byte(sum), nil
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
	seqs            []string // int8multirange
}

// walk removes very many taps: registrations page after page in the order in
// which they are stored, so that each page is written once, then punches
// likewise. All but those go whose punch has to stay. Registrations go first:
// broken off in between, the punches that are left are of sealed days and are
// never computed with again (I5).
func (p Purger) walk(ctx context.Context, plan plan, before time.Time) error {
	var stay staying
	var pages, punchPages int64
	err := p.DB.InTenant(ctx, plan.tenant, func(tx pg.Tx) (err error) {
		stay, err = stayingTaps(ctx, tx, plan, before)
		if err == nil {
			err = tx.QueryRow(ctx, `SELECT max(pg_relation_size(i.inhrelid)) / 8192 + 1, pg_relation_size('punch') / 8192 + 1 FROM pg_inherits i
				WHERE i.inhparent = 'registration'::regclass`).Scan(&pages, &punchPages)
		}
		if err != nil {
			return fmt.Errorf("looking how many taps there are: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = windows(pages, func(from, to string) error {
		return p.piece(ctx, plan, tapsStep, func(tx pg.Tx) (int64, [32]byte, error) {
			if _, err := tx.Exec(ctx, "SET LOCAL work_mem = '64MB'"); err != nil {
				return 0, [32]byte{}, fmt.Errorf("removing taps: %w", err)
			}
			taps, _, hash, err := removal(ctx, tx, `WITH stay AS MATERIALIZED (SELECT o, e, s::int8multirange AS seqs FROM unnest($2::bigint[], $5::bigint[], $6::text[]) k (o, e, s)),
				raw AS (DELETE FROM registration r WHERE r.tenant_id = current_tenant() AND r.arrived < $1 AND r.ctid >= $7::text::tid AND r.ctid < $8::text::tid
					AND NOT EXISTS (SELECT FROM stay s WHERE s.o = r.origin AND s.e = r.epoch AND s.seqs @> r.seq)
					RETURNING r.origin, r.epoch, r.seq, `+content+` AS content),
				derived AS (SELECT WHERE false),`+recorded,
				before, stay.origins, plan.by.Kind, plan.by.ID, stay.epochs, stay.seqs, from, to)
			return taps, hash, err
		})
	})
	if err != nil {
		return err
	}
	return windows(punchPages, func(from, to string) error {
		return p.piece(ctx, plan, punchesStep, func(tx pg.Tx) (n int64, hash [32]byte, err error) {
			err = tx.QueryRow(ctx, `WITH derived AS (DELETE FROM punch p WHERE p.tenant_id = current_tenant() AND p.arrived < $1 AND p.ctid >= $3::text::tid AND p.ctid < $4::text::tid AND `+plan.free()+` RETURNING 1)
				SELECT count(*) FROM derived`, before.UnixMilli(), plan.held, from, to).Scan(&n)
			if err != nil {
				return 0, hash, fmt.Errorf("removing punches: %w", err)
			}
			return n, hash, nil
		})
	})
}

// stayingTaps gives the names of taps past their term whose punch has to stay.
func stayingTaps(ctx context.Context, tx pg.Tx, plan plan, before time.Time) (s staying, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(array_agg(origin), '{}'), COALESCE(array_agg(epoch), '{}'), COALESCE(array_agg(seqs), '{}') FROM (
		SELECT p.origin, p.epoch, range_agg(int8range(p.seq, p.seq, '[]'))::text AS seqs FROM punch p
		WHERE p.tenant_id = current_tenant() AND p.arrived < $1 AND NOT (`+plan.free()+`) GROUP BY p.origin, p.epoch) x`, before.UnixMilli(), plan.held).
		Scan(&s.origins, &s.epochs, &s.seqs)
	return s, err
}

// windows goes through the pages of a table, a window at a time. One connection
// does: two took no less time on two cores, and gateways waited longer.
func windows(pages int64, do func(from, to string) error) error {
	for at := int64(0); at < pages; at += pagesOnce {
		if err := do(fmt.Sprintf("(%d,0)", at), fmt.Sprintf("(%d,0)", at+pagesOnce)); err != nil {
			return err
		}
	}
	return nil
}

// countTaps counts taps past their term that may go, and gives when the oldest
// of all arrived.
func countTaps(ctx context.Context, tx pg.Tx, plan plan, before time.Time) (n int64, oldest time.Time, err error) {
	err = tx.QueryRow(ctx, "SELECT count(*) FROM punch p WHERE p.tenant_id = current_tenant() AND p.arrived < $1 AND "+plan.free(), before.UnixMilli(), plan.held).Scan(&n)
	if err != nil {
		return 0, oldest, fmt.Errorf("counting taps: %w", err)
	}
	oldest, err = oldestTap(ctx, tx)
	return n, oldest, err
}

// oldestTap gives when the oldest tap that is left arrived; zero: there is none.
func oldestTap(ctx context.Context, tx pg.Tx) (time.Time, error) {
	var at *int64
	if err := tx.QueryRow(ctx, "SELECT min(arrived) FROM punch WHERE tenant_id = current_tenant()").Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("looking for the oldest tap: %w", err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return time.UnixMilli(*at).UTC(), nil
}
