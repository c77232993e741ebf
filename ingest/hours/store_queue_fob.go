package hours

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// What one look at the queue reads of fobs' taps, and one decision decides.
const (
	mostFobDays     = 500
	mostTapsDecided = 500
)

// nobodys is the taps p that are nobody's, and that nobody left out.
const nobodys = `p.tenant_id = current_tenant() AND p.employee_id IS NULL AND NOT p.pending
	AND NOT EXISTS (SELECT FROM decision d WHERE d.tenant_id = p.tenant_id AND d.origin = p.origin AND d.epoch = p.epoch AND d.seq = p.seq
		AND d.kind = 'ignore_tap' AND d.employee_id IS NULL AND NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id))`

// fobTaps gives the taps that are nobody's, by fob and day of the tenant, the
// newest first.
func fobTaps(ctx context.Context, tx pg.Tx, zone *time.Location, devices devices) ([]QueueItem, error) {
	rows, err := tx.Query(ctx, `SELECT p.key_version, p.token, (to_timestamp(p.placed / 1000.0) AT TIME ZONE $1)::date AS day, count(*), min(p.placed), max(p.placed),
			(array_agg(p.reader_id ORDER BY p.placed DESC))[1], COALESCE(max(f.fob_id), 0), COALESCE(max(f.label), '')
		FROM punch p LEFT JOIN fob_token t ON t.tenant_id = p.tenant_id AND t.key_version = p.key_version AND t.token = p.token
		LEFT JOIN fob f ON f.tenant_id = t.tenant_id AND f.fob_id = t.fob_id
		WHERE `+nobodys+` GROUP BY 1, 2, 3 ORDER BY 6 DESC, 2 LIMIT $2`, zone.String(), mostFobDays)
	if err != nil {
		return nil, fmt.Errorf("reading taps that are nobody's: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (QueueItem, error) {
		var day time.Time
		var version int16
		var token []byte
		var reader int64
		f := &FobTaps{}
		err := r.Scan(&version, &token, &day, &f.Count, &f.First, &f.Last, &reader, &f.Fob, &f.Label)
		copy(f.Token[:], token)
		f.KeyVersion, f.ReaderName = uint32(version), devices.readers[reader].name
		site := holding(devices.readers[reader].sites, f.Last, 0)
		return QueueItem{Exception: Exception{Kind: UnknownFob, At: f.Last, Count: f.Count}, Day: calendar.DateOf(day), Zone: zone.String(),
			Site: site, SiteName: devices.sites[site], Fob: f}, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading taps that are nobody's: %w", err)
	}
	return items, nameFobTaps(ctx, tx, items)
}

// nameFobTaps says what the fobs were then, and who held them last.
func nameFobTaps(ctx context.Context, tx pg.Tx, items []QueueItem) error {
	var taps []timed
	for _, i := range items {
		taps = append(taps, timed{keyVersion: int16(i.Fob.KeyVersion), token: string(i.Fob.Token[:])})
	}
	histories, err := holdings(ctx, tx, taps)
	if err != nil {
		return err
	}
	names, err := whoByID(ctx, tx, histories)
	if err != nil {
		return err
	}
	for n := range items {
		i := &items[n]
		kind, last := Unheld(histories[tokenName{int16(i.Fob.KeyVersion), string(i.Fob.Token[:])}], i.Fob.Last)
		i.Kind, i.Fob.Holder = kind, names[last]
		i.Proposal = i.Fob.propose(kind)
	}
	return nil
}

// whoByID gives the employees who held fobs.
func whoByID(ctx context.Context, tx pg.Tx, histories map[tokenName][]Holding) (map[int64]Who, error) {
	var ids []int64
	for _, history := range histories {
		for _, h := range history {
			ids = append(ids, h.Employee)
		}
	}
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, e.contract_minutes FROM employee e
		WHERE e.tenant_id = current_tenant() AND e.employee_id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("reading employees: %w", err)
	}
	out := map[int64]Who{}
	var w Who
	_, err = pgx.ForEachRow(rows, []any{&w.ID, &w.Number, &w.Surname, box.Text(&w.FirstName), &w.ContractMinutes}, func() error { out[w.ID] = w; return nil })
	if err != nil {
		return nil, fmt.Errorf("reading employees: %w", err)
	}
	return out, nil
}

// DecideFob takes a decision (AssignTap, IgnoreTap) about each tap of a fob's
// day that is nobody's, at most 500 at once: the others come up again. It gives
// the decisions made; ErrNotFound when there is no such tap any more.
func DecideFob(ctx context.Context, tx pg.Tx, f FobTaps, day calendar.Date, d Decision, now time.Time) (made []int64, err error) {
	if d.Kind != AssignTap && d.Kind != IgnoreTap {
		return nil, fmt.Errorf("%w: taps that are nobody's are assigned or left out", ErrInvalid)
	}
	rows, err := tx.Query(ctx, `SELECT p.origin, p.epoch, p.seq FROM punch p
		WHERE `+nobodys+` AND p.key_version = $1 AND p.token = $2
			AND (to_timestamp(p.placed / 1000.0) AT TIME ZONE (SELECT zone FROM tenant WHERE tenant_id = current_tenant()))::date = $3::text::date
		ORDER BY p.placed, p.origin, p.epoch, p.seq LIMIT $4`, int16(f.KeyVersion), f.Token[:], day.String(), mostTapsDecided)
	if err != nil {
		return nil, fmt.Errorf("reading a fob's taps: %w", err)
	}
	taps, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (k tapKey, err error) { return k, r.Scan(&k.origin, &k.epoch, &k.seq) })
	if err != nil {
		return nil, fmt.Errorf("reading a fob's taps: %w", err)
	}
	if len(taps) == 0 {
		return nil, fmt.Errorf("taps of the fob that are nobody's on %s: %w", day, ErrNotFound)
	}
	for _, k := range taps {
		d.Tap = tapID(k.origin, k.epoch, k.seq)
		id, err := Decide(ctx, tx, d, now)
		if err != nil {
			return nil, err
		}
		made = append(made, id)
	}
	return made, nil
}

// Grant decides what an employee asked for, and answers the request with the
// decision's reason.
func Grant(ctx context.Context, tx pg.Tx, request int64, d Decision, now time.Time) (int64, error) {
	var employee int64
	err := tx.QueryRow(ctx, "SELECT employee_id FROM correction_request WHERE tenant_id = current_tenant() AND request_id = $1 FOR UPDATE", request).Scan(&employee)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && employee != d.Employee:
		return 0, fmt.Errorf("request %d of employee %d: %w", request, d.Employee, ErrNotFound)
	case err != nil:
		return 0, fmt.Errorf("reading a request: %w", err)
	}
	made, err := Decide(ctx, tx, d, now)
	if err != nil {
		return 0, err
	}
	return made, AnswerRequest(ctx, tx, request, RequestGranted, d.By, d.Reason, now)
}

// queuedHoles gives the holes that nobody gave up (I2).
func queuedHoles(ctx context.Context, tx pg.Tx, zone *time.Location) ([]QueueItem, error) {
	holes, err := fleet.Holes(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []QueueItem
	for _, h := range holes {
		at := h.Since
		hole := &Hole{Device: h.Device, From: int64(h.From), To: int64(h.To)}
		out = append(out, QueueItem{Exception: Exception{Kind: SequenceHole, At: at.UnixMilli(), Hole: hole}, Day: calendar.DateOf(at.In(zone)),
			Zone: zone.String(), Site: h.SiteID, SiteName: h.Site, Since: at})
	}
	return out, nil
}
