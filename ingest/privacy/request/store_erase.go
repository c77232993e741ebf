package request

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/retention"
)

// kept gives what the rooms of privacy themselves keep a person for.
func kept(ctx context.Context, tx pg.Tx, employee int64, now time.Time) ([]Obstacle, error) {
	var out []Obstacle
	holds, err := retention.HoldsOn(ctx, tx, employee, now)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		out = append(out, Obstacle{OnHold, h.Until.Format(time.DateOnly)})
	}
	open, err := breach.Open(ctx, tx)
	for _, id := range open {
		out = append(out, Obstacle{InBreach, fmt.Sprint(id)})
	}
	return out, err
}

// valuesOf gives by what a person can be told from others: what the
// declarations call names, numbers, contacts and birth dates, and first and
// last name together. A first name alone is too many people's.
func valuesOf(ctx context.Context, tx pg.Tx, c privacy.Catalogue, of privacy.Subject) ([]string, error) {
	f, err := Gather(ctx, tx, c, of, nil, time.Time{})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{f.Name: true}
	for _, s := range f.Sections {
		if s.Table != "employee" && s.Table != "account" && s.Table != "privacy_request" {
			continue // an assignment's number and a fob's label are not the person's own
		}
		for i, c := range s.Columns {
			if c.Name == "first_name" || !slices.Contains([]privacy.Kind{privacy.Name, privacy.Number, privacy.Contact, privacy.Birth}, c.Kind) {
				continue
			}
			for _, row := range s.Rows {
				if text, ok := row[i].(string); ok && !strings.HasPrefix(text, `\x`) {
					seen[strings.TrimSpace(text)] = true
				}
			}
		}
	}
	delete(seen, "")
	return slices.Sorted(maps.Keys(seen)), nil
}

// isOf says whether a row is the person's.
func isOf(ctx context.Context, tx pg.Tx, t privacy.Table, row string, of privacy.Subject) (own bool, err error) {
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+t.Name+" t WHERE t.ctid = $3::text::tid AND "+bound+" AND ("+t.Of+"))",
		of.Employee, accounts(of), row).Scan(&own)
	if err != nil {
		return false, fmt.Errorf("looking whose row of %s it is: %w", t.Name, err)
	}
	return own, nil
}

// remove carries out the declarations: after what is left to it, it finds all
// rows, as one table's are found through another's, then it removes them, the
// ones that refer to others first.
func (d Desk) remove(ctx context.Context, tx pg.Tx, of privacy.Subject, by audit.Actor) (removed, changed map[string]int64, err error) {
	removed, changed = map[string]int64{}, map[string]int64{}
	references, err := privacy.References(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	if err := removeByRoom(ctx, tx, of, by, removed, changed); err != nil {
		return nil, nil, err
	}
	all := d.Catalogue.Ordered(references)
	found := map[string][]string{}
	for _, t := range all {
		if t.Of == "" || t.Erase != privacy.EraseRows && t.Erase != privacy.EraseValues {
			continue
		}
		rows, err := tx.Query(ctx, "SELECT t.ctid::text FROM "+t.Name+" t WHERE "+bound+" AND ("+t.Of+") FOR UPDATE", of.Employee, accounts(of))
		if err == nil {
			found[t.Name], err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			return nil, nil, fmt.Errorf("finding the person's rows of %s: %w", t.Name, err)
		}
	}
	for _, t := range slices.Backward(all) {
		rows := found[t.Name]
		if len(rows) == 0 {
			continue
		}
		if t.Name == "audit_payload" {
			gone, err := audit.Forget(ctx, tx, rows)
			if err != nil {
				return nil, nil, err
			}
			removed[t.Name] += int64(len(gone))
			continue
		}
		counts, sql := removed, "DELETE FROM "+t.Name+" t"
		if t.Erase == privacy.EraseValues {
			counts, sql = changed, "UPDATE "+t.Name+" t SET "+erasedOf(t)
		}
		tag, err := tx.Exec(ctx, sql+" WHERE t.ctid = ANY ($1::text[]::tid[])", rows)
		if err != nil {
			return nil, nil, fmt.Errorf("erasing the person's rows of %s: %w", t.Name, err)
		}
		counts[t.Name] += tag.RowsAffected()
	}
	// What the removal itself noted to be computed again: there is nothing left.
	_, err = tx.Exec(ctx, `WITH due AS (DELETE FROM hours_due WHERE tenant_id = current_tenant() AND employee_id = $1)
		DELETE FROM law_due WHERE tenant_id = current_tenant() AND employee_id = $1`, of.Employee)
	if err != nil {
		return nil, nil, fmt.Errorf("forgetting what was to be computed: %w", err)
	}
	return removed, changed, nil
}

// erasedOf gives what the fields of rows that stay are set to.
func erasedOf(t privacy.Table) string {
	var out []string
	for _, f := range t.Fields {
		if f.Erased != "" {
			out = append(out, pgx.Identifier{f.Column}.Sanitize()+" = "+f.Erased)
		}
	}
	return strings.Join(out, ", ")
}

// removeByRoom deals with what the declarations leave to it (EraseByRoom).
//
// Taps go, and are recorded as counts, ranges of names and a hash (I3). Days
// stay for their term as the hours that were approved, without what anybody
// wrote about them; fobs that were never taken in are blocked, so that their
// taps wait for an administrator.
func removeByRoom(ctx context.Context, tx pg.Tx, of privacy.Subject, by audit.Actor, removed, changed map[string]int64) error {
	var raw, punches int64
	err := tx.QueryRow(ctx, `WITH names AS (SELECT origin, epoch, seq FROM punch WHERE tenant_id = current_tenant() AND employee_id = $1),
		raw AS (DELETE FROM registration r USING names n WHERE r.tenant_id = current_tenant() AND r.origin = n.origin AND r.epoch = n.epoch AND r.seq = n.seq
			RETURNING r.origin, r.epoch, r.seq, r.tick, r.wall, r.gap, r.reader_id, r.key_version, r.token, r.arrived),
		derived AS (DELETE FROM punch p WHERE p.tenant_id = current_tenant() AND p.employee_id = $1 RETURNING 1),
		record AS (INSERT INTO removal (tenant_id, cause, by_kind, by_id, registrations, punches, hash)
			SELECT current_tenant(), 'erasure', $2, $3, (SELECT count(*) FROM raw), (SELECT count(*) FROM derived),
				(SELECT sha256(convert_to(COALESCE(string_agg(raw::text, E'\n' ORDER BY origin, epoch, seq), ''), 'UTF8')) FROM raw)
			WHERE EXISTS (SELECT FROM names) RETURNING removal_id),
		ranges AS (INSERT INTO removed_name (tenant_id, removal_id, origin, epoch, seqs)
			SELECT current_tenant(), removal_id, origin, epoch, range_agg(int8range(seq, seq, '[]')) FROM names, record GROUP BY removal_id, origin, epoch)
		SELECT (SELECT count(*) FROM raw), (SELECT count(*) FROM derived)`, of.Employee, by.Kind, by.ID).Scan(&raw, &punches)
	if err != nil {
		return fmt.Errorf("removing a person's taps: %w", err)
	}
	removed["registration"], removed["punch"] = raw, punches
	for table, sql := range map[string]string{
		"decision": "UPDATE decision SET reason = 'erased' WHERE tenant_id = current_tenant() AND employee_id = $1 AND reason <> 'erased'",
		"fob": `UPDATE fob f SET status = 'blocked' WHERE f.tenant_id = current_tenant() AND f.status = 'issued'
			AND EXISTS (SELECT FROM fob_issue i WHERE i.tenant_id = f.tenant_id AND i.fob_id = f.fob_id AND i.employee_id = $1 AND i.returned_at IS NULL)`,
		"account": "UPDATE account SET closed_at = now() WHERE tenant_id = current_tenant() AND employee_id = $1 AND closed_at IS NULL",
	} {
		tag, err := tx.Exec(ctx, sql, of.Employee)
		if err != nil {
			return fmt.Errorf("erasing a person from %s: %w", table, err)
		}
		changed[table] += tag.RowsAffected()
	}
	for _, table := range []string{"worked_day", "sealed_day"} {
		if changed[table], err = silence(ctx, tx, table, of.Employee); err != nil {
			return err
		}
	}
	return nil
}

// silence takes out of the explanation of days what people wrote.
func silence(ctx context.Context, tx pg.Tx, table string, employee int64) (int64, error) {
	rows, err := tx.Query(ctx, "SELECT day, detail::text FROM "+table+" WHERE tenant_id = current_tenant() AND employee_id = $1 AND detail::text LIKE '%\"reason\"%'", employee)
	if err != nil {
		return 0, fmt.Errorf("reading days: %w", err)
	}
	var days []time.Time
	var details []string
	var day time.Time
	var text string
	_, err = pgx.ForEachRow(rows, []any{&day, &text}, func() error {
		quiet, err := quieted(text)
		days, details = append(days, day), append(details, quiet)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("reading days: %w", err)
	}
	tag, err := tx.Exec(ctx, "UPDATE "+table+` t SET detail = n.detail::jsonb FROM unnest($2::date[], $3::text[]) n(day, detail)
		WHERE t.tenant_id = current_tenant() AND t.employee_id = $1 AND t.day = n.day`, employee, days, details)
	if err != nil {
		return 0, fmt.Errorf("erasing what was written about days: %w", err)
	}
	return tag.RowsAffected(), nil
}

// closeErasure notes that it was done, and when first: for Replay, and of what
// was granted.
func closeErasure(ctx context.Context, tx pg.Tx, employee, certificate int64, first time.Time, by audit.Actor, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO privacy_erasure (tenant_id, employee_id, created_at, at, certificate_id)
		SELECT tenant_id, employee_id, created_at, $2, $3 FROM employee WHERE tenant_id = current_tenant() AND employee_id = $1 ON CONFLICT DO NOTHING`, employee, first, certificate)
	if err != nil {
		return fmt.Errorf("storing an erasure: %w", err)
	}
	rows, err := tx.Query(ctx, `UPDATE privacy_request SET state = 'done', certificate_id = $2
		WHERE tenant_id = current_tenant() AND employee_id = $1 AND kind = 'erasure' AND state = 'granted' RETURNING `+requestColumns, employee, certificate)
	if err != nil {
		return fmt.Errorf("closing a request: %w", err)
	}
	done, err := pgx.CollectRows(rows, scanRequest)
	if err != nil {
		return fmt.Errorf("closing a request: %w", err)
	}
	for _, r := range done {
		if err := note(ctx, tx, r, Step{Act(Done), "", by, now}); err != nil {
			return err
		}
	}
	return nil
}

func entryOf(ctx context.Context, tx pg.Tx, tenant, employee int64, now time.Time) (entry, error) {
	e := entry{Tenant: tenant, Employee: employee, Erased: now.UTC()}
	err := tx.QueryRow(ctx, "SELECT created_at FROM employee WHERE tenant_id = current_tenant() AND employee_id = $1", employee).Scan(&e.Created)
	if err != nil {
		return e, fmt.Errorf("looking up a person: %w", err)
	}
	e.Created = e.Created.UTC()
	return e, nil
}

// standing says whether whom the log names is in the database and not erased.
func standing(ctx context.Context, tx pg.Tx, e entry) (there bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM employee e WHERE e.tenant_id = current_tenant() AND e.employee_id = $1 AND e.created_at = $2
		AND NOT EXISTS (SELECT FROM privacy_erasure x WHERE x.tenant_id = e.tenant_id AND x.employee_id = e.employee_id AND x.created_at = e.created_at))`,
		e.Employee, e.Created).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("looking whether somebody was erased: %w", err)
	}
	return there, nil
}

// strike strikes values out of what people wrote elsewhere and of what was
// noted of them; a payload of the audit log goes as a whole, as its hash stays
// in the chain. Columns that hold no personal writing are left: a site may be
// called as somebody is.
func (d Desk) strike(ctx context.Context, tx pg.Tx, values []string, found []Trace) (map[string]int64, error) {
	struck, moved := map[string]int64{}, map[string]string{}
	var said []string // places in the audit log
	for _, f := range found {
		table, _ := d.Catalogue.Table(f.Table)
		i := slices.IndexFunc(table.Fields, func(x privacy.Field) bool { return x.Column == f.Column })
		if i < 0 || f.Value < 0 || table.Fields[i].Kind != privacy.Writing && table.Fields[i].Kind != privacy.Structured {
			continue
		}
		if f.Table == "audit_payload" {
			said = append(said, f.Row)
			continue
		}
		place := f.Table + f.Row
		f.Row = cmp.Or(moved[place], f.Row)
		row, err := strikeOne(ctx, tx, f, values[f.Value])
		if err != nil {
			return nil, err
		}
		if row != "" {
			moved[place] = row
			struck[f.Table]++
		}
	}
	gone, err := audit.Forget(ctx, tx, said)
	if len(gone) > 0 {
		struck["audit_payload"] = int64(len(gone))
	}
	return struck, err
}

// strikeOne strikes a value out of a column of a row, and gives where the row
// stands from then on; "" where it could not be: the value is then found again,
// and told in the certificate.
func strikeOne(ctx context.Context, tx pg.Tx, f Trace, value string) (row string, err error) {
	var kind string
	err = tx.QueryRow(ctx, "SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname = $2", f.Table, f.Column).Scan(&kind)
	if err != nil {
		return "", fmt.Errorf("striking out of %s: %w", f.Table, err)
	}
	column := pgx.Identifier{f.Column}.Sanitize()
	text := "regexp_replace(" + column + "::text, $2, '—', 'gi')"
	sql, args := "UPDATE "+f.Table+" SET "+column+" = "+text+"::"+kind+" WHERE ctid = $1::text::tid RETURNING ctid::text", []any{f.Row, quoteRegexp(value)}
	if f.Table == "approval" && f.Column == "snapshot" { // the papers that carry its old hash no longer prove it
		sql = "UPDATE approval SET snapshot = " + text + ", hash = sha256(convert_to(" + text + ", 'UTF8')) WHERE ctid = $1::text::tid RETURNING ctid::text"
	}
	err = pg.Attempt(ctx, tx, func(tx pg.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&row) })
	if ctx.Err() != nil {
		return "", fmt.Errorf("striking out of %s: %w", f.Table, err)
	}
	return row, nil
}

// quoteRegexp makes PostgreSQL take a value as it is, as a whole word.
func quoteRegexp(value string) string {
	var b strings.Builder
	for _, r := range value {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return `(?<![[:alnum:]])` + b.String() + `(?![[:alnum:]])`
}

// quieted empties every reason in a day's JSON.
func quieted(text string) (string, error) {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "", errors.Join(errors.New("reading a day"), err)
	}
	quiet(v)
	out, err := json.Marshal(v)
	return string(out), err
}

func quiet(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if _, text := inner.(string); text && k == "reason" {
				v[k] = ""
				continue
			}
			quiet(inner)
		}
	case []any:
		for _, inner := range v {
			quiet(inner)
		}
	}
}
