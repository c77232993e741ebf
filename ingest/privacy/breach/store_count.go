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
// table's rows for a table. A *privacy.Refused names what can't be counted.
func CountPeople(ctx context.Context, tx pg.Tx, catalogue privacy.Catalogue, f Filter) (Count, error) {
	if !f.Until.IsZero() && f.Until.Before(f.From) {
		return Count{}, privacy.Refuse("until", "order", "lies before the beginning")
	}
	t, err := tableOf(ctx, tx, catalogue, f.Table)
	switch {
	case err != nil:
		return Count{}, err
	case f.By.Kind == audit.Gateway:
		return countGateway(ctx, tx, f)
	case f.Table != "" && f.By == audit.Actor{} && f.Operation == "": // all of it was in the wrong hands
		c, err := crowdOf(ctx, tx, t, audit.People{}, f.Until)
		return Count{Least: c.now, Most: c.now + c.gone, Kinds: kindsOf(t)}, err
	}
	var seen tally
	err = audit.Reads(ctx, tx, audit.ReadFilter{From: f.From, To: f.Until, By: f.By, Operation: f.Operation}, func(r audit.Read) error {
		seen.add(r)
		return nil
	})
	if err != nil {
		return Count{}, err
	}
	c, err := crowdOf(ctx, tx, t, seen.named, f.Until)
	if err != nil {
		return Count{}, err
	}
	n := seen.count(c)
	n.Kinds = kindsOf(t)
	return n, nil
}

// tableOf gives a table about employees that pages read; "": none.
func tableOf(ctx context.Context, tx pg.Tx, catalogue privacy.Catalogue, name string) (privacy.Table, error) {
	if name == "" {
		return privacy.Table{}, nil
	}
	t, known := catalogue.Table(name)
	if !known || t.Of == "" {
		return t, privacy.Refuse("table", "unknown", "no table about employees has this name; the register of fields lists them")
	}
	var may bool
	if err := tx.QueryRow(ctx, "SELECT has_table_privilege($1, 'SELECT')", t.Name).Scan(&may); err != nil {
		return t, fmt.Errorf("counting people in a table: %w", err)
	}
	if !may {
		return t, privacy.Refuse("table", "unseen", "pages don't read this table, so none of it can have been shown; choose another")
	}
	return t, nil
}

// crowdOf counts the employees there are, or those who stand in a table, of
// them those who are named, and those removed since who were there before until.
func crowdOf(ctx context.Context, tx pg.Tx, t privacy.Table, named audit.People, until time.Time) (c crowd, err error) {
	stands := "true"
	if t.Name != "" { // Of is the program's own text, with the person as $1 and $2: here each employee in turn
		of := strings.NewReplacer("$1", "e.employee_id", "$2",
			"(ARRAY(SELECT a.account_id FROM account a WHERE a.tenant_id = e.tenant_id AND a.employee_id = e.employee_id))").Replace(t.Of)
		stands = "EXISTS (SELECT FROM " + t.Name + " t WHERE t.tenant_id = e.tenant_id AND (" + of + "))"
	}
	var left, known int
	err = tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE stands), count(*) FILTER (WHERE stands AND named), count(*) FILTER (WHERE named),
			(SELECT count(DISTINCT a.subject_id) FROM audit_entry a WHERE a.tenant_id = current_tenant() AND a.action = 'employee.create' AND a.subject_kind = 'employee'
				AND ($2::timestamptz IS NULL OR a.at < $2) AND NOT EXISTS (SELECT FROM employee e WHERE e.tenant_id = a.tenant_id AND e.employee_id = a.subject_id))
		FROM (SELECT `+stands+` AS stands, e.employee_id <@ $1::int8multirange AS named FROM employee e WHERE e.tenant_id = current_tenant()) e`,
		multirange(named), moment(until)).Scan(&c.now, &c.named, &known, &left)
	if err != nil {
		return crowd{}, fmt.Errorf("counting people: %w", err)
	}
	c.lost = int(named.Count()) - known
	c.gone = max(left, c.lost)
	return c, nil
}

// multirange writes ids as PostgreSQL reads them.
func multirange(p audit.People) string {
	var spans []string
	for _, s := range p.Spans {
		spans = append(spans, fmt.Sprintf("[%d,%d]", s[0], s[1]))
	}
	return "{" + strings.Join(spans, ",") + "}"
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
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
