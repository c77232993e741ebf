package request

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// mostTraces ends a search: whoever reads more of them than that has seen it.
const mostTraces = 1000

// Traces looks for values in every column of every table that the transaction
// may read: in text, JSON and lists, in bytes, in files within bytes (packed
// ones and such in pieces too), and as a whole in dates. It gives the places,
// at most a thousand. A value counts as a whole word, whatever its capitals;
// digits alone don't count where JSON or a column has a number. What is sealed
// under a key cannot be seen: for that, the key is gone.
//
// The tables are those of all tenants for the database's owner, and of one
// within a tenant's transaction.
func Traces(ctx context.Context, tx pg.Tx, values []string) ([]Trace, error) {
	tables, err := searchable(ctx, tx)
	if err != nil {
		return nil, err
	}
	s := search{needles: needles(values), values: values}
	if len(s.needles) == 0 {
		return nil, nil
	}
	for _, t := range tables {
		if err := s.table(ctx, tx, t); err != nil {
			return nil, fmt.Errorf("searching %s: %w", t.name, err)
		}
		if len(s.traces) >= mostTraces {
			break
		}
	}
	return s.traces, nil
}

// search is a search that runs.
type search struct {
	needles []needle
	values  []string
	traces  []Trace
}

// searched is a table with the columns in which something can stand.
type searched struct {
	name  string
	key   []string // columns of its primary key
	text  []string // text, JSON, lists
	json  map[string]bool
	bytes []string
	dates []string
}

// pieces says whether each row is a piece of a file, in order of its key.
func (t searched) pieces() bool {
	return len(t.key) > 1 && t.key[len(t.key)-1] == "part" && len(t.bytes) == 1
}

func searchable(ctx context.Context, tx pg.Tx) ([]searched, error) {
	rows, err := tx.Query(ctx, `SELECT c.oid::regclass::text, a.attname::text, y.typname::text, y.typcategory::text,
			COALESCE((SELECT array_position(i.indkey::smallint[], a.attnum) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), -1)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type y ON y.oid = a.atttypid
		WHERE n.nspname <> 'information_schema' AND NOT starts_with(n.nspname, 'pg_') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND a.attnum > 0 AND NOT a.attisdropped AND has_table_privilege(c.oid, 'SELECT')
		ORDER BY 1, 5, a.attnum`)
	if err != nil {
		return nil, fmt.Errorf("listing columns: %w", err)
	}
	var out []searched
	var name, column, kind, category string
	var key int
	_, err = pgx.ForEachRow(rows, []any{&name, &column, &kind, &category, &key}, func() error {
		if len(out) == 0 || out[len(out)-1].name != name {
			out = append(out, searched{name: name, json: map[string]bool{}})
		}
		t := &out[len(out)-1]
		quoted := pgx.Identifier{column}.Sanitize()
		if key >= 0 {
			t.key = append(t.key, column)
		}
		switch {
		case kind == "bytea":
			t.bytes = append(t.bytes, quoted)
		case kind == "date" || kind == "timestamptz" || kind == "timestamp":
			t.dates = append(t.dates, quoted)
		case kind == "json" || kind == "jsonb":
			t.json[quoted] = true
			fallthrough
		case kind != "uuid" && slices.Contains([]string{"S", "A", "U", "C", "X"}, category):
			t.text = append(t.text, quoted)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing columns: %w", err)
	}
	return out, nil
}

func (s *search) table(ctx context.Context, tx pg.Tx, t searched) error {
	if err := s.inText(ctx, tx, t); err != nil {
		return err
	}
	if err := s.inDates(ctx, tx, t); err != nil {
		return err
	}
	if t.pieces() {
		return s.inPieces(ctx, tx, t)
	}
	for _, c := range t.bytes {
		if err := s.inBytes(ctx, tx, t, c); err != nil {
			return err
		}
	}
	return nil
}

// note keeps what was found, once for each value and place.
func (s *search) note(t searched, column, row string) func(n needle, inside string) {
	return func(n needle, inside string) {
		trace := Trace{t.name, strings.Trim(column, `"`), row, n.value, inside}
		same := func(o Trace) bool {
			return o.Table == trace.Table && o.Column == trace.Column && o.Row == trace.Row && o.Value == trace.Value
		}
		if len(s.traces) < mostTraces && !slices.ContainsFunc(s.traces, same) {
			s.traces = append(s.traces, trace)
		}
	}
}

// inText lets the database find the rows, and looks closer at those.
func (s *search) inText(ctx context.Context, tx pg.Tx, t searched) error {
	if len(t.text) == 0 {
		return nil
	}
	var patterns []string
	for _, n := range s.needles {
		if text := string(n.text); strings.ToValidUTF8(text, "") == text && !strings.Contains(text, "\x00") {
			patterns = append(patterns, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)+"%")
		}
	}
	for _, v := range s.values { // where the database's lower() leaves what is not ASCII
		patterns = append(patterns, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(v)+"%")
	}
	columns, all := "", "concat_ws(E'\\n', "
	for i, c := range t.text {
		if i > 0 {
			all += ", "
		}
		columns += ", COALESCE(" + c + "::text, '')"
		all += c + "::text"
	}
	all += ")"
	rows, err := tx.Query(ctx, "SELECT ctid::text"+columns+" FROM "+t.name+" WHERE lower("+all+") LIKE ANY ($1) OR "+all+" LIKE ANY ($1)", patterns)
	if err != nil {
		return err
	}
	texts := make([]string, len(t.text)+1)
	into := make([]any, len(texts))
	for i := range texts {
		into[i] = &texts[i]
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		for i, c := range t.text {
			find([]byte(texts[i+1]), t.json[c], s.needles, "", 0, s.note(t, c, texts[0]))
		}
		return nil
	})
	return err
}

// inDates looks for values that are dates.
func (s *search) inDates(ctx context.Context, tx pg.Tx, t searched) error {
	for i, v := range s.values {
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			continue
		}
		for _, c := range t.dates {
			rows, err := tx.Query(ctx, "SELECT ctid::text FROM "+t.name+" WHERE "+c+" = $1::text::date", v)
			if err != nil {
				return err
			}
			found, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			for _, row := range found {
				s.note(t, c, row)(needle{value: i}, "")
			}
		}
	}
	return nil
}

// inBytes looks into the bytes that hold a value as it is, and into packed ones.
func (s *search) inBytes(ctx context.Context, tx pg.Tx, t searched, column string) error {
	rows, err := tx.Query(ctx, "SELECT ctid::text, "+column+" FROM "+t.name+" WHERE length("+column+") >= $1", s.shortest())
	if err != nil {
		return err
	}
	var row string
	var data []byte
	_, err = pgx.ForEachRow(rows, []any{&row, &data}, func() error {
		find(data, false, s.needles, "", 3, s.note(t, column, row))
		return nil
	})
	return err
}

func (s *search) shortest() int {
	return len(slices.MinFunc(s.needles, func(a, b needle) int { return len(a.text) - len(b.text) }).text)
}

// inPieces puts the pieces of each file together before it looks.
func (s *search) inPieces(ctx context.Context, tx pg.Tx, t searched) error {
	var keys []string
	for _, k := range t.key {
		keys = append(keys, pgx.Identifier{k}.Sanitize())
	}
	last := len(keys) - 1
	rows, err := tx.Query(ctx, "SELECT ctid::text, concat_ws('/', "+strings.Join(keys[:last], ", ")+"), "+t.bytes[0]+
		" FROM "+t.name+" ORDER BY "+strings.Join(keys, ", "))
	if err != nil {
		return err
	}
	var file bytes.Buffer
	var row, name, first, of string
	var data []byte
	look := func() {
		if file.Len() > 0 {
			find(file.Bytes(), false, s.needles, "", 3, s.note(t, t.bytes[0], first))
		}
	}
	_, err = pgx.ForEachRow(rows, []any{&row, &name, &data}, func() error {
		if name != of {
			look()
			file.Reset()
			first, of = row, name
		}
		file.Write(data)
		return nil
	})
	look()
	return err
}
