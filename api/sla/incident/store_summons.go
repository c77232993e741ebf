package incident

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
)

// retellAfter is how long a summons is left to the server that took it, before
// it is taken for one that nobody lived to send, and sent again.
const retellAfter = 2 * time.Minute

// Summon gives whom to tell now of the tenant's incidents that wait, and keeps
// each from being given again for two minutes; Settle ends it. Each step of the
// roster is told once since an incident began to wait, the next when ten minutes
// brought no answered call and no word that it is in hand; and of a step all who
// stand there, also who takes over while it waits.
func Summon(ctx context.Context, tx pg.Tx, zone *time.Location, now time.Time) (all []Summons, err error) {
	open, err := Unsettled(ctx, tx)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	if err := lock(ctx, tx); err != nil {
		return nil, err
	}
	roster, err := Roster(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	on := summonable(OnDuty(roster, now))
	for _, id := range open {
		i, err := Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if since := i.Waiting(); !since.IsZero() {
			due, err := i.summon(ctx, tx, since, on, zone, now)
			if err != nil {
				return nil, err
			}
			all = append(all, due...)
		}
	}
	return all, nil
}

// summon gives what is to be told of one incident.
func (i Incident) summon(ctx context.Context, tx pg.Tx, since time.Time, on []Duty, zone *time.Location, now time.Time) (all []Summons, err error) {
	tried, err := tries(ctx, tx, i.ID)
	if err != nil {
		return nil, err
	}
	if step := Escalate(tried, since, on, now); step > 0 {
		_, err := tx.Exec(ctx, `INSERT INTO duty_told (tenant_id, incident_id, waits_since, step, made_at, due_at)
			VALUES (current_tenant(), $1, $2, $3, $4, $4) ON CONFLICT ON CONSTRAINT duty_told_once DO NOTHING`, i.ID, since, step, now)
		if err != nil {
			return nil, fmt.Errorf("calling who is on duty: %w", err)
		}
	}
	rows, err := tx.Query(ctx, `UPDATE duty_told SET due_at = $3 WHERE tenant_id = current_tenant() AND incident_id = $1 AND waits_since = $2 AND (due_at <= $4 OR due_at > $3)
		RETURNING told_id, step, made_at, settled`, i.ID, since, now.Add(retellAfter), now)
	if err != nil {
		return nil, fmt.Errorf("calling who is on duty: %w", err)
	}
	answerBy := i.Clock(window.Service(zone)).Answer.By
	s := Summons{Incident: i.ID, Priority: i.Now(), Category: i.Category, Arose: i.Arose(), AnswerBy: answerBy}
	var settled []int64
	_, err = pgx.ForEachRow(rows, []any{&s.ID, &s.Step, &s.Made, &settled}, func() error {
		if s.To = untold(on, s.Step, settled); len(s.To) > 0 {
			all = append(all, s)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("calling who is on duty: %w", err)
	}
	return all, nil
}

// Settle writes down that the mail server spoke its last word about letters to
// whom these name: it took them, or knows no such mailbox.
func Settle(ctx context.Context, tx pg.Tx, all []Summons, took bool, now time.Time) error {
	for _, s := range all {
		_, err := tx.Exec(ctx, `UPDATE duty_told SET settled = settled || $2, sent_at = CASE WHEN $3 THEN COALESCE(sent_at, $4) ELSE sent_at END
			WHERE tenant_id = current_tenant() AND told_id = $1`, s.ID, numbers(s.To), took, now)
		if err != nil {
			return fmt.Errorf("noting who on duty was told: %w", err)
		}
	}
	return nil
}

// Told is when a step of the roster was told of an incident by e-mail.
type Told struct {
	Step int
	At   time.Time
	Sent bool // the mail server took it for somebody there
}

// ToldOf gives who on duty was told of an incident, the last first.
func ToldOf(ctx context.Context, tx pg.Tx, incident int64) ([]Told, error) {
	rows, err := tx.Query(ctx, `SELECT step, COALESCE(sent_at, made_at), sent_at IS NOT NULL FROM duty_told
		WHERE tenant_id = current_tenant() AND incident_id = $1 ORDER BY told_id DESC LIMIT 100`, incident)
	if err != nil {
		return nil, fmt.Errorf("reading who on duty was told: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Told])
	if err != nil {
		return nil, fmt.Errorf("reading who on duty was told: %w", err)
	}
	return all, nil
}

// tries are the calls about an incident, and the letters to who is on duty: a
// letter too leaves ten minutes for an answer.
func tries(ctx context.Context, tx pg.Tx, incident int64) ([]Call, error) {
	calls, err := Calls(ctx, tx, incident, 100)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, "SELECT step, made_at FROM duty_told WHERE tenant_id = current_tenant() AND incident_id = $1", incident)
	if err != nil {
		return nil, fmt.Errorf("reading who on duty was told: %w", err)
	}
	var c Call
	_, err = pgx.ForEachRow(rows, []any{&c.Step, &c.CalledAt}, func() error { calls = append(calls, c); return nil })
	if err != nil {
		return nil, fmt.Errorf("reading who on duty was told: %w", err)
	}
	return calls, nil
}
