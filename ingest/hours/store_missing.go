package hours

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// missingData gives what the week may lack (I2): holes that are not given up
// whose surrounding taps leave room for it, and devices that are silent since
// before its end. With it come the sites that employees tapped at in the week
// or the four before, so that a sheet names only what concerns it.
func missingData(ctx context.Context, tx pg.Tx, week calendar.Week) ([]MissingData, map[int64][]int64, error) {
	zone, err := tenantZone(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	from, to := week.Monday().In(zone), week.Sunday().AddDays(1).In(zone)
	holes, err := openHoles(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	var out []MissingData
	for _, h := range holes {
		if h.within(from, to) {
			m := MissingData{Site: h.SiteID, SiteName: h.Site, Device: h.Device, Kind: MissingHole, From: int64(h.From), To: int64(h.To), Since: h.Since}
			if h.Kind == fleet.HoleTail {
				m.Kind = MissingTail
			}
			out = append(out, m)
		}
	}
	silent, err := silence(ctx, tx, to)
	if err != nil {
		return nil, nil, err
	}
	if out = append(out, silent...); len(out) == 0 {
		return nil, nil, nil
	}
	sites, err := usualSites(ctx, tx, from.AddDate(0, 0, -28), to)
	return out, sites, err
}

// missingOf gives what of the week's missing data concerns an employee: that of
// sites they tapped at, and of sites nobody can tell.
func missingOf(ctx context.Context, tx pg.Tx, week calendar.Week) (func(employee int64) []MissingData, error) {
	missing, sites, err := missingData(ctx, tx, week)
	if err != nil {
		return nil, err
	}
	return func(employee int64) (out []MissingData) {
		for _, m := range missing {
			if at := sites[employee]; m.Site == 0 || len(at) == 0 || slices.Contains(at, m.Site) {
				out = append(out, m)
			}
		}
		return out
	}, nil
}

func tenantZone(ctx context.Context, tx pg.Tx) (*time.Location, error) {
	var name string
	if err := tx.QueryRow(ctx, "SELECT zone FROM tenant WHERE tenant_id = current_tenant()").Scan(&name); err != nil {
		return nil, fmt.Errorf("reading the tenant's zone: %w", err)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("reading the tenant's zone: %w", err)
	}
	return zone, nil
}

// room gives the instants (Unix ms) of the taps on both sides of a hole.
func room(ctx context.Context, tx pg.Tx, h fleet.Hole) (after, before int64, err error) {
	err = tx.QueryRow(ctx, `SELECT
		COALESCE((SELECT placed FROM punch WHERE tenant_id = current_tenant() AND origin = $1 AND epoch = $2 AND seq < $3 ORDER BY seq DESC LIMIT 1), 0),
		COALESCE((SELECT placed FROM punch WHERE tenant_id = current_tenant() AND origin = $1 AND epoch = $2 AND seq > $4 AND $4 > 0 ORDER BY seq LIMIT 1), 1::bigint << 62)`,
		int64(h.Origin), int64(h.Epoch), int64(h.From), int64(h.To)).Scan(&after, &before)
	if err != nil {
		return 0, 0, fmt.Errorf("reading what surrounds a hole: %w", err)
	}
	return after, before, nil
}

// silence gives the gateways in use that are not online, and the readers with
// memory without contact for a day that nobody took out of use, since before an
// instant.
func silence(ctx context.Context, tx pg.Tx, before time.Time) ([]MissingData, error) {
	rows, err := tx.Query(ctx, `
		SELECT s.site_id, s.name, g.name, g.last_heard FROM gateway g JOIN site s ON s.tenant_id = g.tenant_id AND s.site_id = g.site_id
		WHERE g.tenant_id = current_tenant() AND g.revoked_at IS NULL AND NOT g.online AND g.last_heard < $1
		UNION ALL
		SELECT s.site_id, s.name, r.name, r.last_contact FROM reader r JOIN site s ON s.tenant_id = r.tenant_id AND s.site_id = r.site_id
		WHERE r.tenant_id = current_tenant() AND r.key = '' AND (r.retired_at IS NULL OR r.last_contact > r.retired_at)
			AND r.last_contact < $1 AND r.last_contact < now() - interval '1 day'
		ORDER BY 2, 3`, before)
	if err != nil {
		return nil, fmt.Errorf("reading silent devices: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (MissingData, error) {
		m := MissingData{Kind: MissingSilence}
		return m, r.Scan(&m.Site, &m.SiteName, &m.Device, &m.Since)
	})
	if err != nil {
		return nil, fmt.Errorf("reading silent devices: %w", err)
	}
	return out, nil
}

// usualSites gives the sites each employee tapped at.
func usualSites(ctx context.Context, tx pg.Tx, from, to time.Time) (map[int64][]int64, error) {
	rows, err := tx.Query(ctx, `SELECT p.employee_id, array_agg(DISTINCT r.site_id) FROM punch p
		JOIN reader r ON r.tenant_id = p.tenant_id AND r.reader_id = p.reader_id
		WHERE p.tenant_id = current_tenant() AND p.employee_id IS NOT NULL AND p.placed BETWEEN $1 AND $2 GROUP BY p.employee_id`, from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("reading employees' sites: %w", err)
	}
	out := map[int64][]int64{}
	var employee int64
	var sites []int64
	if _, err := pgx.ForEachRow(rows, []any{&employee, &sites}, func() error { out[employee] = sites; sites = nil; return nil }); err != nil {
		return nil, fmt.Errorf("reading employees' sites: %w", err)
	}
	return out, nil
}
