package request

import (
	"context"
	"time"

	"tikklok/ingest/audit"
)

// Erase erases an employee: *Refusal where it cannot be done yet. What was
// done is done whole or not at all; the request, 0 for none, is then closed.
func (d Desk) Erase(ctx context.Context, tenant, employee, request int64, by audit.Actor, now time.Time) (Erased, error) {
	return Erased{}, ErrNobody
}
