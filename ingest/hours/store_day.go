package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

const dayMillis = 86_400_000

// computeDue computes the days of employees that are due (only: of one), and
// writes them.
func computeDue(ctx context.Context, tx pg.Tx, now time.Time, only int64) (c Changes, more bool, err error) {
	if only == 0 {
		if err := spreadHolidays(ctx, tx, now); err != nil {
			return c, false, err
		}
	}
	list, more, err := takeDue(ctx, tx, now.UnixMilli(), only)
	if err != nil || len(list) == 0 {
		return c, false, err
	}
	book, err := bookOf(ctx, tx)
	if err != nil {
		return c, false, err
	}
	written, days, err := computeSpans(ctx, tx, book, list, now)
	if err != nil {
		return c, false, err
	}
	c.Employees, c.Days = len(list), len(days)
	return c, more, writeDays(ctx, tx, written, days)
}

// computeSpans computes the days of what is due by a book, and writes nothing.
// Days that change only because of these are among them, each with a span of
// its own.
func computeSpans(ctx context.Context, tx pg.Tx, book *rule.Book, list []due, now time.Time) (spans []span, days []Day, err error) {
	return computeFrom(ctx, tx, book, list, now, readFacts)
}

// factReader reads the facts around what is due, pad ms on each side.
type factReader func(ctx context.Context, tx pg.Tx, list []due, pad int64) (map[int64]Facts, error)

// computeFrom is computeSpans with facts from elsewhere than the stored punches.
func computeFrom(ctx context.Context, tx pg.Tx, book *rule.Book, list []due, now time.Time, read factReader) (spans []span, days []Day, err error) {
	devices, err := readDevices(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	everyone := map[int64]Facts{}
	for pad := int64(4); len(list) > 0; pad *= 4 {
		facts, err := read(ctx, tx, list, pad*dayMillis)
		if err != nil {
			return nil, nil, err
		}
		var again []due
		for _, d := range list {
			f, ok := facts[d.employee]
			if !ok {
				continue // not an employee any more
			}
			s, whole := f.whole(d, pad*dayMillis, book)
			if !whole && pad < 400 {
				again = append(again, d)
				continue
			}
			f.Hirers = devices.hirers
			spans, everyone[d.employee] = append(spans, s), f
			days = append(days, f.compute(book, devices, s, now)...)
		}
		list = again
	}
	return settleStored(ctx, tx, book, everyone, spans, days)
}

// span is the days of an employee that are written anew.
type span struct {
	employee    int64
	first, last calendar.Date
}

// whole widens what is due to whole days of whole chains; false: the punches
// read do not reach far enough to tell.
func (f Facts) whole(d due, pad int64, book *rule.Book) (span, bool) {
	longest, late := book.Longest(), int64(book.LatestStart())*60_000
	if late > 0 {
		late += 60 * 60_000 // that the clock may have been changed by since midnight
	}
	var times []int64
	for _, p := range f.Punches {
		times = append(times, p.Whereabouts(), p.At)
	}
	for _, dec := range f.Decisions {
		if !dec.At.IsZero() {
			times = append(times, dec.At.UnixMilli())
		}
	}
	slices.Sort(times)
	date := func(ms int64) calendar.Date { return calendar.DateOf(time.UnixMilli(ms).In(f.Person.Zone)) }
	from, to := Around(times, d.from, d.to, longest)
	for {
		s := span{f.Person.ID, date(from - late), date(to)}
		if reach := longest + widestDoubt; from-reach < d.from-pad || to+reach > d.to+pad {
			return s, false
		}
		i, _ := slices.BinarySearch(times, s.first.In(f.Person.Zone).UnixMilli())
		j, _ := slices.BinarySearch(times, s.last.AddDays(1).In(f.Person.Zone).UnixMilli()+late)
		a, b := f.planTimes(from, to)
		if i < j {
			a, b = Around(times, min(a, times[i]), max(b, times[j-1]), longest)
		}
		if a == from && b == to {
			return s, true
		}
		from, to = a, b
	}
}

// compute gives the days of a span.
func (f Facts) compute(book *rule.Book, devices devices, s span, now time.Time) []Day {
	for i := range f.Punches {
		f.Punches[i].Mode, f.Punches[i].Site = devices.of(f.Punches[i])
	}
	f.Days = calendar.Period{From: s.first, To: s.last}
	var out []Day
	for _, d := range Compute(book, f, now) {
		if !d.Date.Before(s.first) && !s.last.Before(d.Date) {
			out = append(out, d)
		}
	}
	return out
}

// readFacts reads the punches around what is due, pad ms on each side, and
// those that decisions name, with all decisions of these employees.
func readFacts(ctx context.Context, tx pg.Tx, list []due, pad int64) (map[int64]Facts, error) {
	out, err := readAllButPunches(ctx, tx, list, pad)
	if err != nil {
		return nil, err
	}
	employees, from, to := ranges(list, pad)
	rows, err := tx.Query(ctx, `
		SELECT p.employee_id, p.origin, p.epoch, p.seq, p.at, p.uncertainty, p.known, p.wall, p.arrived, p.reader_id
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(employee, a, b)
		JOIN punch p ON p.tenant_id = current_tenant() AND p.employee_id = n.employee AND p.placed BETWEEN n.a AND n.b AND NOT p.sealed
		UNION ALL
		SELECT DISTINCT p.employee_id, p.origin, p.epoch, p.seq, p.at, p.uncertainty, p.known, p.wall, p.arrived, p.reader_id
		FROM decision d JOIN punch p ON p.tenant_id = current_tenant() AND p.origin = d.origin AND p.epoch = d.epoch AND p.seq = d.seq
			AND p.employee_id = d.employee_id AND NOT p.sealed
		WHERE d.tenant_id = current_tenant() AND d.employee_id = ANY ($1)
			AND NOT EXISTS (SELECT FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(employee, a, b) WHERE n.employee = p.employee_id AND p.placed BETWEEN n.a AND n.b)`,
		employees, from, to)
	if err != nil {
		return nil, fmt.Errorf("reading punches: %w", err)
	}
	var employee, origin, epoch, seq int64
	var p Punch
	_, err = pgx.ForEachRow(rows, []any{&employee, &origin, &epoch, &seq, &p.At, &p.Uncertainty, &p.Known, &p.Device, &p.Arrived, &p.Reader}, func() error {
		p.Tap = tapID(origin, epoch, seq)
		f := out[employee]
		f.Punches = append(f.Punches, p)
		out[employee] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading punches: %w", err)
	}
	return out, readRivals(ctx, tx, out)
}

// readAllButPunches reads what else there is to know.
func readAllButPunches(ctx context.Context, tx pg.Tx, list []due, pad int64) (map[int64]Facts, error) {
	employees, from, to := ranges(list, pad)
	out := map[int64]Facts{}
	if err := readPeople(ctx, tx, employees, out); err != nil {
		return nil, err
	}
	decisions, err := readDecisions(ctx, tx, employees)
	if err != nil {
		return nil, err
	}
	for _, d := range decisions {
		f := out[d.Employee]
		f.Decisions = append(f.Decisions, d)
		out[d.Employee] = f
	}
	if err := readPlans(ctx, tx, employees, from, to, out); err != nil {
		return nil, err
	}
	return out, readSealed(ctx, tx, employees, from, to, out)
}

// ranges gives what is due in columns, pad ms wider on each side.
func ranges(list []due, pad int64) (employees, from, to []int64) {
	for _, d := range list {
		employees, from, to = append(employees, d.employee), append(from, d.from-pad), append(to, d.to+pad)
	}
	return employees, from, to
}

// readPlans reads the shifts planned between the same times.
func readPlans(ctx context.Context, tx pg.Tx, employees, from, to []int64, out map[int64]Facts) error {
	planned, err := plan.Of(ctx, tx, employees, from, to)
	if err != nil {
		return fmt.Errorf("reading what was planned: %w", err)
	}
	for id, shifts := range planned {
		if f, ok := out[id]; ok {
			f.Plan = shifts
			out[id] = f
		}
	}
	return nil
}

func tapID(origin, epoch, seq int64) TapID {
	return IDOf(wire.Name{Stream: wire.Stream{Origin: uint64(origin), Epoch: uint64(epoch)}, Seq: uint64(seq)})
}

// writeDays replaces the days of the spans.
func writeDays(ctx context.Context, tx pg.Tx, spans []span, days []Day) error {
	if len(spans) == 0 {
		return nil
	}
	var who []int64
	var first, last []string
	for _, s := range spans {
		who, first, last = append(who, s.employee), append(first, s.first.String()), append(last, s.last.String())
	}
	_, err := tx.Exec(ctx, `DELETE FROM worked_day w USING unnest($1::bigint[], $2::text[], $3::text[]) s(employee, a, b)
		WHERE w.tenant_id = current_tenant() AND w.employee_id = s.employee AND w.day BETWEEN s.a::date AND s.b::date`, who, first, last)
	if err != nil {
		return fmt.Errorf("replacing days: %w", err)
	}
	if len(days) == 0 {
		return nil
	}
	return insertDays(ctx, tx, days)
}

func insertDays(ctx context.Context, tx pg.Tx, days []Day) error {
	var employees, minutes []int64
	var dates, details, spans []string
	var revisit []*int64
	var running []bool
	var lineEmployees, lineSites, lineMinutes []int64
	var lineDates, lineCodes, lineKinds []string
	for _, d := range days {
		detail, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("writing down a day: %w", err)
		}
		at, runs := d.revisit()
		employees, minutes = append(employees, d.Employee), append(minutes, int64(d.Minutes))
		dates, details, spans = append(dates, d.Date.String()), append(details, string(detail)), append(spans, d.spans())
		revisit, running = append(revisit, at), append(running, runs)
		for _, l := range d.Lines {
			lineEmployees, lineDates = append(lineEmployees, d.Employee), append(lineDates, d.Date.String())
			lineSites, lineCodes, lineMinutes = append(lineSites, l.Site), append(lineCodes, l.Code), append(lineMinutes, int64(l.Minutes))
			lineKinds = append(lineKinds, string(l.Kind))
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO worked_day (tenant_id, employee_id, day, minutes, running, revisit, detail, spans)
		SELECT current_tenant(), e, d::date, m, r, v, x::jsonb, s::bigint[]
		FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::bigint[], $6::text[], $7::text[]) n(e, d, m, r, v, x, s)`,
		employees, dates, minutes, running, revisit, details, spans)
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO hour_line (tenant_id, employee_id, day, site_id, code, kind, minutes)
			SELECT current_tenant(), e, d::date, s, c, k, m
			FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[]) n(e, d, s, c, k, m)`,
			lineEmployees, lineDates, lineSites, lineCodes, lineKinds, lineMinutes)
	}
	if err != nil {
		return fmt.Errorf("storing days: %w", err)
	}
	return nil
}

// revisit gives when a running shift of the day will lack its out, a planned
// one its employee, or standby will be over.
func (d Day) revisit() (at *int64, running bool) {
	var first int64
	for _, s := range d.Shifts {
		if s.State == Running {
			first, running = s.Deadline, true
		}
	}
	for _, p := range d.Plan {
		if p.Absent != 0 && (first == 0 || p.Absent < first) {
			first = p.Absent
		}
	}
	if d.Again != 0 && (first == 0 || d.Again < first) {
		first = d.Again
	}
	if first == 0 {
		return nil, false
	}
	return &first, running
}

// bookOf gives the tenant's rules, made ready.
func bookOf(ctx context.Context, tx pg.Tx) (*rule.Book, error) {
	sets, err := RuleSets(ctx, tx)
	if err != nil {
		return nil, err
	}
	return rule.NewBook(sets)
}
