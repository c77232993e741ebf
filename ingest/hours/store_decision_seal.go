package hours

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// unsealed refuses with ErrSealed what would change a sealed day: its taps may
// be gone, so only minutes added or taken by hand reach it (I5). A tap that
// came too late for it can be left out.
func unsealed(ctx context.Context, tx pg.Tx, d Decision, k *tapKey) error {
	if d.Employee == 0 || d.Kind == AddMinutes || d.Kind == IgnoreTap {
		return nil
	}
	var before *time.Time
	if err := tx.QueryRow(ctx, "SELECT max(before_day) FROM seal WHERE tenant_id = current_tenant() AND employee_id = $1", d.Employee).Scan(&before); err != nil {
		return fmt.Errorf("looking up sealed days: %w", err)
	}
	if before == nil {
		return nil
	}
	people := map[int64]Facts{}
	if err := readPeople(ctx, tx, []int64{d.Employee}, people); err != nil {
		return err
	}
	zone := people[d.Employee].Person.Zone
	days := []calendar.Date{}
	if d.hasDay() {
		days = append(days, d.Day)
	}
	if !d.At.IsZero() {
		days = append(days, calendar.DateOf(d.At.In(zone)))
	}
	if k != nil {
		var placed int64
		err := tx.QueryRow(ctx, `SELECT placed FROM punch WHERE tenant_id = current_tenant() AND origin = $1 AND epoch = $2 AND seq = $3`,
			k.origin, k.epoch, k.seq).Scan(&placed)
		if err != nil {
			return fmt.Errorf("looking up a tap: %w", err)
		}
		days = append(days, calendar.DateOf(time.UnixMilli(placed).In(zone)))
	}
	for _, day := range days {
		if day.Before(calendar.DateOf(*before)) {
			return fmt.Errorf("day %s: %w", day, ErrSealed)
		}
	}
	return nil
}
