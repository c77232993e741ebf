package breach

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

// Open gives the numbers of the tenant's breaches that are not closed. While
// there are any, nothing irreversible is done: what retention would remove
// stays, as it may show who was affected (OB-P10, P-7.5).
func Open(ctx context.Context, tx pg.Tx) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT b.breach_id FROM breach b
		WHERE b.tenant_id = current_tenant() AND COALESCE((SELECT s.what FROM breach_step s
			WHERE s.tenant_id = b.tenant_id AND s.breach_id = b.breach_id AND s.what IN ('closed', 'dismissed', 'reopened')
			ORDER BY s.step_id DESC LIMIT 1), 'reopened') = 'reopened'
		ORDER BY b.breach_id`)
	if err != nil {
		return nil, fmt.Errorf("looking for open breaches: %w", err)
	}
	open, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("looking for open breaches: %w", err)
	}
	return open, nil
}

// Report writes a breach down and gives its number: its clock runs from known
// for the contract's hours. A *privacy.Refused names what is wrong.
func Report(ctx context.Context, tx pg.Tx, known time.Time, hours int, f Facts, by audit.Actor, now time.Time) (int64, error) {
	if err := f.check(known, now); err != nil {
		return 0, err
	}
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO breach (tenant_id, known_at, hours, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5) RETURNING breach_id`, known, hours, now, by.Kind, by.ID).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("writing a breach down: %w", err)
	}
	return id, addVersion(ctx, tx, id, 1, f, by, now)
}

// Amend keeps what is known now as another version, beside those before.
func Amend(ctx context.Context, tx pg.Tx, id int64, f Facts, by audit.Actor, now time.Time) error {
	b, err := locked(ctx, tx, id)
	if err != nil {
		return err
	}
	if !b.Open() {
		return privacy.Refuse("what", "closed", "the breach is closed; open it again first")
	}
	if err := f.check(b.Known, now); err != nil {
		return err
	}
	return addVersion(ctx, tx, id, len(b.Versions)+1, f, by, now)
}

func addVersion(ctx context.Context, tx pg.Tx, id int64, version int, f Facts, by audit.Actor, now time.Time) error {
	text, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("writing a breach down: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO breach_version (tenant_id, breach_id, version, facts, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6)`, id, version, text, now, by.Kind, by.ID)
	if err != nil {
		return fmt.Errorf("writing a breach down: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "breach.version", SubjectKind: "breach", SubjectID: id, By: by,
		Payload: map[string]any{"version": version, "facts": f}})
}

// Do writes down what was done about a breach.
func Do(ctx context.Context, tx pg.Tx, id int64, s Step) error {
	b, err := locked(ctx, tx, id)
	if err != nil {
		return err
	}
	s.Whom, s.Note = strings.TrimSpace(s.Whom), strings.TrimSpace(s.Note)
	if err := b.may(s, s.At); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO breach_step (tenant_id, breach_id, what, done_at, whom, note, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8)`, id, s.What, s.DoneAt, s.Whom, s.Note, s.At, s.By.Kind, s.By.ID)
	if err != nil {
		return fmt.Errorf("writing down what was done about a breach: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "breach." + strings.ReplaceAll(string(s.What), "-", "_"), SubjectKind: "breach", SubjectID: id, By: s.By,
		Payload: map[string]any{"whom": s.Whom, "note": s.Note, "done_at": s.DoneAt.UTC().Format(time.RFC3339)}})
}

// locked reads a breach that nobody else writes about until the transaction
// ends.
func locked(ctx context.Context, tx pg.Tx, id int64) (Breach, error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('breach ' || current_tenant() || ' ' || $1::bigint, 0))", id); err != nil {
		return Breach{}, fmt.Errorf("reading a breach: %w", err)
	}
	return Get(ctx, tx, id)
}

// Get gives one breach, or ErrNotFound.
func Get(ctx context.Context, tx pg.Tx, id int64) (Breach, error) {
	all, err := read(ctx, tx, id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%w: %d", ErrNotFound, id)
	}
	if err != nil {
		return Breach{}, err
	}
	return all[0], nil
}

// List gives all breaches, newest first.
func List(ctx context.Context, tx pg.Tx) ([]Breach, error) { return read(ctx, tx, 0) }

func read(ctx context.Context, tx pg.Tx, id int64) ([]Breach, error) {
	rows, err := tx.Query(ctx, `SELECT breach_id, known_at, hours, at, by_kind, by_id FROM breach
		WHERE tenant_id = current_tenant() AND ($1::bigint = 0 OR breach_id = $1) ORDER BY breach_id DESC`, id)
	if err != nil {
		return nil, fmt.Errorf("reading breaches: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (b Breach, err error) {
		return b, r.Scan(&b.ID, &b.Known, &b.Hours, &b.At, &b.By.Kind, &b.By.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("reading breaches: %w", err)
	}
	place := map[int64]*Breach{}
	for i := range all {
		place[all[i].ID] = &all[i]
	}
	if err := readVersions(ctx, tx, id, place); err != nil {
		return nil, err
	}
	return all, readSteps(ctx, tx, id, place)
}

func readVersions(ctx context.Context, tx pg.Tx, id int64, into map[int64]*Breach) error {
	rows, err := tx.Query(ctx, `SELECT breach_id, facts, at, by_kind, by_id FROM breach_version
		WHERE tenant_id = current_tenant() AND ($1::bigint = 0 OR breach_id = $1) ORDER BY breach_id, version`, id)
	if err != nil {
		return fmt.Errorf("reading what is known of breaches: %w", err)
	}
	var of int64
	var text []byte
	var v Version
	_, err = pgx.ForEachRow(rows, []any{&of, &text, &v.At, &v.By.Kind, &v.By.ID}, func() error {
		v.Facts = Facts{}
		if err := json.Unmarshal(text, &v.Facts); err != nil {
			return err
		}
		if b := into[of]; b != nil { // else it was written down since
			b.Versions = append(b.Versions, v)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading what is known of breaches: %w", err)
	}
	return nil
}

func readSteps(ctx context.Context, tx pg.Tx, id int64, into map[int64]*Breach) error {
	rows, err := tx.Query(ctx, `SELECT breach_id, what, done_at, whom, note, at, by_kind, by_id FROM breach_step
		WHERE tenant_id = current_tenant() AND ($1::bigint = 0 OR breach_id = $1) ORDER BY step_id`, id)
	if err != nil {
		return fmt.Errorf("reading what was done about breaches: %w", err)
	}
	var of int64
	var s Step
	_, err = pgx.ForEachRow(rows, []any{&of, &s.What, &s.DoneAt, &s.Whom, &s.Note, &s.At, &s.By.Kind, &s.By.ID}, func() error {
		if b := into[of]; b != nil {
			b.Steps = append(b.Steps, s)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading what was done about breaches: %w", err)
	}
	return nil
}
