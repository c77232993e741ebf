package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Verify goes along the whole chain of the transaction's tenant and returns
// ErrBroken, saying where, when a link, or what is kept of an entry, was
// changed, removed or moved.
func Verify(ctx context.Context, tx pg.Tx) error {
	r, err := Check(ctx, tx)
	if err != nil {
		return err
	}
	return r.Err()
}

// verifyAtOnce is how many links one transaction reads: what is held in memory,
// and how often progress is told.
const verifyAtOnce = 10000

// Check is Verify with all that it found. What is appended meanwhile is left
// out.
func Check(ctx context.Context, tx pg.Tx) (Report, error) {
	return checking{in: func(fn func(pg.Tx) error) error { return fn(tx) }}.run(ctx)
}

// CheckAll is Check of a tenant's log in many short transactions, so that a
// long one holds up nothing, beside anchors that were kept elsewhere; of other
// chains they are left out. progress may be nil; it hears how many of how many
// links were verified, and ends the check with an error.
func CheckAll(ctx context.Context, db *pg.DB, tenant int64, kept []Anchor, progress func(done, of int64) error) (Report, error) {
	return checking{in: inTenant(ctx, db, tenant), kept: kept, progress: progress}.run(ctx)
}

func inTenant(ctx context.Context, db *pg.DB, tenant int64) func(func(pg.Tx) error) error {
	return func(fn func(pg.Tx) error) error { return db.InTenant(ctx, tenant, fn) }
}

// checking is one way along a chain; only in is always there.
type checking struct {
	in       func(func(pg.Tx) error) error // begins a transaction
	kept     []Anchor
	began    func(end) error   // is told where the chain ends
	took     func(*link) error // is given each link that was walked, and records of removals that were made meanwhile
	progress func(done, of int64) error
}

func (c checking) run(ctx context.Context) (Report, error) {
	var w walk
	var at end
	err := c.in(func(tx pg.Tx) (err error) {
		at, w.Waiting, err = readEnd(ctx, tx)
		return err
	})
	if err == nil && c.began != nil {
		err = c.began(at)
	}
	if err != nil {
		return w.Report, err
	}
	w.Chain, w.kept = at.chain, anchorsOf(c.kept, at.chain)
	err = c.along(ctx, &w, at)
	return w.Report, err
}

// along walks from where the walk stands to the chain's end.
func (c checking) along(ctx context.Context, w *walk, at end) error {
	view := window{whole: c.took != nil}
	for more := true; more; {
		err := c.in(func(tx pg.Tx) error { return view.read(ctx, tx, w.Seq+1, at.seq, verifyAtOnce) })
		if err == nil {
			err = w.steps(view.links, c.took)
		}
		if err == nil && c.progress != nil {
			err = c.progress(w.Links, at.seq)
		}
		if err != nil {
			return err
		}
		more = len(view.links) == verifyAtOnce
	}
	w.finish(at.seq, at.hash[:])
	return c.in(func(tx pg.Tx) error {
		if err := w.since(ctx, tx, at.seq, c.took); err != nil {
			return err
		}
		w.account()
		return w.unlinked(ctx, tx)
	})
}

// steps takes links one after the other.
func (w *walk) steps(links []link, took func(*link) error) error {
	for i := range links {
		w.step(&links[i])
		if took != nil {
			if err := took(&links[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// since takes the records of removals that stand behind the walk's end, or wait
// for their place: what they removed was perhaps walked as gone.
func (w *walk) since(ctx context.Context, tx pg.Tx, last int64, took func(*link) error) error {
	rows, err := tx.Query(ctx, `SELECT e.entry_id, e.at, e.action, e.subject_kind, COALESCE(e.subject_id, 0), e.actor_kind, COALESCE(e.actor_id, 0), e.salt, e.payload_hash, p.salt, p.payload
		FROM audit_entry e JOIN audit_payload p USING (tenant_id, entry_id) LEFT JOIN audit_link l USING (tenant_id, entry_id)
		WHERE e.tenant_id = current_tenant() AND audit_class(e.action) = $2 AND (l.seq IS NULL OR l.seq > $1)`, last, Removals)
	if err != nil {
		return fmt.Errorf("reading what was removed from the audit log meanwhile: %w", err)
	}
	l := link{version: versionCommit}
	var hash, salt, payload []byte
	_, err = pgx.ForEachRow(rows, []any{&l.entry, &l.at, &l.action, &l.subjectKind, &l.subjectID, &l.by.Kind, &l.by.ID, &l.salt, &hash, &salt, &payload}, func() error {
		l.there, l.payloadHash = true, [32]byte(hash)
		l.commitment = l.commit()
		l.keeps(salt, payload, slices.Clone)
		if w.away.record(&l); took != nil {
			return took(&l)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading what was removed from the audit log meanwhile: %w", err)
	}
	return nil
}

func readEnd(ctx context.Context, tx pg.Tx) (e end, waiting int64, err error) {
	var hash []byte
	err = tx.QueryRow(ctx, `SELECT COALESCE(h.chain, 0), COALESCE(h.seq, 0), COALESCE(h.hash, ''), (SELECT count(*) FROM audit_waiting WHERE tenant_id = current_tenant())
		FROM (SELECT current_tenant() AS tenant_id) t LEFT JOIN audit_head h USING (tenant_id)`).Scan(&e.chain, &e.seq, &hash, &waiting)
	if err != nil {
		return e, 0, fmt.Errorf("reading the end of the audit log: %w", err)
	}
	copy(e.hash[:], hash)
	return e, waiting, nil
}

// unlinked finds an entry that the chain doesn't know and that doesn't wait.
func (w *walk) unlinked(ctx context.Context, tx pg.Tx) error {
	rows, err := tx.Query(ctx, `SELECT e.entry_id FROM audit_entry e
		WHERE e.tenant_id = current_tenant()
			AND NOT EXISTS (SELECT FROM audit_link l WHERE l.tenant_id = e.tenant_id AND l.entry_id = e.entry_id)
			AND NOT EXISTS (SELECT FROM audit_waiting w WHERE w.tenant_id = e.tenant_id AND w.entry_id = e.entry_id)
		ORDER BY e.entry_id LIMIT 1`)
	if err != nil {
		return fmt.Errorf("looking for entries out of the chain: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("looking for entries out of the chain: %w", err)
	}
	for _, id := range ids {
		w.fault(Unlinked, id, id)
		w.open = false
	}
	return nil
}
