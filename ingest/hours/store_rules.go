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

// RuleVersion is a rule set with who put it in force, and when.
type RuleVersion struct {
	rule.Set
	By     audit.Actor // version 1: the program's own
	ByName string      // "" unless an account
	Made   time.Time
}

// RuleHistory gives all versions of all scopes, newest first.
func RuleHistory(ctx context.Context, tx pg.Tx) ([]RuleVersion, error) {
	sets, err := RuleSets(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make([]RuleVersion, len(sets))
	places := map[int]*RuleVersion{}
	for i, s := range sets {
		v := &out[len(sets)-1-i]
		v.Set, places[s.Version] = s, v
	}
	rows, err := tx.Query(ctx, `SELECT r.version, r.by_kind, r.by_id, r.made_at,
			CASE WHEN r.by_kind = 'account' THEN COALESCE((SELECT a.name FROM account a WHERE a.tenant_id = r.tenant_id AND a.account_id = r.by_id), '') ELSE '' END
		FROM rule_set r WHERE r.tenant_id = current_tenant()`)
	if err != nil {
		return nil, fmt.Errorf("reading who made rules: %w", err)
	}
	var version int
	var v RuleVersion
	_, err = pgx.ForEachRow(rows, []any{&version, &v.By.Kind, &v.By.ID, &v.Made, &v.ByName}, func() error {
		if at := places[version]; at != nil {
			at.By, at.ByName, at.Made = v.By, v.ByName, v.Made
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading who made rules: %w", err)
	}
	return out, nil
}

// RuleChange is a rule set that somebody asks for.
type RuleChange struct {
	rule.Set      // Version is given to it
	Confirm  bool // though approved weeks lie in it
}

// PutRules adds a version in force from a day on and gives it. The days it
// concerns are computed again at the next Recompute; approved ones show
// differences (I5). ErrInvalid tells what is wrong with the rules, ErrNotFound
// that the scope does not exist; without Confirm, *FrozenWeeks that there are
// approved weeks among those days.
func PutRules(ctx context.Context, tx pg.Tx, c RuleChange, by audit.Actor, now time.Time) (rule.Set, error) {
	if err := lock(ctx, tx); err != nil {
		return rule.Set{}, err
	}
	sets, err := checkChange(ctx, tx, c.Set)
	if err != nil {
		return rule.Set{}, err
	}
	r := ruleReachOf(c.Set, sets)
	frozen, err := r.frozen(ctx, tx)
	if err != nil {
		return rule.Set{}, err
	}
	if frozen != nil && !c.Confirm {
		return rule.Set{}, frozen
	}
	if c.Version, err = insertRules(ctx, tx, c.Set, by, now); err != nil {
		return rule.Set{}, err
	}
	if err := r.due(ctx, tx, now); err != nil {
		return rule.Set{}, err
	}
	err = audit.Append(ctx, tx, audit.Entry{Action: "rules.put", SubjectKind: "rule_set", SubjectID: int64(c.Version), By: by,
		Payload: map[string]any{"set": c.Set, "frozen": frozen}})
	if err != nil {
		return rule.Set{}, fmt.Errorf("noting new rules: %w", err)
	}
	return c.Set, tell(ctx, tx)
}

// checkChange gives the sets there are, when another may be put beside them.
func checkChange(ctx context.Context, tx pg.Tx, s rule.Set) ([]rule.Set, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := scopeExists(ctx, tx, s.Scope); err != nil {
		return nil, err
	}
	sets, err := RuleSets(ctx, tx)
	if err != nil {
		return nil, err
	}
	together, err := scopesTogether(ctx, tx, sets, s)
	if err != nil {
		return nil, err
	}
	if err := rule.CheckWith(sets, s, together); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return sets, nil
}

func insertRules(ctx context.Context, tx pg.Tx, s rule.Set, by audit.Actor, now time.Time) (version int, err error) {
	kind, document := s.Scope.Kind, []byte(s.Patch)
	if s.Scope.IsTenant() {
		kind = rule.ScopeTenant
		if document, err = json.Marshal(s.Rules); err != nil {
			return 0, fmt.Errorf("writing down rules: %w", err)
		}
	}
	err = tx.QueryRow(ctx, `INSERT INTO rule_set (tenant_id, version, from_day, scope, scope_id, rules, by_kind, by_id, made_at)
		SELECT current_tenant(), COALESCE(max(version), 1) + 1, $1::text::date, $2, $3, $4, $5, $6, $7 FROM rule_set WHERE tenant_id = current_tenant()
		RETURNING version`, s.From.String(), kind, s.Scope.ID, document, by.Kind, by.ID, now).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("storing rules: %w", err)
	}
	return version, nil
}

// RulesOn gives the rules of a day with the layers that hold for an employee
// at a site; 0: nobody in particular, nowhere. ErrNotFound is for those that
// are not there.
func RulesOn(ctx context.Context, tx pg.Tx, day calendar.Date, employee, site int64) (*rule.Page, error) {
	for _, s := range []rule.Scope{{Kind: rule.ScopeEmployee, ID: employee}, {Kind: rule.ScopeSite, ID: site}} {
		if s.ID != 0 {
			if err := scopeExists(ctx, tx, s); err != nil {
				return nil, err
			}
		}
	}
	book, err := bookOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	devices, err := readDevices(ctx, tx)
	if err != nil {
		return nil, err
	}
	facts := map[int64]Facts{}
	if employee != 0 {
		if err := readPeople(ctx, tx, []int64{employee}, facts); err != nil {
			return nil, err
		}
	}
	l := lookup{book: book, person: facts[employee].Person, hirers: devices.hirers}
	return l.page(day, site), nil
}
