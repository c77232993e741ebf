package ending

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/retention"
)

// batch is how many rows go in one transaction where nobody says.
const batch = 20_000

// stay are the tables of which a row is left: an empty tenant with its
// certificate.
var stay = []string{"tenant", "tenant_ending"}

// destroyed is the content of a destruction's certificate. It names nobody, and
// no number in it is one of a row (OB-P6).
type destroyed struct {
	Tenant       int64            `json:"tenant"`
	Begun        time.Time        `json:"begun"`
	Ended        time.Time        `json:"ended"`
	Early        bool             `json:"early"` // before the timetable's day, or without one: on an instruction of the customer
	Exported     string           `json:"exported,omitempty"`
	Rows         int64            `json:"rows"`
	Tables       map[string]int64 `json:"tables"`
	AuditEntries int64            `json:"audit_entries"`
	BackupsUntil string           `json:"backups_until,omitempty"` // the day on which the last backup that holds it goes
}

// Destroy removes all that the tenant has, in bounded pieces; a destruction
// that was cut off goes on where it was. What is left is a number and a
// certificate. ErrNotYet says why it may not begin. db is under pg.RolePrivacy.
func Destroy(ctx context.Context, db *pg.DB, tenant int64, c privacy.Catalogue, d Destruction) (Destroyed, error) {
	if d.By.Kind != audit.Operator && d.By.Kind != audit.System {
		return Destroyed{}, fmt.Errorf("%w: an account can't be who did it, as it goes too; run it at the command line", ErrNotYet)
	}
	if d.Batch <= 0 {
		d.Batch = batch
	}
	r := removal{db: db, tenant: tenant, Destruction: d}
	if err := db.InTenant(ctx, tenant, func(tx pg.Tx) error { return r.begin(ctx, tx, c) }); err != nil {
		return Destroyed{}, err
	}
	if err := r.empty(ctx); err != nil {
		return Destroyed{}, err
	}
	if d.Outside != nil {
		if err := d.Outside(); err != nil {
			return Destroyed{}, fmt.Errorf("removing what stands outside the database; destroying again goes on: %w", err)
		}
	}
	return r.end(ctx)
}

// removal is a destruction under way.
type removal struct {
	db     *pg.DB
	tenant int64
	shapes []shape // each after those that refer to it
	Destruction
}

// begin closes the doors and notes that there is no way back.
func (r *removal) begin(ctx context.Context, tx pg.Tx, c privacy.Catalogue) (err error) {
	if r.shapes, err = shapes(ctx, tx, c); err != nil {
		return err
	}
	slices.Reverse(r.shapes)
	if err := r.catalogued(ctx, tx, c); err != nil {
		return err
	}
	state, err := StateOf(ctx, tx)
	if err != nil || state.Begun != nil {
		if err == nil && state.Destroyed != nil {
			err = fmt.Errorf("%w: it is gone already", ErrNotYet)
		}
		return err
	}
	now := r.Now()
	if err := r.allowed(ctx, tx, state, now); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO tenant_ending (tenant_id, destroying_at) VALUES (current_tenant(), $1)
		ON CONFLICT (tenant_id) DO UPDATE SET destroying_at = EXCLUDED.destroying_at`, now)
	for _, sql := range []string{
		"UPDATE account SET closed_at = COALESCE(closed_at, $1) WHERE tenant_id = current_tenant()",
		"UPDATE api_key SET revoked_at = COALESCE(revoked_at, $1) WHERE tenant_id = current_tenant()",
		"UPDATE gateway SET revoked_at = COALESCE(revoked_at, $1) WHERE tenant_id = current_tenant()",
	} {
		if err == nil {
			_, err = tx.Exec(ctx, sql, now)
		}
	}
	if err != nil {
		return fmt.Errorf("beginning the destruction of a tenant: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "tenant.destroy", SubjectKind: "tenant", SubjectID: r.tenant, By: r.By, Payload: map[string]string{"instruction": r.Ahead}})
}

// catalogued refuses where a table of tenants is declared by nobody: its rows
// would stay (I7).
func (r *removal) catalogued(ctx context.Context, tx pg.Tx, c privacy.Catalogue) error {
	there, err := columns(ctx, tx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if _, ok := c.Table(name); !ok {
			return fmt.Errorf("%w: nobody declared the table %s, so its rows would stay", ErrNotYet, name)
		}
	}
	return nil
}

// allowed says whether everything speaks for destruction: no breach is open
// (nothing irreversible then, OB-P10), no legal hold counts, the timetable's
// day has come and the customer has the data, or told to go ahead.
func (r *removal) allowed(ctx context.Context, tx pg.Tx, s State, now time.Time) error {
	open, err := breach.Open(ctx, tx)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return fmt.Errorf("%w: breach %d is open, and what may show who was affected stays until it is closed", ErrNotYet, open[0])
	}
	holds, err := retention.Holds(ctx, tx, now)
	if err != nil {
		return err
	}
	for _, h := range holds {
		if h.Counts(now) {
			return fmt.Errorf("%w: legal hold %d counts until %s; lift it first", ErrNotYet, h.ID, h.Until.Format(time.DateOnly))
		}
	}
	if r.Ahead != "" {
		return nil
	}
	since, err := Since(ctx, tx, s)
	if err != nil {
		return err
	}
	return s.destroyable(since, now)
}

// empty removes every row. Triggers may write rows into tables that are empty
// already: it goes round until nothing is left.
func (r *removal) empty(ctx context.Context) error {
	for range 5 {
		total := int64(0)
		for _, s := range r.shapes {
			if slices.Contains(stay, s.table.Name) {
				continue
			}
			n, err := r.table(ctx, s)
			if err != nil {
				return fmt.Errorf("destroying the rows of %s; destroying again goes on: %w", s.table.Name, err)
			}
			total += n
		}
		if total == 0 {
			return nil
		}
	}
	return errors.New("rows keep coming while the tenant is destroyed: is another program of an older version at work?")
}

// table removes the rows of a table, a batch a transaction.
func (r *removal) table(ctx context.Context, s shape) (total int64, err error) {
	for {
		var n int64
		err := r.db.InTenant(ctx, r.tenant, func(tx pg.Tx) (err error) {
			n, err = r.piece(ctx, tx, s)
			return err
		})
		if err != nil {
			return total, err
		}
		if total += n; n == 0 {
			return total, nil
		}
	}
}

// piece removes the rows of a table that stand last: those refer to earlier
// ones, as a decision to the one that it undoes. Where it is the other way
// round the whole table goes at once.
func (r *removal) piece(ctx context.Context, tx pg.Tx, s shape) (n int64, err error) {
	from := " FROM " + quoted(s.table.Name) + " WHERE tenant_id = current_tenant()"
	remove := func(sql string, args ...any) error {
		return pg.Attempt(ctx, tx, func(tx pg.Tx) error {
			tag, err := tx.Exec(ctx, "DELETE"+from+sql, args...)
			n = tag.RowsAffected()
			return err
		})
	}
	if len(s.key) == 0 {
		err = remove("")
	} else {
		key := names(s.key)
		down := strings.ReplaceAll(key, ", ", " DESC, ") + " DESC"
		err = remove(" AND ("+key+") >= (SELECT "+key+" FROM (SELECT "+key+from+" ORDER BY "+down+" LIMIT $1) b ORDER BY "+key+" LIMIT 1)", r.Batch)
		var e *pgconn.PgError
		if errors.As(err, &e) && e.Code == "23503" {
			err = remove("")
		}
	}
	if err != nil {
		return 0, err
	}
	return n, r.note(ctx, tx, s, n)
}

// note counts what went, in the same transaction: whoever goes on knows it.
func (r *removal) note(ctx context.Context, tx pg.Tx, s shape, n int64) error {
	if n == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE tenant_ending SET removed = removed || jsonb_build_object($1::text, COALESCE((removed->>$1)::bigint, 0) + $2::bigint)
		WHERE tenant_id = current_tenant()`, s.table.Name, n)
	return err
}

// end makes sure that nothing is left, and leaves the certificate, all at once.
func (r *removal) end(ctx context.Context) (out Destroyed, err error) {
	err = r.db.InTenant(ctx, r.tenant, func(tx pg.Tx) error {
		for _, s := range r.shapes {
			if slices.Contains(stay, s.table.Name) {
				continue
			}
			tag, err := tx.Exec(ctx, "DELETE FROM "+quoted(s.table.Name)+" WHERE tenant_id = current_tenant()")
			if err != nil {
				return fmt.Errorf("destroying the rows of %s: %w", s.table.Name, err)
			}
			if err := r.note(ctx, tx, s, tag.RowsAffected()); err != nil {
				return err
			}
		}
		out, err = r.certify(ctx, tx)
		return err
	})
	return out, err
}

// certify leaves the tenant's number, without a name, and the certificate.
func (r *removal) certify(ctx context.Context, tx pg.Tx) (out Destroyed, err error) {
	now := r.Now()
	content := destroyed{Tenant: r.tenant, Ended: now.UTC()}
	var until *time.Time
	if !r.BackupsUntil.IsZero() {
		day := r.BackupsUntil.UTC().Truncate(24 * time.Hour)
		until, content.BackupsUntil = &day, day.Format(time.DateOnly)
	}
	err = tx.QueryRow(ctx, `UPDATE tenant_ending SET destroyed_at = $1, backups_until = $2, accepted_by = NULL WHERE tenant_id = current_tenant()
		RETURNING destroying_at, COALESCE(destroying_at < destroy_from, true), removed, COALESCE(encode(fingerprint, 'hex'), '')`, now, until).
		Scan(&content.Begun, &content.Early, &content.Tables, &content.Exported)
	if err == nil {
		_, err = tx.Exec(ctx, "UPDATE tenant SET name = 'destroyed ' || tenant_id, zone = 'UTC', language = 'nl', created_at = $1 WHERE tenant_id = current_tenant()", now)
	}
	if err != nil {
		return out, fmt.Errorf("ending the destruction of a tenant: %w", err)
	}
	for name, n := range content.Tables {
		if content.Rows += n; name == "audit_entry" {
			content.AuditEntries = n
		}
	}
	out.Rows = content.Tables
	out.Certificate, err = privacy.Certify(ctx, tx, privacy.CertDestruction, content, r.By, now)
	return out, err
}

// Destructions gives the tenants whose destruction has begun, and when it
// ended; nil: it goes on when it is called again.
func Destructions(ctx context.Context, tx pg.Tx) (map[int64]*time.Time, error) {
	rows, err := tx.Query(ctx, "SELECT tenant_id, destroyed_at FROM destructions()")
	if err != nil {
		return nil, fmt.Errorf("listing destructions: %w", err)
	}
	out := map[int64]*time.Time{}
	var id int64
	var at *time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &at}, func() error { out[id] = at; at = nil; return nil })
	if err != nil {
		return nil, fmt.Errorf("listing destructions: %w", err)
	}
	return out, nil
}
