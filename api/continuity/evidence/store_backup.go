package evidence

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// backedUp holds the month's nights against the sets that were made (OB-C8): a
// full one, sealed, of every night since there is a place for them.
func backedUp(ctx context.Context, tx pg.Tx, _ Register, o Order, moment time.Time) ([]Finding, error) {
	zone := o.Month.First.Location()
	var since *time.Time
	if err := tx.QueryRow(ctx, "SELECT min(since) FROM backup_place").Scan(&since); err != nil {
		return nil, fmt.Errorf("reading since when backups are made: %w", err)
	}
	if since == nil {
		return nil, nil
	}
	rows, err := tx.Query(ctx, "SELECT ended_at FROM backup_set WHERE ended_at >= $1 AND ended_at <= $2 ORDER BY ended_at", o.Month.First, moment)
	if err != nil {
		return nil, fmt.Errorf("reading the month's backups: %w", err)
	}
	ended, err := collect(rows, pgx.RowTo[time.Time])
	if err != nil || len(ended) == 0 {
		return nil, err
	}
	made, due := nights(ended, *since, o.Month, moment, zone)
	return []Finding{{Proof: "backup", At: ended[len(ended)-1], Holds: made == due, Value: fmt.Sprintf("%d / %d", made, due)}}, nil
}

// nights counts the days of a month on which a backup ended, of those on which
// one had to: the days after since of which noon has passed, as a machine that
// slept catches up, and every other on which there is one.
func nights(ended []time.Time, since time.Time, m Month, moment time.Time, zone *time.Location) (made, due int) {
	have := map[string]bool{}
	for _, t := range ended {
		have[t.In(zone).Format(time.DateOnly)] = true
	}
	for day := m.First; day.Before(m.First.AddDate(0, 1, 0)); day = day.AddDate(0, 0, 1) {
		name := day.Format(time.DateOnly)
		switch noon := day.Add(12 * time.Hour); {
		case have[name]:
			made, due = made+1, due+1
		case day.After(since) && !noon.After(moment):
			due++
		}
	}
	return made, due
}
