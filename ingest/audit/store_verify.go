package audit

import (
	"context"
	"fmt"
	"time"

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

// verifyAtOnce is how many links one statement gives: what is held in memory,
// and how often progress is told.
const verifyAtOnce = 20000

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
	took     func(*link) error // is given each link that was walked
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
	for from, more := int64(1), true; more; from += verifyAtOnce {
		err := c.in(func(tx pg.Tx) (err error) {
			more, err = w.window(ctx, tx, from, at.seq, c.took)
			return err
		})
		if err == nil && c.progress != nil {
			err = c.progress(w.Links, at.seq)
		}
		if err != nil {
			return w.Report, err
		}
	}
	w.finish(at.seq, at.hash[:])
	return w.Report, c.in(func(tx pg.Tx) error { return w.unlinked(ctx, tx) })
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

// window walks the links from a number up to the next window or the end.
func (w *walk) window(ctx context.Context, tx pg.Tx, from, last int64, took func(*link) error) (more bool, err error) {
	rows, err := tx.Query(ctx, `
		SELECT l.seq, l.entry_id, l.version, l.commitment, l.hash,
			e.at, e.action, e.subject_kind, COALESCE(e.subject_id, 0), e.actor_kind, COALESCE(e.actor_id, 0), e.salt, e.payload_hash, p.salt, p.payload
		FROM audit_link l LEFT JOIN audit_entry e USING (tenant_id, entry_id) LEFT JOIN audit_payload p USING (tenant_id, entry_id)
		WHERE l.tenant_id = current_tenant() AND l.seq >= $1 AND l.seq < $2 ORDER BY l.seq`, from, from+verifyAtOnce)
	if err != nil {
		return false, fmt.Errorf("reading the audit log: %w", err)
	}
	defer rows.Close()
	var s scanned
	for rows.Next() {
		l, err := s.scan(rows)
		if err != nil {
			return false, fmt.Errorf("reading the audit log: %w", err)
		}
		if l.seq > last { // appended since the end was read
			break
		}
		if w.step(l); took != nil {
			if err := took(l); err != nil {
				return false, err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("reading the audit log: %w", err)
	}
	return from+verifyAtOnce <= last, nil
}

// scanned is the memory that rows are read into, one after the other.
type scanned struct {
	link                          link
	commitment, hash, payloadHash []byte
	at                            *time.Time
	action, subjectKind, byKind   *string
	subjectID, byID               *int64
}

func (s *scanned) scan(rows pgx.Rows) (*link, error) {
	l := &s.link
	*l = link{}
	err := rows.Scan(&l.seq, &l.entry, &l.version, &s.commitment, &s.hash,
		&s.at, &s.action, &s.subjectKind, &s.subjectID, &s.byKind, &s.byID, &l.salt, &s.payloadHash, &l.payloadSalt, &l.payload)
	if err != nil {
		return nil, err
	}
	copy(l.commitment[:], s.commitment)
	copy(l.hash[:], s.hash)
	if s.at == nil {
		return l, nil
	}
	l.there, l.at, l.action, l.subjectKind, l.subjectID = true, *s.at, *s.action, *s.subjectKind, *s.subjectID
	l.by = Actor{ActorKind(*s.byKind), *s.byID}
	copy(l.payloadHash[:], s.payloadHash)
	return l, nil
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
