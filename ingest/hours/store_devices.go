package hours

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// devices is what readers were and are.
type devices struct {
	readers map[int64]device
	sites   map[int64]string
	hirers  Hirers
}

type device struct {
	name  string
	modes []dated[Mode]  // ascending
	sites []dated[int64] // ascending
}

// dated is what holds from an instant (Unix ms) on; 0: from the beginning.
type dated[T any] struct {
	from int64
	what T
}

// of gives the mode a punch's reader had then, and its site.
func (d devices) of(p Punch) (Mode, int64) {
	r, at := d.readers[p.Reader], p.Whereabouts()
	return holding(r.modes, at, Toggle), holding(r.sites, at, 0)
}

// holding gives the last that holds at an instant.
func holding[T any](all []dated[T], at int64, what T) T {
	for _, d := range all {
		if d.from == 0 || d.from <= at {
			what = d.what
		}
	}
	return what
}

// name fills in what readers and sites are called.
func (d devices) name(p *Punch) {
	p.ReaderName, p.SiteName = d.readers[p.Reader].name, d.sites[p.Site]
}

func readDevices(ctx context.Context, tx pg.Tx) (devices, error) {
	out := devices{map[int64]device{}, map[int64]string{}, Hirers{}}
	rows, err := tx.Query(ctx, "SELECT site_id, name FROM site WHERE tenant_id = current_tenant()")
	if err != nil {
		return out, fmt.Errorf("reading sites: %w", err)
	}
	var id, from int64
	var name string
	var mode *string
	var site *int64
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		out.sites[id] = name
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("reading sites: %w", err)
	}
	rows, err = tx.Query(ctx, `SELECT r.reader_id, r.name, x.from_at, x.mode, x.site_id
		FROM reader r JOIN (SELECT reader_id, from_at, mode, NULL::bigint AS site_id FROM reader_mode WHERE tenant_id = current_tenant()
			UNION ALL SELECT reader_id, from_at, NULL, site_id FROM reader_site WHERE tenant_id = current_tenant()) x USING (reader_id)
		WHERE r.tenant_id = current_tenant() ORDER BY r.reader_id, x.from_at`)
	if err != nil {
		return out, fmt.Errorf("reading readers: %w", err)
	}
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &from, &mode, &site}, func() error {
		r := out.readers[id]
		r.name = name
		if mode != nil {
			r.modes = append(r.modes, dated[Mode]{from, Mode(*mode)})
		}
		if site != nil {
			r.sites = append(r.sites, dated[int64]{from, *site})
		}
		out.readers[id] = r
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("reading readers: %w", err)
	}
	out.hirers, err = readHirers(ctx, tx)
	return out, err
}
