package audit

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"tikklok/ingest/pg"
)

// Export writes a tenant's log for an auditor: JSON lines with all that is
// needed to verify it alone (CheckExport), and the same entries as CSV for
// people. It says how the log is; a broken one is written as it stands.
func Export(ctx context.Context, db *pg.DB, tenant int64, lines, table io.Writer) (Report, error) {
	if _, err := Link(ctx, db, tenant); err != nil {
		return Report{}, err
	}
	out := bufio.NewWriter(lines)
	encode := json.NewEncoder(out)
	sheet, err := newSheet(table)
	if err != nil {
		return Report{}, fmt.Errorf("exporting the audit log: %w", err)
	}
	r, err := checking{
		in: inTenant(ctx, db, tenant),
		began: func(at end) error {
			return encode.Encode(exportHead{exportFormat, at.chain, at.seq, hex.EncodeToString(at.hash[:])})
		},
		took: func(l *link) error { return errors.Join(encode.Encode(lineOf(l)), sheet.add(l)) },
	}.run(ctx)
	sheet.Flush()
	if err := errors.Join(err, out.Flush(), sheet.Error()); err != nil {
		return r, fmt.Errorf("exporting the audit log: %w", err)
	}
	return r, nil
}
