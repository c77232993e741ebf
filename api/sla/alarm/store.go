package alarm

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/api/sla/notice"
	"tikklok/ingest/mail"
	"tikklok/ingest/pg"
)

// keptFor is for how long what is over stays on the list.
const keptFor = 400 * 24 * time.Hour

// Note brings the list of the transaction's tenant to what was found at a
// moment, with a letter to each of its administrators where one is due. Two
// servers that look at once tell it once.
func Note(ctx context.Context, tx pg.Tx, l Look, now time.Time) (Turn, error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('alarm ' || current_tenant(), 0))"); err != nil {
		return Turn{}, fmt.Errorf("reading alarms: %w", err)
	}
	rows, err := read(ctx, tx, "over_at IS NULL")
	if err != nil {
		return Turn{}, err
	}
	known := make([]Alarm, len(rows))
	for i, r := range rows {
		known[i] = r.Alarm
	}
	left, turn := Step(known, l, now)
	if err := write(ctx, tx, rows, left, now); err != nil || !turn.Tell {
		return turn, err
	}
	return turn, tell(ctx, tx, turn, now)
}

// tell writes to the tenant's administrators, or else to the contract's fixed
// address (OB-H13).
func tell(ctx context.Context, tx pg.Tx, turn Turn, now time.Time) error {
	c, err := notice.CustomerOf(ctx, tx)
	if err != nil {
		return err
	}
	all, err := letters(turn, c, now)
	if err != nil {
		return err
	}
	_, err = mail.Spool(ctx, tx, all, now)
	return err
}

// row is an alarm as the table has it.
type row struct {
	Alarm
	id   int64
	over *time.Time
}

func read(ctx context.Context, tx pg.Tx, which string, args ...any) ([]row, error) {
	rows, err := tx.Query(ctx, "SELECT alarm_id, key, nl, en, quiet, since, told_at, clear_at, over_at FROM alarm WHERE tenant_id = current_tenant() AND "+which, args...)
	if err != nil {
		return nil, fmt.Errorf("reading alarms: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (out row, err error) {
		var told, clear *time.Time
		err = r.Scan(&out.id, &out.Key, &out.NL, &out.EN, &out.Quiet, &out.Since, &told, &clear, &out.over)
		if told != nil {
			out.Told = *told
		}
		if clear != nil {
			out.Clear = *clear
		}
		return out, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading alarms: %w", err)
	}
	return all, nil
}

// write brings the rows to what is left of them: one that is over stays, and
// one that was never told goes.
func write(ctx context.Context, tx pg.Tx, rows []row, left []Alarm, now time.Time) error {
	batch := &pgx.Batch{}
	next := map[string]Alarm{}
	for _, a := range left {
		next[a.Key] = a
	}
	for _, r := range rows {
		a, lasts := next[r.Key]
		delete(next, r.Key)
		switch {
		case lasts && !sameAlarm(a, r.Alarm):
			batch.Queue("UPDATE alarm SET nl = $2, en = $3, quiet = $4, since = $5, told_at = $6, clear_at = $7 WHERE tenant_id = current_tenant() AND alarm_id = $1",
				r.id, a.NL, a.EN, a.Quiet, a.Since, orNull(a.Told), orNull(a.Clear))
		case !lasts && !r.Told.IsZero():
			batch.Queue("UPDATE alarm SET over_at = $2 WHERE tenant_id = current_tenant() AND alarm_id = $1", r.id, now)
		case !lasts:
			batch.Queue("DELETE FROM alarm WHERE tenant_id = current_tenant() AND alarm_id = $1", r.id)
		}
	}
	for _, a := range next {
		batch.Queue("INSERT INTO alarm (tenant_id, key, nl, en, quiet, since, told_at, clear_at) VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7)",
			a.Key, a.NL, a.EN, a.Quiet, a.Since, orNull(a.Told), orNull(a.Clear))
	}
	if batch.Len() == 0 {
		return nil
	}
	batch.Queue("DELETE FROM alarm WHERE tenant_id = current_tenant() AND over_at < $1", now.Add(-keptFor))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("writing down alarms: %w", err)
	}
	return nil
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Lasting counts the alarms of the transaction's tenant that last; what may pass
// by yet is not among them.
func Lasting(ctx context.Context, tx pg.Tx) (n int, err error) {
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM alarm WHERE tenant_id = current_tenant() AND told_at IS NOT NULL AND over_at IS NULL").Scan(&n); err != nil {
		return 0, fmt.Errorf("counting alarms: %w", err)
	}
	return n, nil
}

// Shown is an alarm on a customer's list.
type Shown struct {
	Alarm
	Over *time.Time // nil: it lasts
}

// List gives the alarms of the transaction's tenant that last, and those that
// were over after a moment: what lasts first, then the newest. What may pass by
// yet is not among them.
func List(ctx context.Context, tx pg.Tx, since time.Time) ([]Shown, error) {
	rows, err := read(ctx, tx, "told_at IS NOT NULL AND (over_at IS NULL OR over_at > $1) ORDER BY over_at IS NOT NULL, since DESC, alarm_id DESC LIMIT 500", since)
	all := make([]Shown, len(rows))
	for i, r := range rows {
		all[i] = Shown{r.Alarm, r.over}
	}
	return all, err
}
