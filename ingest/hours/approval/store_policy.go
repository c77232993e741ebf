package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// ErrNotFound is given for an account, hirer or deputy that does not exist.
var ErrNotFound = errors.New("no such record")

// SetPolicy stores a new version of a policy, which holds from a Monday on,
// and gives its number. What is frozen stays frozen; weeks that are not, wait
// for whom the new policy asks.
func SetPolicy(ctx context.Context, tx pg.Tx, by audit.Actor, p Policy, now time.Time) (int, error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	if p.Hirer != 0 {
		if err := exists(ctx, tx, "hirer", p.Hirer); err != nil {
			return 0, err
		}
	}
	text, err := json.Marshal(p)
	if err != nil {
		return 0, fmt.Errorf("writing down an approval policy: %w", err)
	}
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('approval_policy', current_tenant()))"); err != nil {
		return 0, fmt.Errorf("taking turns: %w", err)
	}
	err = tx.QueryRow(ctx, `INSERT INTO approval_policy (tenant_id, version, hirer_id, from_day, policy, by_kind, by_id, made_at)
		SELECT current_tenant(), COALESCE(max(version), 1) + 1, NULLIF($1::bigint, 0), $2::text::date, $3::text::jsonb, $4, $5, $6
		FROM approval_policy WHERE tenant_id = current_tenant() RETURNING version`,
		p.Hirer, p.From.String(), string(text), by.Kind, by.ID, now).Scan(&p.Version)
	if err != nil {
		return 0, fmt.Errorf("storing an approval policy: %w", err)
	}
	return p.Version, audit.Append(ctx, tx, audit.Entry{Action: "approval.policy", SubjectKind: "approval_policy", SubjectID: int64(p.Version), By: by,
		Payload: map[string]any{"from": p.From, "hirer": p.Hirer, "policy": p}})
}

func exists(ctx context.Context, tx pg.Tx, table string, id int64) error {
	var found bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+table+` WHERE tenant_id = current_tenant() AND `+table+`_id = $1)`, id).Scan(&found)
	if err != nil {
		return fmt.Errorf("looking up a %s: %w", table, err)
	}
	if !found {
		return fmt.Errorf("%s %d: %w", table, id, ErrNotFound)
	}
	return nil
}

// Deputy may approve in somebody else's place.
type Deputy struct {
	ID          int64
	Account     int64
	Name        string // filled when read
	For         int64
	ForName     string        // filled when read
	From, Until calendar.Date // both included
	Made        time.Time
	Ended       *time.Time // taken back before the last day
}

// Deputies gives those that have not ended by a day, and later ones, in order
// of their first day.
func Deputies(ctx context.Context, tx pg.Tx, today calendar.Date) ([]Deputy, error) {
	rows, err := tx.Query(ctx, `SELECT d.deputy_id, d.account_id, a.name, d.for_id, f.name, d.from_day, d.until_day, d.made_at
		FROM deputy d JOIN account a ON a.tenant_id = d.tenant_id AND a.account_id = d.account_id
		JOIN account f ON f.tenant_id = d.tenant_id AND f.account_id = d.for_id
		WHERE d.tenant_id = current_tenant() AND d.ended_at IS NULL AND d.until_day >= $1::text::date ORDER BY d.from_day, d.deputy_id`, today.String())
	if err != nil {
		return nil, fmt.Errorf("listing deputies: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d Deputy, err error) {
		return d, r.Scan(&d.ID, &d.Account, &d.Name, &d.For, &d.ForName, &d.From, &d.Until, &d.Made)
	})
	if err != nil {
		return nil, fmt.Errorf("listing deputies: %w", err)
	}
	return all, nil
}

// Deputise lets an account approve in another's place, and gives the record's
// id. At most a year; both must be open accounts that approve.
func Deputise(ctx context.Context, tx pg.Tx, by audit.Actor, d Deputy, now time.Time) (int64, error) {
	switch {
	case d.Until.Before(d.From):
		return 0, fmt.Errorf("%w: the last day %s comes before the first day %s", ErrInvalid, d.Until, d.From)
	case d.Until.Sub(d.From) > 366:
		return 0, fmt.Errorf("%w: a deputy is named for at most a year; %s to %s is %d days", ErrInvalid, d.From, d.Until, d.Until.Sub(d.From)+1)
	case d.Account == d.For:
		return 0, fmt.Errorf("%w: nobody is their own deputy; choose another account", ErrInvalid)
	}
	people, err := readPeople(ctx, tx, d.From, nil)
	if err != nil {
		return 0, err
	}
	for _, id := range []int64{d.Account, d.For} {
		if p, ok := people[id]; !ok {
			return 0, fmt.Errorf("account %d: %w", id, ErrNotFound)
		} else if !p.Approves {
			return 0, fmt.Errorf("%w: %s approves nothing; give the account the role approver first", ErrInvalid, p.Name)
		}
	}
	err = tx.QueryRow(ctx, `INSERT INTO deputy (tenant_id, account_id, for_id, from_day, until_day, made_at)
		VALUES (current_tenant(), $1, $2, $3::text::date, $4::text::date, $5) RETURNING deputy_id`,
		d.Account, d.For, d.From.String(), d.Until.String(), now).Scan(&d.ID)
	if err != nil {
		return 0, fmt.Errorf("naming a deputy: %w", err)
	}
	return d.ID, audit.Append(ctx, tx, audit.Entry{Action: "approval.deputy", SubjectKind: "account", SubjectID: d.Account, By: by,
		Payload: map[string]any{"for": d.For, "from": d.From, "until": d.Until}})
}

// EndDeputy takes it back. What was approved stays approved.
func EndDeputy(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	var account, whom int64
	err := tx.QueryRow(ctx, `UPDATE deputy SET ended_at = $2 WHERE tenant_id = current_tenant() AND deputy_id = $1 AND ended_at IS NULL
		RETURNING account_id, for_id`, id, now).Scan(&account, &whom)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("deputy %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("ending a deputy: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "approval.deputy_end", SubjectKind: "account", SubjectID: account, By: by, Payload: map[string]any{"for": whom}})
}

// SetHirers says for which hirers an account approves; none: for all, and for
// the agency.
func SetHirers(ctx context.Context, tx pg.Tx, by audit.Actor, account int64, hirers []int64) error {
	if err := exists(ctx, tx, "account", account); err != nil {
		return err
	}
	for _, h := range hirers {
		if err := exists(ctx, tx, "hirer", h); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "DELETE FROM account_hirer WHERE tenant_id = current_tenant() AND account_id = $1", account)
	if err == nil {
		_, err = tx.Exec(ctx, "INSERT INTO account_hirer SELECT current_tenant(), $1, h FROM (SELECT DISTINCT unnest($2::bigint[]) AS h) x", account, hirers)
	}
	if err != nil {
		return fmt.Errorf("saying for whom an account approves: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "approval.hirers", SubjectKind: "account", SubjectID: account, By: by, Payload: map[string]any{"hirers": hirers}})
}

// Approvers gives the open accounts that approve, by name, with the hirers they
// approve for and those in whose place they may today.
func Approvers(ctx context.Context, tx pg.Tx, today calendar.Date) ([]Person, error) {
	all, err := readPeople(ctx, tx, today, nil)
	if err != nil {
		return nil, err
	}
	var out []Person
	for _, p := range all {
		if p.Approves {
			out = append(out, p)
		}
	}
	sortByName(out)
	return out, nil
}
