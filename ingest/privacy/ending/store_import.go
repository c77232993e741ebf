package ending

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Import makes the tenant of an export in this database: all of it, in one
// transaction, or nothing with the reason. It is the same tenant only if what
// is written out of the database again is what the export holds. db is under
// pg.RolePrivacy.
func Import(ctx context.Context, db *pg.DB, c privacy.Catalogue, o ImportOptions, from io.ReaderAt, size int64) (Imported, error) {
	p, err := unpack(from, size, o, pg.Fingerprint())
	if err != nil {
		return Imported{}, err
	}
	done := Imported{Manifest: p.manifest}
	err = db.Look(ctx, func(tx pg.Tx) error {
		in := intake{parcel: p, tx: tx}
		if err := in.begin(ctx, c, &done); err != nil {
			return err
		}
		if err := in.fill(ctx, in.table); err != nil {
			return err
		}
		if done.Totals, err = ControlTotals(ctx, tx, c); err != nil {
			return err
		}
		if d := Differences(p.manifest.Totals, done.Totals); len(d) > 0 {
			return fmt.Errorf("%w: its contents are not what its manifest says (%s)", ErrManipulated, strings.Join(d[:min(3, len(d))], "; "))
		}
		return in.note(ctx, done, o)
	})
	if err != nil {
		return Imported{}, err
	}
	return done, nil
}

// intake is an export on its way into the database.
type intake struct {
	parcel
	tx        pg.Tx
	shapes    []shape
	forgotten []string // see Replaced
}

// begin makes the tenant.
func (in *intake) begin(ctx context.Context, c privacy.Catalogue, done *Imported) (err error) {
	if err := in.whole(ctx, c); err != nil {
		return err
	}
	err = in.tx.QueryRow(ctx, "SELECT create_tenant($1, 'Europe/Amsterdam', 'nl')", in.manifest.Name).Scan(&done.Tenant)
	if err == nil {
		_, err = in.tx.Exec(ctx, "SELECT set_config('tikklok.tenant', $1, true)", fmt.Sprint(done.Tenant))
	}
	if err != nil {
		return fmt.Errorf("making the tenant of an export: %w", err)
	}
	return nil
}

// whole finds that the export has the tables that this database has.
func (in *intake) whole(ctx context.Context, c privacy.Catalogue) (err error) {
	if in.shapes, err = carried(ctx, in.tx, c); err != nil {
		return err
	}
	for _, s := range in.shapes {
		if in.files[csvPath(s.table.Name)] == nil {
			return fmt.Errorf("%w: %s is missing", ErrManipulated, csvPath(s.table.Name))
		}
	}
	return nil
}

// noted are tables that triggers of others write into: they come last, in
// place of what the triggers wrote.
var noted = []string{"reader_mode", "reader_site", "site_hirer", "hours_due", "law_due"}

func (in *intake) fill(ctx context.Context, table func(context.Context, shape) error) error {
	if err := plainly(ctx, in.tx); err != nil {
		return err
	}
	last := func(s shape) bool { return slices.Contains(noted, s.table.Name) }
	for _, later := range []bool{false, true} {
		for _, s := range in.shapes {
			if last(s) != later {
				continue
			}
			if err := table(ctx, s); err != nil {
				return blame(err, s.table.Name)
			}
		}
	}
	return nil
}

// table puts the rows of one table in, in place of what triggers wrote.
func (in *intake) table(ctx context.Context, s shape) error {
	if s.table.Name == "tenant" {
		return in.tenant(ctx, s)
	}
	return in.put(ctx, s, "DELETE FROM "+quoted(s.table.Name)+" WHERE tenant_id = current_tenant()", "")
}

// put puts rows of one table in, after what comes before, and with what the end
// of the statement says. Under row-level security rows can't be copied straight
// in: they go by way of a temporary table.
func (in *intake) put(ctx context.Context, s shape, before, end string) error {
	cols, incoming := names(s.columns), s.incoming()
	if err := in.stage(ctx, s); err != nil {
		return err
	}
	if _, err := in.tx.Exec(ctx, before); err != nil {
		return err
	}
	if _, err := in.tx.Exec(ctx, "INSERT INTO "+quoted(s.table.Name)+" (tenant_id, "+cols+") OVERRIDING SYSTEM VALUE SELECT current_tenant(), "+cols+" FROM "+incoming+" i "+end); err != nil {
		return err
	}
	if s.number != "" {
		if _, err := in.tx.Exec(ctx, "SELECT pass_number($1, $2, max("+quoted(s.number)+")) FROM "+incoming+" HAVING count(*) > 0", s.table.Name, s.number); err != nil {
			return err
		}
	}
	return in.unstage(ctx, s)
}

// incoming is the temporary table by whose way rows go.
func (s shape) incoming() string { return quoted("incoming " + s.table.Name) }

// stage makes that table and puts the rows of the export in.
func (in *intake) stage(ctx context.Context, s shape) error {
	if _, err := in.tx.Exec(ctx, "CREATE TEMPORARY TABLE "+s.incoming()+" ON COMMIT DROP AS SELECT "+names(s.columns)+" FROM "+quoted(s.table.Name)+" WITH NO DATA"); err != nil {
		return err
	}
	return in.read(csvPath(s.table.Name), func(r io.Reader) error {
		_, err := in.tx.Conn().PgConn().CopyFrom(ctx, r, "COPY "+s.incoming()+" ("+names(s.columns)+") FROM STDIN WITH (FORMAT csv, HEADER MATCH)")
		return err
	})
}

func (in *intake) unstage(ctx context.Context, s shape) error {
	_, err := in.tx.Exec(ctx, "DROP TABLE "+s.incoming())
	return err
}

// shape gives that of a table that the export carries.
func (in *intake) shape(table string) shape {
	return in.shapes[slices.IndexFunc(in.shapes, func(s shape) bool { return s.table.Name == table })]
}

// tenant gives the tenant, which is there already, what the export says.
func (in *intake) tenant(ctx context.Context, s shape) error {
	if err := in.stage(ctx, s); err != nil {
		return err
	}
	_, err := in.tx.Exec(ctx, "UPDATE tenant SET ("+names(s.columns)+`) = (SELECT `+names(s.columns)+` FROM "incoming tenant") WHERE tenant_id = current_tenant()`)
	return err
}

// blame says what an error of the database means for an export.
func blame(err error, table string) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if errors.Is(err, ErrManipulated) || errors.Is(err, ErrNameTaken) {
			return err
		}
		return fmt.Errorf("taking in the rows of %s: %w", table, err)
	}
	switch {
	case e.Code == "23505" && slices.Contains([]string{"gateway_id_once", "enrolment_code_once", "api_key_secret_once"}, e.ConstraintName):
		return fmt.Errorf("%w: a row of %s is there already, of this tenant or another (%s)", ErrTaken, table, e.ConstraintName)
	case strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23"): // a value that can't be, or that the rules don't let be
		return fmt.Errorf("%w: %s holds a row that can't be (%s %s)", ErrManipulated, csvPath(table), e.Code, e.ConstraintName)
	}
	return fmt.Errorf("taking in the rows of %s: %w", table, err)
}

// note writes down where the tenant came from.
func (in *intake) note(ctx context.Context, done Imported, o ImportOptions) error {
	print, err := hex.DecodeString(in.manifest.Fingerprint)
	if err != nil {
		return fmt.Errorf("noting an import: %w", err)
	}
	_, err = in.tx.Exec(ctx, "INSERT INTO tenant_import (tenant_id, fingerprint, exported_at, imported_at, proven) VALUES (current_tenant(), $1, $2, $3, $4)",
		print, in.manifest.At, o.Now, o.Fingerprint != "")
	var e *pgconn.PgError
	if errors.As(err, &e) && e.ConstraintName == "tenant_import_once" {
		return fmt.Errorf("%w: this very export was taken in before", ErrTaken)
	}
	if err != nil {
		return fmt.Errorf("noting an import: %w", err)
	}
	return audit.Append(ctx, in.tx, audit.Entry{Action: "tenant.import", SubjectKind: "tenant", SubjectID: done.Tenant, By: o.By,
		Payload: map[string]any{"fingerprint": in.manifest.Fingerprint, "exported_at": in.manifest.At, "proven": o.Fingerprint != ""}})
}
