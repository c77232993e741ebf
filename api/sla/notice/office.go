package notice

import (
	"context"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/pg"
)

// InOffice gives how much of announced work falls within the tenant's office
// hours, outside of which it is done where possible (OB-S3, W-3.3): by the
// setting of each month that it lies in, in the zone.
func InOffice(ctx context.Context, tx pg.Tx, m Maintenance, zone *time.Location) (sum time.Duration, err error) {
	for from := m.From; from.Before(m.Until); {
		month := sla.MonthOf(from.In(zone))
		until := month.Add(1).In(zone)
		if until.After(m.Until) {
			until = m.Until
		}
		office, err := sla.OfficeIn(ctx, tx, month, zone)
		if err != nil {
			return 0, err
		}
		sum += office.Window.Between(from, until)
		from = until
	}
	return sum, nil
}
