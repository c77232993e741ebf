package bi

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/format"
)

// beginDraft makes room for rows that are not published yet. They are put where
// others see them together and in an order that says nothing: rows that stand on
// disk as they were read stand person by person, blanked or not, and that is
// the order in which a tool that asks for none gets them (OB-P13).
func beginDraft(ctx context.Context, tx pg.Tx) error {
	_, err := tx.Exec(ctx, `CREATE TEMP TABLE bi_draft ON COMMIT DROP AS
		SELECT line_id, line_key, employee_key, work_date, site, cost_centre, code, kind, minutes, hundredths FROM bi_hours WITH NO DATA`)
	if err != nil {
		return fmt.Errorf("drafting a publication: %w", err)
	}
	return nil
}

// publishDraft publishes what was drafted, and gives the publication with its
// id; ErrNotAllowed where the permission left meanwhile.
func publishDraft(ctx context.Context, tx pg.Tx, p Publication, secret [32]byte) (Publication, error) {
	t, err := tenant.Get(ctx, tx)
	if err != nil {
		return Publication{}, err
	}
	if is, err := readSecret(ctx, tx, "FOR UPDATE"); err != nil || is != secret {
		return Publication{}, cmp.Or(err, ErrNotAllowed)
	}
	if p, err = insertPublication(ctx, tx, p, t.Zone); err != nil {
		return Publication{}, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO bi_hours (tenant_id, publication_id, month, zone, published_at, line_id, line_key, employee_key, work_date, site, cost_centre, code, kind, minutes, hundredths)
		SELECT current_tenant(), $1, $2, $3, $4, d.* FROM bi_draft d ORDER BY d.line_key`, p.ID, p.Month.From, t.Zone, p.At)
	if err == nil {
		_, err = tx.Exec(ctx, `DROP TABLE bi_draft`)
	}
	if err != nil {
		return Publication{}, fmt.Errorf("publishing hours: %w", err)
	}
	return p, nil
}

// draftRows drafts rows with the lines that they are of.
func draftRows(ctx context.Context, tx pg.Tx, lines []format.Line, rows []Row) error {
	n := len(rows)
	ids, keys, employees := make([]int64, n), make([]pgtype.UUID, n), make([]pgtype.UUID, n)
	days, sites, centres, codes, kinds := make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n), make([]string, n)
	minutes, hundredths := make([]int32, n), make([]int32, n)
	for i, r := range rows {
		ids[i], keys[i], employees[i] = lines[i].ID, pgtype.UUID{Bytes: r.Line, Valid: true}, pgtype.UUID{Bytes: r.Employee, Valid: !r.Employee.Blank()}
		if (r.Day != calendar.Date{}) {
			days[i] = filled(r.Day.String())
		}
		sites[i], centres[i], codes[i], kinds[i] = filled(r.Site), filled(r.CostCentre), filled(r.Code), kindWord(r.Kind)
		minutes[i], hundredths[i] = int32(r.Minutes), int32(r.Hundredths)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO bi_draft (line_id, line_key, employee_key, work_date, site, cost_centre, code, kind, minutes, hundredths)
		SELECT x.id, x.line, x.employee, x.day::date, x.site, x.centre, x.code, x.kind, x.minutes, x.hundredths
		FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::int[])
			AS x (id, line, employee, day, site, centre, code, kind, minutes, hundredths)`,
		ids, keys, employees, days, sites, centres, codes, kinds, minutes, hundredths)
	if err != nil {
		return fmt.Errorf("drafting a publication: %w", err)
	}
	return nil
}

// Published gives the published rows of the days' months, in an order that
// says nothing of who they are of. It reads as it goes: nothing else can be
// asked of tx meanwhile.
func Published(ctx context.Context, tx pg.Tx, days calendar.Period) Rows {
	return func(yield func(Row, error) bool) {
		rows, err := tx.Query(ctx, `SELECT line_key, employee_key, month, work_date, COALESCE(site, ''), COALESCE(cost_centre, ''), COALESCE(code, ''), kind,
				minutes, hundredths, zone, published_at
			FROM bi_hours WHERE tenant_id = current_tenant() AND month BETWEEN date_trunc('month', $1::text::date) AND $2::text::date
			ORDER BY month, work_date, site, cost_centre, code, kind, line_key`, days.From.String(), days.To.String())
		if err != nil {
			yield(Row{}, fmt.Errorf("reading published hours: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			r, err := scanRow(rows)
			if !yield(r, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Row{}, fmt.Errorf("reading published hours: %w", err))
		}
	}
}

func scanRow(rows pgx.Rows) (r Row, err error) {
	var line, employee pgtype.UUID
	var month time.Time
	var day *time.Time
	var kind string
	err = rows.Scan(&line, &employee, &month, &day, &r.Site, &r.CostCentre, &r.Code, &kind, &r.Minutes, &r.Hundredths, &r.Zone, &r.PublishedAt)
	if err != nil {
		return Row{}, fmt.Errorf("reading published hours: %w", err)
	}
	r.Line, r.Employee, r.Month, r.Kind = line.Bytes, employee.Bytes, calendar.DateOf(month), kindOf(kind)
	if day != nil {
		r.Day = calendar.DateOf(*day)
	}
	return r, nil
}

func kindOf(word string) hours.LineKind {
	if word == kindWord(hours.LineWorked) {
		return hours.LineWorked
	}
	return hours.LineKind(word)
}

// filled gives NULL for what is blank.
func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
