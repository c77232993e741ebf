package hours

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// RuleSets gives all versions of all scopes, oldest first; version 1 is Default.
func RuleSets(ctx context.Context, tx pg.Tx) ([]rule.Set, error) {
	rows, err := tx.Query(ctx, `SELECT version, from_day, scope, scope_id, rules FROM rule_set
		WHERE tenant_id = current_tenant() ORDER BY version`)
	if err != nil {
		return nil, fmt.Errorf("reading rules: %w", err)
	}
	out := []rule.Set{rule.Default()}
	var s rule.Set
	var document []byte
	_, err = pgx.ForEachRow(rows, []any{&s.Version, &s.From, &s.Scope.Kind, &s.Scope.ID, &document}, func() (err error) {
		read := s
		if read.Scope.IsTenant() {
			read.Scope = rule.Scope{}
			read.Rules, err = rule.Stored(document)
		} else {
			read.Patch = bytes.Clone(document)
		}
		out = append(out, read)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading rules: %w", err)
	}
	return out, nil
}

// PutRules adds a version in force from a day on and gives it. Days from there
// on are computed again at the next Recompute; approved ones show differences.
// ErrInvalid tells what is wrong with the rules.
func PutRules(ctx context.Context, tx pg.Tx, from calendar.Date, rules rule.Rules, by audit.Actor, now time.Time) (rule.Set, error) {
	if err := rules.Check(); err != nil {
		return rule.Set{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := lock(ctx, tx); err != nil {
		return rule.Set{}, err
	}
	document, err := json.Marshal(rules)
	if err != nil {
		return rule.Set{}, fmt.Errorf("writing down rules: %w", err)
	}
	s := rule.Set{From: from, Rules: rules}
	err = tx.QueryRow(ctx, `INSERT INTO rule_set (tenant_id, version, from_day, rules, by_kind, by_id, made_at)
		SELECT current_tenant(), COALESCE(max(version), 1) + 1, $1::text::date, $2, $3, $4, $5 FROM rule_set WHERE tenant_id = current_tenant()
		RETURNING version`, from.String(), document, by.Kind, by.ID, now).Scan(&s.Version)
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at)
			SELECT current_tenant(), employee_id, min(extract(epoch FROM day::timestamp) * 1000)::bigint, max(extract(epoch FROM day::timestamp + interval '1 day') * 1000)::bigint
			FROM worked_day WHERE tenant_id = current_tenant() AND day >= $1::text::date - 1 GROUP BY employee_id`, from.String())
	}
	if err == nil {
		err = audit.Append(ctx, tx, audit.Entry{Action: "rules.put", SubjectKind: "rule_set", SubjectID: int64(s.Version), By: by, Payload: s})
	}
	if err != nil {
		return rule.Set{}, fmt.Errorf("storing rules: %w", err)
	}
	return s, nil
}
