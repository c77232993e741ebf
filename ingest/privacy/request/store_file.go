package request

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/privacy"
)

// Gather reads all that is held about a person, as of one moment when the
// transaction is pg.DB.AsOf's. Secrets are named and not shown; files and other
// bytes are given as their length, as others stand in them too. Of rows about
// something else, in which the person acted, it counts only: they are about
// others.
func Gather(ctx context.Context, tx pg.Tx, c privacy.Catalogue, of privacy.Subject, terms map[privacy.Class]string, now time.Time) (File, error) {
	f := File{Made: now.UTC()}
	var first string
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return f, err
	}
	err = tx.QueryRow(ctx, "SELECT t.name, t.zone, e.number, e.surname, "+pg.OfPerson("e", "first_name")+
		" FROM tenant t JOIN employee e ON e.tenant_id = t.tenant_id AND e.employee_id = $1 WHERE t.tenant_id = current_tenant()", of.Employee).
		Scan(&f.Controller, &f.Zone, &f.Number, &f.Name, box.Text(&first))
	if err != nil {
		return f, fmt.Errorf("employee %d: %w", of.Employee, ErrNobody)
	}
	f.Name = strings.TrimSpace(first + " " + f.Name)
	for _, t := range whatMattersFirst(c) {
		if !t.Personal() {
			continue
		}
		s := section(t, terms)
		if t.Of != "" {
			if s.Rows, err = rowsOf(ctx, tx, box, t, of); err != nil {
				return f, fmt.Errorf("reading %s: %w", t.Name, err)
			}
		}
		if t.By != "" && len(of.Accounts) > 0 {
			err := tx.QueryRow(ctx, "SELECT count(*) FROM "+t.Name+" t WHERE "+bound+" AND ("+t.By+")", of.Employee, of.Accounts).Scan(&s.Acted)
			if err != nil {
				return f, fmt.Errorf("counting %s: %w", t.Name, err)
			}
		}
		if len(s.Rows) > 0 || s.Acted > 0 {
			f.Sections = append(f.Sections, s)
		}
	}
	if entry, ok := c.Table("audit_entry"); ok {
		lists, err := listsOf(ctx, tx, entry, of, terms)
		if err != nil {
			return f, err
		}
		if len(lists.Rows) > 0 {
			f.Sections = append(f.Sections, lists)
		}
	}
	return f, nil
}

// rowsOf reads a person's rows of a table, as JSON's values.
func rowsOf(ctx context.Context, tx pg.Tx, box vault.Box, t privacy.Table, of privacy.Subject) ([][]any, error) {
	var list []string
	sealed := map[int]bool{}
	fields := shownFields(t)
	for i, f := range fields {
		column := "t." + pgx.Identifier{f.Column}.Sanitize()
		switch {
		case f.Kind == privacy.Secret:
			column = "CASE WHEN " + column + " IS NULL THEN NULL ELSE '…' END"
		case t.Class == privacy.ExportFiles && f.Kind == privacy.Structured: // a file: of many people
			column = "octet_length(" + column + ") || ' bytes'"
		case t.Name == "employee" && f.Optional:
			sealed[i] = true
			column = "encode(" + pg.OfPerson("t", f.Column) + ", 'base64')"
		}
		list = append(list, column)
	}
	rows, err := tx.Query(ctx, "SELECT row_to_json(x)::text FROM (SELECT "+numbered(list)+" FROM "+t.Name+" t WHERE "+bound+" AND ("+t.Of+")"+inOrder(fields)+") x", of.Employee, accounts(of))
	if err != nil {
		return nil, err
	}
	out := [][]any{}
	var text string
	_, err = pgx.ForEachRow(rows, []any{&text}, func() error {
		values := map[string]any{}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&values); err != nil {
			return err
		}
		row := make([]any, len(fields))
		for i := range fields {
			row[i] = shown(values[fmt.Sprint("c", i)])
			if sealed[i] {
				if row[i], err = opened(box, values[fmt.Sprint("c", i)]); err != nil {
					return err
				}
			}
		}
		out = append(out, row)
		return nil
	})
	return out, err
}

// bound names both parameters of a declaration's condition, which uses one or
// both.
const bound = "$1::bigint IS NOT NULL AND $2::bigint[] IS NOT NULL"

func numbered(list []string) string {
	for i, c := range list {
		list[i] = fmt.Sprintf("%s AS c%d", c, i)
	}
	return strings.Join(list, ", ")
}

// times are the columns by which rows are ordered, where a table has them.
var times = []string{"at", "day", "monday", "from_day", "from_at", "received", "arrived", "issued_at", "made_at", "created_at"}

// inOrder orders rows by their times, then by what they refer to.
func inOrder(fields []privacy.Field) string {
	var order []string
	for _, name := range times {
		if slices.ContainsFunc(fields, func(f privacy.Field) bool { return f.Column == name }) {
			order = append(order, "t."+name)
		}
	}
	for _, f := range fields {
		if f.Kind == privacy.Reference {
			order = append(order, "t."+pgx.Identifier{f.Column}.Sanitize())
		}
	}
	if len(order) == 0 {
		return ""
	}
	return " ORDER BY " + strings.Join(order, ", ")
}

func accounts(of privacy.Subject) []int64 { return append([]int64{}, of.Accounts...) }

// opened gives what a sealed column holds; nothing where its key is gone.
func opened(box vault.Box, v any) (any, error) {
	text, ok := v.(string)
	if !ok {
		return nil, nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("reading a sealed column: %w", err)
	}
	plain, err := box.Open(raw)
	if plain == "" {
		return nil, err
	}
	return plain, err
}

// shown gives long bytes as their length.
func shown(v any) any {
	if text, ok := v.(string); ok && strings.HasPrefix(text, `\x`) && len(text) > 66 {
		return fmt.Sprintf("%d bytes", len(text)/2-1)
	}
	return v
}
