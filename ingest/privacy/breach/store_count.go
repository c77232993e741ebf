package breach

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// CountPeople counts whom a breach may affect (OB-P10): from the access log by
// time, account, key and operation; from registrations for a gateway; from a
// table's rows for a table. A *Refused names what can't be counted.
func CountPeople(ctx context.Context, tx pg.Tx, catalogue privacy.Catalogue, f Filter) (Count, error) {
	if !f.Until.IsZero() && f.Until.Before(f.From) {
		return Count{}, &Refused{"until", "order", "lies before the beginning"}
	}
	inTable, kinds, err := countTable(ctx, tx, catalogue, f.Table)
	if err != nil {
		return Count{}, err
	}
	switch {
	case f.By.Kind == audit.Gateway:
		return countGateway(ctx, tx, f)
	case f.Table != "" && f.By == audit.Actor{} && f.Operation == "":
		return Count{Least: inTable, Most: inTable, Kinds: kinds}, nil // all of it was in the wrong hands
	}
	var t tally
	err = audit.Reads(ctx, tx, audit.ReadFilter{From: f.From, To: f.Until, By: f.By, Operation: f.Operation}, func(r audit.Read) error {
		t.add(r)
		return nil
	})
	if err != nil {
		return Count{}, err
	}
	var everybody int
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM employee WHERE tenant_id = current_tenant()").Scan(&everybody); err != nil {
		return Count{}, fmt.Errorf("counting people: %w", err)
	}
	c := t.count(everybody)
	if f.Table != "" {
		c, c.Kinds = c.within(inTable), kinds
	}
	return c, nil
}

// countTable counts the employees who stand in a table of the catalogue.
func countTable(ctx context.Context, tx pg.Tx, catalogue privacy.Catalogue, name string) (int, []privacy.Kind, error) {
	if name == "" {
		return 0, nil, nil
	}
	t, known := catalogue.Table(name)
	if !known || t.Of == "" {
		return 0, nil, &Refused{"table", "unknown", "no table about employees has this name; the register of fields lists them"}
	}
	var may bool
	if err := tx.QueryRow(ctx, "SELECT has_table_privilege($1, 'SELECT')", t.Name).Scan(&may); err != nil {
		return 0, nil, fmt.Errorf("counting people in a table: %w", err)
	}
	if !may {
		return 0, nil, &Refused{"table", "unseen", "pages don't read this table, so none of it can have been shown; choose another"}
	}
	// Of is the program's own text, with the person as $1 and $2: here each
	// employee in turn.
	of := strings.NewReplacer("$1", "e.employee_id", "$2",
		"(ARRAY(SELECT a.account_id FROM account a WHERE a.tenant_id = e.tenant_id AND a.employee_id = e.employee_id))").Replace(t.Of)
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM employee e WHERE e.tenant_id = current_tenant()
		AND EXISTS (SELECT FROM `+t.Name+` t WHERE t.tenant_id = e.tenant_id AND (`+of+`))`).Scan(&n)
	if err != nil {
		return 0, nil, fmt.Errorf("counting people in %s: %w", t.Name, err)
	}
	return n, kindsOf(t), nil
}

// countGateway counts the people whose taps a gateway brought. Whether it still
// held any of them nobody can know: the smallest number is 0.
func countGateway(ctx context.Context, tx pg.Tx, f Filter) (c Count, err error) {
	err = tx.QueryRow(ctx, `SELECT count(DISTINCT p.employee_id) FROM punch p
		WHERE p.tenant_id = current_tenant() AND p.employee_id IS NOT NULL
			AND (p.origin, p.epoch) IN (SELECT h.origin, h.epoch FROM origin_heard h WHERE h.tenant_id = p.tenant_id AND h.gateway_id = $1)
			AND ($2::bigint IS NULL OR p.placed >= $2) AND ($3::bigint IS NULL OR p.placed < $3)`,
		f.By.ID, milliseconds(f.From), milliseconds(f.Until)).Scan(&c.Most)
	if err != nil {
		return Count{}, fmt.Errorf("counting people whose taps a gateway brought: %w", err)
	}
	c.Kinds = []privacy.Kind{privacy.Token, privacy.Moment}
	return c, nil
}

// milliseconds is a moment as punches have it; nil: any.
func milliseconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}
