package audit

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// linkAtOnce bounds what one transaction links.
const linkAtOnce = 5000

// Link puts the entries of a tenant that wait into its chain and gives how many
// they were. Several may call it at once: the chain's end is their lock. Where
// the chain doesn't end as it was left it goes on behind the gap, and has the
// log verified, which locates it.
func Link(ctx context.Context, db *pg.DB, tenant int64) (linked int, err error) {
	linked, _, err = linkAll(ctx, db, tenant)
	return linked, err
}

func linkAll(ctx context.Context, db *pg.DB, tenant int64) (linked int, sound bool, err error) {
	for sound = true; ; {
		n, held := 0, false
		err = db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
			n, held, err = linkSome(ctx, tx)
			return err
		})
		sound = sound && held
		if linked += n; err != nil || n < linkAtOnce {
			return linked, sound, err
		}
	}
}

// end is where a chain ends.
type end struct {
	chain, seq int64
	hash       [32]byte
}

// linkSome links the oldest that wait, and says whether the chain ended as it
// was left: the cheapest way to alter a log is to cut it off, and once others
// are linked on its end is sound.
func linkSome(ctx context.Context, tx pg.Tx) (n int, sound bool, err error) {
	at, err := lockEnd(ctx, tx)
	if err != nil {
		return 0, true, err
	}
	if sound, err = tailSound(ctx, tx); err == nil && !sound {
		err = AskCheck(ctx, tx)
	}
	if err != nil {
		return 0, sound, err
	}
	waiting, err := readWaiting(ctx, tx)
	if err != nil || len(waiting) == 0 {
		return 0, sound, err
	}
	var b batch
	for _, l := range waiting {
		at.seq++
		l.seq, l.version, l.commitment = at.seq, versionCommit, l.commit()
		l.hash = l.after(at.hash, at.chain)
		at.hash = l.hash
		b.add(l)
	}
	return len(waiting), sound, b.store(ctx, tx, at)
}

// batch is links as columns.
type batch struct {
	seqs, entries       []int64
	commitments, hashes [][]byte
}

func (b *batch) add(l *link) {
	b.seqs, b.entries = append(b.seqs, l.seq), append(b.entries, l.entry)
	b.commitments, b.hashes = append(b.commitments, l.commitment[:]), append(b.hashes, l.hash[:])
}

func (b *batch) store(ctx context.Context, tx pg.Tx, at end) error {
	_, err := tx.Exec(ctx, `
		WITH linked AS (
			INSERT INTO audit_link (tenant_id, seq, entry_id, version, commitment, hash)
			SELECT current_tenant(), u.seq, u.entry_id, 2, u.commitment, u.hash
			FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[]) u (seq, entry_id, commitment, hash)),
		done AS (
			DELETE FROM audit_waiting WHERE tenant_id = current_tenant() AND entry_id = ANY ($2))
		UPDATE audit_head SET seq = $5, hash = $6 WHERE tenant_id = current_tenant()`,
		b.seqs, b.entries, b.commitments, b.hashes, at.seq, at.hash[:])
	if err != nil {
		return fmt.Errorf("linking the audit log: %w", err)
	}
	return nil
}

func lockEnd(ctx context.Context, tx pg.Tx) (e end, err error) {
	var hash []byte
	err = tx.QueryRow(ctx, `
		INSERT INTO audit_head AS h (tenant_id, chain, seq, hash) VALUES (current_tenant(), $1, 0, decode(repeat('00', 32), 'hex'))
		ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq
		RETURNING chain, seq, hash`, newChain()).Scan(&e.chain, &e.seq, &hash)
	if err != nil {
		return e, fmt.Errorf("locking the audit log: %w", err)
	}
	copy(e.hash[:], hash)
	return e, nil
}

// newChain gives the number that the hashes of a new chain name it by. It is
// drawn, so that a chain that outlives its tenant leads nowhere (OB-P6), and
// fits the numbers of JSON.
func newChain() int64 {
	var b [8]byte
	rand.Read(b[:])
	return int64(binary.BigEndian.Uint64(b[:])>>12) | 1
}

func readWaiting(ctx context.Context, tx pg.Tx) ([]*link, error) {
	rows, err := tx.Query(ctx, `SELECT w.entry_id, e.at, e.action, e.subject_kind, COALESCE(e.subject_id, 0), e.actor_kind, COALESCE(e.actor_id, 0), e.salt, e.payload_hash
		FROM (SELECT entry_id FROM audit_waiting WHERE tenant_id = current_tenant() ORDER BY entry_id LIMIT $1) w
		CROSS JOIN LATERAL (SELECT * FROM audit_entry e WHERE e.tenant_id = current_tenant() AND e.entry_id = w.entry_id OFFSET 0) e
		ORDER BY w.entry_id`, linkAtOnce) // OFFSET 0: looked up one by one, not the whole table joined to what waits
	if err != nil {
		return nil, fmt.Errorf("reading what waits for the audit log: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (*link, error) {
		var l link
		var hash []byte
		err := r.Scan(&l.entry, &l.at, &l.action, &l.subjectKind, &l.subjectID, &l.by.Kind, &l.by.ID, &l.salt, &hash)
		copy(l.payloadHash[:], hash)
		return &l, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what waits for the audit log: %w", err)
	}
	return all, nil
}

// waitingTenants gives whose entries wait.
func waitingTenants(ctx context.Context, db *pg.DB) (all []int64, err error) {
	err = db.Look(ctx, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, "SELECT audit_waiting_tenants()")
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for entries of the audit log to chain: %w", err)
	}
	return all, nil
}

// tailSound says, without going along the chain, whether it ends as it was
// left.
func tailSound(ctx context.Context, tx pg.Tx) (sound bool, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE((SELECT CASE WHEN h.seq = 0 THEN l.seq IS NULL ELSE h.seq = l.seq AND h.hash = l.hash END
		FROM audit_head h LEFT JOIN LATERAL (SELECT seq, hash FROM audit_link l WHERE l.tenant_id = h.tenant_id ORDER BY seq DESC LIMIT 1) l ON true
		WHERE h.tenant_id = current_tenant()), true)`).Scan(&sound)
	if err != nil {
		return false, fmt.Errorf("reading the end of the audit log: %w", err)
	}
	return sound, nil
}
