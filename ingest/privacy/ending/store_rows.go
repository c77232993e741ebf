package ending

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
)

// writeCSV writes a table's rows as PostgreSQL writes CSV, a head first: an
// empty field is NULL, "" an empty text. It says how many rows.
func (s shape) writeCSV(ctx context.Context, tx pg.Tx, to io.Writer) (int64, error) {
	if len(s.table.Sealed) > 0 {
		return s.writeOpened(ctx, tx, to)
	}
	tag, err := tx.Conn().PgConn().CopyTo(ctx, to, "COPY ("+s.query()+") TO STDOUT WITH (FORMAT csv, HEADER)")
	if err != nil {
		return 0, fmt.Errorf("writing the rows of %s: %w", s.table.Name, err)
	}
	return tag.RowsAffected(), nil
}

// writeOpened is writeCSV of a table with sealed columns: who takes the file
// along has no master key.
func (s shape) writeOpened(ctx context.Context, tx pg.Tx, to io.Writer) (int64, error) {
	line := make([]byte, 0, 1024)
	for i, c := range s.columns {
		line = appendField(line, i, &c)
	}
	if _, err := to.Write(append(line, '\n')); err != nil {
		return 0, err
	}
	return s.opened(ctx, tx, func(fields []*string) error {
		line = line[:0]
		for i, f := range fields {
			line = appendField(line, i, f)
		}
		line = append(line, '\n')
		_, err := to.Write(line)
		return err
	})
}

// opened gives the rows as texts, nil for NULL, what is sealed opened.
func (s shape) opened(ctx context.Context, tx pg.Tx, each func([]*string) error) (int64, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return 0, err
	}
	fields, into := make([]*string, len(s.columns)), make([]any, len(s.columns))
	shown := make([][]byte, len(s.columns))
	for i, c := range s.columns {
		if into[i] = &fields[i]; s.table.Sealed[c] != "" {
			into[i] = &shown[i]
		}
	}
	rows, err := tx.Query(ctx, s.query())
	if err != nil {
		return 0, fmt.Errorf("reading the rows of %s: %w", s.table.Name, err)
	}
	tag, err := pgx.ForEachRow(rows, into, func() error {
		for i, c := range s.columns {
			if s.table.Sealed[c] == "" {
				continue
			}
			if fields[i], err = s.field(box, c, shown[i]); err != nil {
				return err
			}
		}
		return each(fields)
	})
	if err != nil {
		return 0, fmt.Errorf("reading the rows of %s: %w", s.table.Name, err)
	}
	return tag.RowsAffected(), nil
}

// field opens a value and writes it as the database would; nothing is NULL.
func (s shape) field(box vault.Box, column string, shown []byte) (*string, error) {
	if shown == nil {
		return nil, nil
	}
	text, err := box.Open(shown)
	if s.kinds[column] == "bytea" {
		text = `\x` + hex.EncodeToString([]byte(text))
	}
	return &text, err
}

// writeJSON writes the same rows as a JSON array of objects.
func (s shape) writeJSON(ctx context.Context, tx pg.Tx, to io.Writer) error {
	next := "[\n"
	put := func(object []byte) error {
		_, err := fmt.Fprintf(to, "%s%s", next, object)
		next = ",\n"
		return err
	}
	var err error
	if len(s.table.Sealed) > 0 {
		_, err = s.opened(ctx, tx, func(fields []*string) error {
			object := make(map[string]*string, len(fields))
			for i, c := range s.columns {
				object[c] = fields[i]
			}
			text, err := json.Marshal(object)
			if err != nil {
				return err
			}
			return put(text)
		})
	} else {
		err = s.objects(ctx, tx, put)
	}
	if err == nil && next == "[\n" {
		_, err = io.WriteString(to, "[")
	}
	if err == nil {
		_, err = io.WriteString(to, "\n]\n")
	}
	return err
}

func (s shape) objects(ctx context.Context, tx pg.Tx, put func([]byte) error) error {
	rows, err := tx.Query(ctx, "SELECT row_to_json(r)::text FROM ("+s.query()+") r")
	if err != nil {
		return fmt.Errorf("reading the rows of %s: %w", s.table.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := put(rows.RawValues()[0]); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the rows of %s: %w", s.table.Name, err)
	}
	return nil
}

// appendField appends a field of CSV: every text in quotes.
func appendField(line []byte, i int, f *string) []byte {
	if i > 0 {
		line = append(line, ',')
	}
	if f == nil {
		return line
	}
	line = append(line, '"')
	for j := range len(*f) {
		if (*f)[j] == '"' {
			line = append(line, '"')
		}
		line = append(line, (*f)[j])
	}
	return append(line, '"')
}
