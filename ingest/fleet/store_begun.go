package fleet

import (
	"context"
	"fmt"

	"tikklok/ingest/pg"
)

// Begun says how far an organisation is that begins: whether it has an
// employee, whether somebody was ever given a fob, and whether it ever had a
// gateway: one that was cut off doesn't make it a beginner again.
type Begun struct{ People, Fobs, Gateways bool }

// Whole says that taps can become hours.
func (b Begun) Whole() bool { return b.People && b.Fobs && b.Gateways }

// HowFar looks how far the transaction's tenant is.
func HowFar(ctx context.Context, tx pg.Tx) (b Begun, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM employee), EXISTS (SELECT FROM fob_issue),
		EXISTS (SELECT FROM gateway)`).Scan(&b.People, &b.Fobs, &b.Gateways)
	if err != nil {
		err = fmt.Errorf("how far the organisation is: %w", err)
	}
	return b, err
}
