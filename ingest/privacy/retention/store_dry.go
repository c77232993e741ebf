package retention

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/pg"
)

// dry counts step after step what a purge would remove. What one step would
// remove, and what would be sealed before, the next ones see as done: the
// tables' names stand for what would be left of them.
type dry struct {
	employees []int64     // $1: who would be sealed
	until     []time.Time // $2: up to which day, which is not
	left      []leftOver
}

// leftOver is what would be left of a table, as SQL.
type leftOver struct{ table, rows string }

func newDry(s Sealed) *dry {
	d := &dry{left: []leftOver{
		{"to_seal", "SELECT current_tenant() AS tenant_id, x.e AS employee_id, x.d::date AS before_day FROM unnest($1::bigint[], $2::timestamp[]) x (e, d)"},
		{"sealed_day", `SELECT tenant_id, employee_id, day FROM sealed_day UNION SELECT w.tenant_id, w.employee_id, w.day FROM worked_day w
			JOIN to_seal n ON n.tenant_id = w.tenant_id AND n.employee_id = w.employee_id AND w.day < n.before_day`},
		{"seal", "SELECT tenant_id, employee_id, before_day FROM seal UNION ALL SELECT tenant_id, employee_id, before_day FROM to_seal"},
	}}
	for _, one := range s.People {
		d.employees, d.until = append(d.employees, one.Employee), append(d.until, one.Until)
	}
	return d
}

// count says how many rows a step would remove, and has the next ones see them
// gone.
func (d *dry) count(ctx context.Context, tx pg.Tx, q query) (n int64, err error) {
	where := q.literal()
	var with []string
	for _, l := range d.left {
		with = append(with, l.table+" AS NOT MATERIALIZED ("+l.rows+")")
	}
	err = tx.QueryRow(ctx, "WITH "+strings.Join(with, ", ")+" SELECT count(*) FROM "+q.table+" t WHERE "+where, d.employees, d.until).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting %s: %w", q.table, err)
	}
	if n > 0 && q.set == "" && q.table != "seal" { // the last seal of each stays
		d.remove(q.table, where)
	}
	return n, nil
}

// remove takes rows away from what is left of a table.
func (d *dry) remove(table, where string) {
	rows := "SELECT * FROM " + table + " t WHERE (" + where + ") IS NOT TRUE"
	if i := slices.IndexFunc(d.left, func(l leftOver) bool { return l.table == table }); i >= 0 {
		rows = "WITH " + table + " AS (" + d.left[i].rows + ") " + rows
		d.left = slices.Delete(d.left, i, i+1)
	}
	d.left = append(d.left, leftOver{table, rows})
}

// literal is the query's condition with its values written out, so that those
// of several steps can stand in one.
func (q query) literal() string {
	held := "NULL::bigint[]"
	if len(q.held) > 0 {
		held = "'{" + strings.Trim(strings.ReplaceAll(fmt.Sprint(q.held), " ", ","), "[]") + "}'::bigint[]"
	}
	return strings.NewReplacer("$1", "'"+q.before.UTC().Format(time.RFC3339Nano)+"'::timestamptz", "$2", held).Replace(q.where)
}
