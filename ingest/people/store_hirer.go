package people

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Hirers gives all hirers with their sites, by name.
func Hirers(ctx context.Context, tx pg.Tx) ([]Hirer, error) {
	rows, err := tx.Query(ctx, `SELECT h.hirer_id, h.name,
			ARRAY(SELECT s.site_id FROM site s WHERE s.tenant_id = h.tenant_id AND s.hirer_id = h.hirer_id ORDER BY s.site_id)
		FROM hirer h WHERE h.tenant_id = current_tenant() ORDER BY h.name`)
	if err != nil {
		return nil, fmt.Errorf("listing hirers: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Hirer])
	if err != nil {
		return nil, fmt.Errorf("listing hirers: %w", err)
	}
	return all, nil
}

// SaveHirer adds a hirer (ID 0), or names one anew, gives it exactly these
// sites, and gives its id. A site is of one hirer: it leaves the one it had, and
// the days before stay that one's (site_hirer).
// ErrNameTaken when another has the name, ErrNotFound for an unknown site.
func SaveHirer(ctx context.Context, tx pg.Tx, by audit.Actor, h Hirer) (int64, error) {
	h.Name = strings.TrimSpace(h.Name)
	if err := checkName("hirer", h.Name); err != nil {
		return 0, err
	}
	id, err := saveNamed(ctx, tx, "hirer", h.ID, h.Name)
	if err != nil {
		return 0, err
	}
	var known int
	err = tx.QueryRow(ctx, "SELECT count(*) FROM site WHERE tenant_id = current_tenant() AND site_id = ANY ($1)", h.Sites).Scan(&known)
	if err == nil && known != len(distinct(h.Sites)) {
		return 0, fmt.Errorf("a site of hirer %q: %w", h.Name, ErrNotFound)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE site SET hirer_id = CASE WHEN site_id = ANY ($2) THEN $1::bigint END
			WHERE tenant_id = current_tenant() AND (site_id = ANY ($2) AND hirer_id IS DISTINCT FROM $1 OR hirer_id = $1 AND NOT site_id = ANY ($2))`, id, distinct(h.Sites))
	}
	if err != nil {
		return 0, fmt.Errorf("giving a hirer its sites: %w", err)
	}
	return id, audit.Append(ctx, tx, audit.Entry{Action: "hirer.save", SubjectKind: "hirer", SubjectID: id, By: by, Payload: h})
}

// distinct gives every id once; never nil, which SQL would take for unknown.
func distinct(ids []int64) []int64 {
	out, seen := []int64{}, map[int64]bool{}
	for _, id := range ids {
		if !seen[id] {
			out, seen[id] = append(out, id), true
		}
	}
	return out
}
