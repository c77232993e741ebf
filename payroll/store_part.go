package payroll

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// partSize is how many bytes of a file are stored together.
const partSize = 1 << 20

// partWriter stores a file part by part as it is written, and keeps what was
// already stored out of memory.
type partWriter struct {
	ctx  context.Context
	tx   pg.Tx
	run  int64
	buf  []byte
	part int
	size int64
	sum  hash.Hash
}

func newPartWriter(ctx context.Context, tx pg.Tx, run int64) *partWriter {
	return &partWriter{ctx: ctx, tx: tx, run: run, buf: make([]byte, 0, partSize), sum: sha256.New()}
}

// Write takes bytes of the file.
func (w *partWriter) Write(p []byte) (int, error) {
	n := len(p)
	w.sum.Write(p)
	w.size += int64(n)
	for len(p) > 0 {
		k := min(len(p), partSize-len(w.buf))
		w.buf, p = append(w.buf, p[:k]...), p[k:]
		if len(w.buf) == partSize {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// flush stores what is held.
func (w *partWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.tx.Exec(w.ctx, "INSERT INTO payroll_part (tenant_id, run_id, part, body) VALUES (current_tenant(), $1, $2, $3)", w.run, w.part, w.buf)
	if err != nil {
		return fmt.Errorf("storing the file of run %d: %w", w.run, err)
	}
	w.part, w.buf = w.part+1, w.buf[:0]
	return nil
}

// readPart gives a part of a run's file; nil: there is none of that number.
// Runs made before files had parts have theirs whole.
func readPart(ctx context.Context, tx pg.Tx, run int64, part int) ([]byte, error) {
	var body []byte
	err := tx.QueryRow(ctx, `SELECT body FROM payroll_part WHERE tenant_id = current_tenant() AND run_id = $1 AND part = $2
		UNION ALL SELECT body FROM payroll_file WHERE tenant_id = current_tenant() AND run_id = $1 AND $2 = 0 AND body <> ''`, run, part).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the file of run %d: %w", run, err)
	}
	return body, nil
}

// hasBytes says whether any of a run's file is stored: at the end of its term
// it is removed (OB-P3).
func hasBytes(ctx context.Context, tx pg.Tx, run int64) (there bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM payroll_part WHERE tenant_id = current_tenant() AND run_id = $1)
		OR EXISTS (SELECT FROM payroll_file WHERE tenant_id = current_tenant() AND run_id = $1 AND body <> '')`, run).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("looking for the file of run %d: %w", run, err)
	}
	return there, nil
}
