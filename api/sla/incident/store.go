package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Add writes an incident down with the terms of the tenant's contract of today,
// tells the customer of it, and gives its number. Its category and, where none was agreed on, its
// priority are those proposed. A *privacy.Refused names what is wrong.
func Add(ctx context.Context, tx pg.Tx, i Incident) (int64, error) {
	terms, err := TermsNow(ctx, tx)
	if err != nil {
		return 0, err
	}
	i.tidy()
	i.Terms = terms
	category, proposed := Propose(i.Kind, i.Impact, i.Terms)
	i.Category = category
	if i.Priority == "" {
		i.Priority = proposed
	}
	if err := i.check(i.At); err != nil {
		return 0, err
	}
	i, err = insert(ctx, tx, i)
	return i.ID, err
}

func (i *Incident) tidy() {
	for _, text := range []*string{&i.Report.Message, &i.Report.Steps, &i.Report.Computer, &i.Report.Screenshot, &i.Why} {
		*text = strings.TrimSpace(*text)
	}
}

// insert writes an incident down, gives it its number, and tells of it.
func insert(ctx context.Context, tx pg.Tx, i Incident) (_ Incident, err error) {
	var texts [3][]byte
	for n, v := range []any{i.Report, i.Impact, i.Terms} {
		if texts[n], err = json.Marshal(v); err != nil {
			return i, fmt.Errorf("writing an incident down: %w", err)
		}
	}
	err = tx.QueryRow(ctx, `INSERT INTO incident (tenant_id, channel, kind, arose_at, reported_at, report, impact, category, priority, why, terms, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING incident_id`,
		i.Channel, i.Kind, i.AroseAt, i.Reported, texts[0], texts[1], i.Category, i.Priority, i.Why, texts[2], i.At, i.By.Kind, i.By.ID).Scan(&i.ID)
	if err != nil {
		return i, fmt.Errorf("writing an incident down: %w", err)
	}
	err = audit.Append(ctx, tx, audit.Entry{Action: "incident.report", SubjectKind: "incident", SubjectID: i.ID, By: i.By,
		Payload: map[string]any{"channel": i.Channel, "kind": i.Kind, "arose_at": stamp(i.AroseAt), "reported_at": stamp(i.Reported),
			"report": i.Report, "impact": i.Impact, "category": i.Category, "priority": i.Priority, "why": i.Why}})
	if err != nil {
		return i, err
	}
	return i, tell(ctx, tx, i, News{reported, fmt.Sprintf("incident %d", i.ID), i.Reported}, i.At)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Do writes down what was done about an incident, and tells the customer. A
// *privacy.Refused names what is wrong; ErrNotFound: there is none of the number.
func Do(ctx context.Context, tx pg.Tx, id int64, s Step) error {
	i, err := locked(ctx, tx, id)
	if err != nil {
		return err
	}
	s.Note = strings.TrimSpace(s.Note)
	if s.What != Weighed {
		s.Priority = ""
	}
	if s.What != Duplicate {
		s.Of = 0
	}
	if err := i.may(s, s.At); err != nil {
		return err
	}
	if s.What == Duplicate {
		if err := follows(ctx, tx, i, s.Of); err != nil {
			return err
		}
	}
	return i.take(ctx, tx, s)
}

// follows refuses an incident as a duplicate of one that isn't there or doesn't
// fit.
func follows(ctx context.Context, tx pg.Tx, i Incident, of int64) error {
	other, err := read(ctx, tx, of)
	if err != nil {
		return err
	}
	if len(other) == 0 {
		return privacy.Refuse("of", "unknown", "is no incident")
	}
	return i.mayFollow(other[0])
}

// take writes a step down that may be taken, and tells of it.
func (i *Incident) take(ctx context.Context, tx pg.Tx, s Step) error {
	var step int64
	err := tx.QueryRow(ctx, `INSERT INTO incident_step (tenant_id, incident_id, what, done_at, note, priority, of_id, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, NULLIF($5, ''), NULLIF($6::bigint, 0), $7, $8, $9) RETURNING step_id`,
		i.ID, s.What, s.DoneAt, s.Note, string(s.Priority), s.Of, s.At, s.By.Kind, s.By.ID).Scan(&step)
	if err != nil {
		return fmt.Errorf("writing down what was done about an incident: %w", err)
	}
	i.Steps = append(i.Steps, s)
	err = audit.Append(ctx, tx, audit.Entry{Action: string(s.event()), SubjectKind: "incident", SubjectID: i.ID, By: s.By,
		Payload: map[string]any{"done_at": stamp(s.DoneAt), "note": s.Note, "priority": s.Priority, "of": s.Of}})
	if err != nil || !s.told() {
		return err
	}
	return tell(ctx, tx, *i, News{s.event(), fmt.Sprintf("incident %d step %d", i.ID, step), s.DoneAt}, s.At)
}

// locked reads an incident. All that is done about a tenant's incidents is done
// one after the other, so that two can't each become the other's duplicate.
func locked(ctx context.Context, tx pg.Tx, id int64) (Incident, error) {
	if err := lock(ctx, tx); err != nil {
		return Incident{}, err
	}
	return Get(ctx, tx, id)
}

func lock(ctx context.Context, tx pg.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('incident ' || current_tenant(), 0))"); err != nil {
		return fmt.Errorf("reading incidents: %w", err)
	}
	return nil
}

// Get gives one incident, or ErrNotFound.
func Get(ctx context.Context, tx pg.Tx, id int64) (Incident, error) {
	all, err := read(ctx, tx, id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%w: %d", ErrNotFound, id)
	}
	if err != nil {
		return Incident{}, err
	}
	return all[0], nil
}

// Unsettled gives the numbers of incidents that are open, the oldest first.
func Unsettled(ctx context.Context, tx pg.Tx) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT i.incident_id FROM incident i
		WHERE i.tenant_id = current_tenant() AND COALESCE((SELECT s.what FROM incident_step s
			WHERE s.tenant_id = i.tenant_id AND s.incident_id = i.incident_id AND s.what IN ('solved', 'duplicate', 'dismissed', 'reopened')
			ORDER BY s.step_id DESC LIMIT 1), 'reopened') = 'reopened'
		ORDER BY i.incident_id`)
	if err != nil {
		return nil, fmt.Errorf("looking for open incidents: %w", err)
	}
	open, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("looking for open incidents: %w", err)
	}
	return open, nil
}

// List gives all incidents, the newest first.
func List(ctx context.Context, tx pg.Tx) ([]Incident, error) { return read(ctx, tx, 0) }

func read(ctx context.Context, tx pg.Tx, id int64) ([]Incident, error) {
	rows, err := tx.Query(ctx, `SELECT incident_id, channel, kind, arose_at, reported_at, report, impact, category, priority, why, terms, at, by_kind, by_id
		FROM incident WHERE tenant_id = current_tenant() AND ($1::bigint = 0 OR incident_id = $1) ORDER BY incident_id DESC`, id)
	if err != nil {
		return nil, fmt.Errorf("reading incidents: %w", err)
	}
	all, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("reading incidents: %w", err)
	}
	return all, readSteps(ctx, tx, id, all)
}

func scan(r pgx.CollectableRow) (i Incident, err error) {
	return i, r.Scan(&i.ID, &i.Channel, &i.Kind, &i.AroseAt, &i.Reported, &i.Report, &i.Impact, &i.Category, &i.Priority, &i.Why, &i.Terms, &i.At, &i.By.Kind, &i.By.ID)
}

func readSteps(ctx context.Context, tx pg.Tx, id int64, all []Incident) error {
	place := make(map[int64]*Incident, len(all))
	for n := range all {
		place[all[n].ID] = &all[n]
	}
	rows, err := tx.Query(ctx, `SELECT incident_id, what, done_at, note, COALESCE(priority, ''), COALESCE(of_id, 0), at, by_kind, by_id FROM incident_step
		WHERE tenant_id = current_tenant() AND ($1::bigint = 0 OR incident_id = $1) ORDER BY step_id`, id)
	if err != nil {
		return fmt.Errorf("reading what was done about incidents: %w", err)
	}
	var of int64
	var s Step
	_, err = pgx.ForEachRow(rows, []any{&of, &s.What, &s.DoneAt, &s.Note, &s.Priority, &s.Of, &s.At, &s.By.Kind, &s.By.ID}, func() error {
		if i := place[of]; i != nil { // else it was written down since
			i.Steps = append(i.Steps, s)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading what was done about incidents: %w", err)
	}
	return nil
}
