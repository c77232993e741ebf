package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"tikklok/ingest/pg"
)

// Append writes an entry at the end of the chain of the transaction's tenant;
// other appends of that tenant wait until the transaction ends. Call it after
// the change it describes.
func Append(ctx context.Context, tx pg.Tx, e Entry) error {
	payload, err := canonical(e.Payload)
	if err != nil {
		return err
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	l := link{action: e.Action, subjectKind: e.SubjectKind, subjectID: e.SubjectID, by: e.By,
		payloadHash: hashPayload(salt, payload)}
	if err := lockHead(ctx, tx, &l); err != nil {
		return err
	}
	l.seq++
	return insert(ctx, tx, l, salt, payload)
}

// lockHead reads where the chain ends, making and locking its head row. An
// ingest transaction has a tenant for this when its group is of one tenant.
func lockHead(ctx context.Context, tx pg.Tx, l *link) error {
	var previous []byte
	err := tx.QueryRow(ctx, `
		INSERT INTO audit_head AS h (tenant_id, seq, hash)
		VALUES (COALESCE(current_tenant(), CASE WHEN cardinality(current_tenants()) = 1 THEN (current_tenants())[1] END),
			0, decode(repeat('00', 32), 'hex'))
		ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq
		RETURNING tenant_id, seq, hash, clock_timestamp()`).Scan(&l.tenant, &l.seq, &previous, &l.at)
	if err != nil {
		return fmt.Errorf("locking the audit log: %w", err)
	}
	copy(l.previous[:], previous)
	return nil
}

func insert(ctx context.Context, tx pg.Tx, l link, salt, payload []byte) error {
	hash := l.hash()
	_, err := tx.Exec(ctx, `
		WITH entry AS (
			INSERT INTO audit_entry (tenant_id, seq, at, action, subject_kind, subject_id, actor_kind, actor_id, payload_hash, previous, hash)
			VALUES ($1, $2, $3, $4, $5, NULLIF($6::bigint, 0), $7, NULLIF($8::bigint, 0), $9, $10, $11)),
		beside AS (
			INSERT INTO audit_payload (tenant_id, seq, salt, payload) VALUES ($1, $2, $12, $13))
		UPDATE audit_head SET seq = $2, hash = $11 WHERE tenant_id = $1`,
		l.tenant, l.seq, l.at, l.action, l.subjectKind, l.subjectID, l.by.Kind, l.by.ID,
		l.payloadHash[:], l.previous[:], hash[:], salt, payload)
	if err != nil {
		return fmt.Errorf("appending to the audit log: %w", err)
	}
	return nil
}

// List gives the newest entries below the number before (0: from the end),
// newest first.
func List(ctx context.Context, tx pg.Tx, before int64, limit int) ([]Line, error) {
	rows, err := tx.Query(ctx, `
		SELECT e.seq, e.at, e.action, e.subject_kind, COALESCE(e.subject_id, 0), e.actor_kind, COALESCE(e.actor_id, 0), p.payload
		FROM audit_entry e LEFT JOIN audit_payload p USING (tenant_id, seq)
		WHERE e.tenant_id = current_tenant() AND ($1::bigint = 0 OR e.seq < $1)
		ORDER BY e.seq DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("listing the audit log: %w", err)
	}
	defer rows.Close()
	var lines []Line
	for rows.Next() {
		var l Line
		if err := rows.Scan(&l.Seq, &l.At, &l.Action, &l.SubjectKind, &l.SubjectID, &l.By.Kind, &l.By.ID, (*[]byte)(&l.Payload)); err != nil {
			return nil, fmt.Errorf("listing the audit log: %w", err)
		}
		lines = append(lines, l)
	}
	return lines, rows.Err()
}

// Verify walks the chain of the transaction's tenant and returns ErrBroken,
// saying where, when an entry or a kept payload was changed, removed or moved.
// Whoever can rewrite every table can rewrite the chain too: keep its head
// elsewhere to find that out.
//
// Entries and end are read in one statement: what is appended between two would
// look like an entry that is missing.
func Verify(ctx context.Context, tx pg.Tx) error {
	rows, err := tx.Query(ctx, `
		SELECT e.tenant_id, e.seq, e.at, e.action, e.subject_kind, COALESCE(e.subject_id, 0), e.actor_kind, COALESCE(e.actor_id, 0),
			e.payload_hash, e.previous, e.hash, p.salt, p.payload, COALESCE(h.seq, 0), COALESCE(h.hash, '')
		FROM audit_entry e LEFT JOIN audit_payload p USING (tenant_id, seq) LEFT JOIN audit_head h USING (tenant_id)
		WHERE e.tenant_id = current_tenant() ORDER BY e.seq`)
	if err != nil {
		return fmt.Errorf("reading the audit log: %w", err)
	}
	defer rows.Close()
	var last link
	var head [32]byte
	var end int64 // where the chain has to end
	var endHash []byte
	for rows.Next() {
		var l link
		var payloadHash, previous, hash, salt, payload []byte
		if err := rows.Scan(&l.tenant, &l.seq, &l.at, &l.action, &l.subjectKind, &l.subjectID, &l.by.Kind, &l.by.ID,
			&payloadHash, &previous, &hash, &salt, &payload, &end, &endHash); err != nil {
			return fmt.Errorf("reading the audit log: %w", err)
		}
		copy(l.payloadHash[:], payloadHash)
		copy(l.previous[:], previous)
		switch {
		case l.seq != last.seq+1:
			return fmt.Errorf("%w: entry %d is missing", ErrBroken, last.seq+1)
		case l.previous != head || l.hash() != [32]byte(hash):
			return fmt.Errorf("%w: entry %d of %s", ErrBroken, l.seq, l.at.UTC().Format(time.RFC3339))
		case salt != nil && hashPayload(salt, payload) != l.payloadHash:
			return fmt.Errorf("%w: the content of entry %d of %s", ErrBroken, l.seq, l.at.UTC().Format(time.RFC3339))
		}
		last, head = l, l.hash()
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the audit log: %w", err)
	}
	if last.seq == 0 {
		return verifyNone(ctx, tx)
	}
	if end != last.seq || !bytes.Equal(endHash, head[:]) {
		return fmt.Errorf("%w: entries after %d are missing", ErrBroken, last.seq)
	}
	return nil
}

// verifyNone finds that all entries were removed.
func verifyNone(ctx context.Context, tx pg.Tx) error {
	var some bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM audit_head WHERE tenant_id = current_tenant() AND seq > 0)").Scan(&some)
	if err != nil {
		return fmt.Errorf("reading the end of the audit log: %w", err)
	}
	if some {
		return fmt.Errorf("%w: all entries are missing", ErrBroken)
	}
	return nil
}
