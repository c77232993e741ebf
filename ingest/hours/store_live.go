package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// Today gives who is in at now, in order of name.
func Today(ctx context.Context, tx pg.Tx, now time.Time) ([]Presence, error) {
	return presences(ctx, tx, now, 0)
}

// PresenceOf gives whether one employee is in at now.
func PresenceOf(ctx context.Context, tx pg.Tx, employee int64, now time.Time) (p Presence, in bool, err error) {
	all, err := presences(ctx, tx, now, employee)
	if err != nil || len(all) == 0 {
		return p, false, err
	}
	return all[0], true, nil
}

// presences gives who is in, or of one employee whether.
func presences(ctx context.Context, tx pg.Tx, now time.Time, only int64) ([]Presence, error) {
	devices, err := readDevices(ctx, tx)
	if err != nil {
		return nil, err
	}
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, e.contract_minutes, w.detail
		FROM worked_day w JOIN employee e ON e.tenant_id = w.tenant_id AND e.employee_id = w.employee_id
		WHERE w.tenant_id = current_tenant() AND w.running AND w.revisit >= $1 AND $2::bigint IN (0, w.employee_id)`, now.UnixMilli(), only)
	if err != nil {
		return nil, fmt.Errorf("reading who is in: %w", err)
	}
	var out []Presence
	var w Who
	var detail []byte
	_, err = pgx.ForEachRow(rows, []any{&w.ID, &w.Number, &w.Surname, box.Text(&w.FirstName), &w.ContractMinutes, &detail}, func() error {
		var d Day
		if err := json.Unmarshal(detail, &d); err != nil {
			return err
		}
		for _, s := range d.Shifts {
			if s.State == Running {
				out = append(out, s.presence(w, d, devices))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading who is in: %w", err)
	}
	people.SortByName(out, func(p Presence) people.Name { return p.Who.Name() })
	return out, nil
}

// presence tells of a running shift; the reader is that of its first tap.
func (s Shift) presence(w Who, d Day, devices devices) Presence {
	p := Presence{Who: w, Since: time.Unix(s.Span.From*60, 0).UTC(), OnBreak: s.OnBreak, Site: s.Site, SiteName: devices.sites[s.Site]}
	for _, punch := range d.Punches {
		if len(s.Taps) > 0 && punch.Tap == s.Taps[0] {
			p.Reader, p.ReaderName = punch.Reader, devices.readers[punch.Reader].name
		}
	}
	return p
}

// Latest gives the last taps by arrival, newest first.
func Latest(ctx context.Context, tx pg.Tx, limit int) ([]LatestTap, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		SELECT p.origin, p.epoch, p.seq, p.placed, p.uncertainty, p.known, p.arrived, p.reader_id, COALESCE(r.name, ''), COALESCE(s.name, ''),
			COALESCE(e.employee_id, 0), COALESCE(e.number, ''), COALESCE(e.surname, ''), `+pg.OfPerson("e", "first_name")+`, COALESCE(e.contract_minutes, 0),
			COALESCE((SELECT x->>'role' FROM worked_day w, jsonb_path_query(w.detail, '$.punches[*]') x -- a day without taps has null there
				WHERE w.tenant_id = p.tenant_id AND w.employee_id = p.employee_id
					AND w.day BETWEEN to_timestamp(p.placed / 1000)::date - 2 AND to_timestamp(p.placed / 1000)::date + 1
					AND x->>'tap' = to_hex(p.origin) || '/' || lpad(to_hex(p.epoch), 16, '0') || '/' || p.seq LIMIT 1), '')
		FROM (SELECT * FROM punch WHERE tenant_id = current_tenant() AND NOT pending ORDER BY arrived DESC, origin, epoch, seq DESC LIMIT $1) p
		LEFT JOIN reader r ON r.tenant_id = p.tenant_id AND r.reader_id = p.reader_id
		LEFT JOIN site s ON s.tenant_id = p.tenant_id AND s.site_id = r.site_id
		LEFT JOIN employee e ON e.tenant_id = p.tenant_id AND e.employee_id = p.employee_id
		ORDER BY p.arrived DESC, p.origin, p.epoch, p.seq DESC`, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the last taps: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t LatestTap, err error) {
		var origin, epoch, seq, at, arrived int64
		err = r.Scan(&origin, &epoch, &seq, &at, &t.Uncertainty, &t.Known, &arrived, &t.Reader, &t.ReaderName, &t.SiteName,
			&t.Who.ID, &t.Who.Number, &t.Who.Surname, box.Text(&t.Who.FirstName), &t.Who.ContractMinutes, &t.Role)
		t.Tap, t.At, t.Arrived = tapID(origin, epoch, seq), time.UnixMilli(at).UTC(), time.UnixMilli(arrived).UTC()
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the last taps: %w", err)
	}
	return out, nil
}

// UnknownTaps gives the tokens whose taps wait for an administrator, the
// latest first (OB-H1).
func UnknownTaps(ctx context.Context, tx pg.Tx) ([]UnknownTap, error) {
	rows, err := tx.Query(ctx, `
		SELECT u.key_version, u.token, u.n, u.first, u.last, u.reader_id, COALESCE(r.name, ''), COALESCE(s.name, ''),
			COALESCE(f.fob_id, 0), COALESCE(f.label, ''), COALESCE(f.status, '')
		FROM (SELECT key_version, token, count(*) AS n, min(placed) AS first, max(placed) AS last,
				(array_agg(reader_id ORDER BY placed DESC))[1] AS reader_id
			FROM punch WHERE tenant_id = current_tenant() AND employee_id IS NULL AND NOT pending GROUP BY key_version, token) u
		LEFT JOIN reader r ON r.tenant_id = current_tenant() AND r.reader_id = u.reader_id
		LEFT JOIN site s ON s.tenant_id = current_tenant() AND s.site_id = r.site_id
		LEFT JOIN fob_token t ON t.tenant_id = current_tenant() AND t.key_version = u.key_version AND t.token = u.token
		LEFT JOIN fob f ON f.tenant_id = current_tenant() AND f.fob_id = t.fob_id
		ORDER BY u.last DESC, u.token`)
	if err != nil {
		return nil, fmt.Errorf("reading unknown taps: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (u UnknownTap, err error) {
		var version int16
		var token []byte
		var first, last int64
		err = r.Scan(&version, &token, &u.Count, &first, &last, &u.Reader, &u.ReaderName, &u.SiteName, &u.Fob, &u.FobLabel, &u.FobStatus)
		u.KeyVersion, u.First, u.Last = uint32(version), time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC()
		copy(u.Token[:], token)
		return u, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading unknown taps: %w", err)
	}
	return out, nil
}
