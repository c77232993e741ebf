package payroll

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/payroll/format"
)

// card is what one employee gets from one period.
type card struct {
	employee int64
	period   calendar.Period
}

// draft is a run that is not registered yet.
type draft struct {
	destination Destination
	codes       CodeMap
	lines       []format.Line
	totals      Totals
	unmapped    []string
	fileType    format.FileType
	body        []byte
	refused     error         // why the format cannot write it
	took        map[int64]int // run → how many lines of the order's period it took
}

// Prepare gives what a run would hold if it were made now, and what stops it.
// It changes nothing.
func Prepare(ctx context.Context, tx pg.Tx, o Order, now time.Time) (Preview, error) {
	if err := o.check(); err != nil {
		return Preview{}, err
	}
	d, err := DestinationByID(ctx, tx, o.Destination)
	if err != nil {
		return Preview{}, err
	}
	run, err := compose(ctx, tx, d, o.Period, now, everything)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Totals: run.totals, Unmapped: run.unmapped, Earlier: earlierOf(run.lines, o.Period)}
	if run.refused != nil {
		p.Refused = run.refused.Error()
	}
	if p.Waiting, err = waiting(ctx, tx, o.Period); err != nil {
		return Preview{}, err
	}
	p.Findings = findings(p)
	return p, nil
}

func (o Order) check() error {
	switch {
	case o.Period.To.Before(o.Period.From):
		return fmt.Errorf("%w: the last day %s comes before the first day %s", ErrInvalid, o.Period.To, o.Period.From)
	case o.Period.To.Sub(o.Period.From) >= 366:
		return fmt.Errorf("%w: a run spans at most 366 days, %s to %s is %d", ErrInvalid, o.Period.From, o.Period.To, o.Period.To.Sub(o.Period.From)+1)
	}
	return nil
}

// chosen says which approved lines a run may take.
type chosen func(hours.Line) bool

func everything(hours.Line) bool { return true }

func approvedBy(at time.Time) chosen {
	return func(l hours.Line) bool { return !l.ApprovedAt.After(at) }
}

// compose gathers the approved lines that wait for the destination, makes
// their decimals and writes the file.
func compose(ctx context.Context, tx pg.Tx, d Destination, period calendar.Period, now time.Time, may chosen) (draft, error) {
	run := draft{destination: d, took: map[int64]int{}}
	var err error
	if run.codes, err = Codes(ctx, tx, d.ID); err != nil {
		return draft{}, err
	}
	if err := run.gather(ctx, tx, period, may); err != nil {
		return draft{}, err
	}
	sent, err := run.sent(ctx, tx)
	if err != nil {
		return draft{}, err
	}
	keepAssignments(run.lines, sent)
	format.MakeDecimals(run.lines, format.Sums(sent))
	nameComponents(run.lines, sent, run.codes.Codes)
	run.totals, run.unmapped = control(run.lines), unmapped(run.lines)
	if len(run.unmapped) > 0 || len(run.lines) == 0 {
		return run, nil
	}
	return run, run.write(ctx, tx, sent, period, now)
}

// gather takes the approved lines of the period that no run holds, and those
// of earlier runs' periods that came too late for them.
func (run *draft) gather(ctx context.Context, tx pg.Tx, period calendar.Period, may chosen) error {
	earlier, err := collectRuns(ctx, tx, ` AND r.destination_id = $1 AND r.state <> 'void' ORDER BY r.run_id`, run.destination.ID)
	if err != nil {
		return err
	}
	days := calendar.Period{From: period.From, To: period.To}
	for _, r := range earlier {
		if r.Period.From.Before(days.From) {
			days.From = r.Period.From
		}
	}
	wait, err := waitingMonths(ctx, tx, run.destination.ID, days)
	if err != nil {
		return err
	}
	work, err := hours.WorkAt(ctx, tx)
	if err != nil {
		return err
	}
	for month := range months(days) {
		if !wait[month.From.AddDays(1-month.From.Day)] && (month.To.Before(period.From) || period.To.Before(month.From)) {
			continue // a look back over years would read all that was ever sent
		}
		taken, err := takenLines(ctx, tx, run.destination.ID, month)
		if err != nil {
			return err
		}
		approved, err := hours.Approved(ctx, tx, month.From, month.To)
		if err != nil {
			return err
		}
		run.take(slices.DeleteFunc(approved, func(l hours.Line) bool { return !may(l) }), taken, earlier, period, work)
	}
	slices.SortFunc(run.lines, format.ByPlace)
	return nil
}

// take adds the lines that wait: not taken, and of a day that the order or an
// earlier run covers. A line belongs to the first period that covers its day.
func (run *draft) take(approved []hours.Line, taken map[int64]int64, earlier []Run, period calendar.Period, work hours.Work) {
	for _, a := range approved {
		if by, ok := taken[a.ID]; ok {
			if period.Holds(a.Day) {
				run.took[by]++
			}
			continue
		}
		own, covered := period, period.Holds(a.Day)
		for _, r := range earlier {
			if r.Period.Holds(a.Day) {
				own, covered = r.Period, true
				break
			}
		}
		if covered {
			assigned := work.Of(a.Employee, a.Day, a.Site)
			run.lines = append(run.lines, format.Line{ID: a.ID, Employee: a.Employee, Number: a.Number, Period: own, Day: a.Day,
				Code: a.Code, Kind: a.Kind, Minutes: a.Minutes, ApprovedAt: a.ApprovedAt, ApprovedBy: a.ApprovedBy, Site: a.SiteName, CostCentre: assigned.CostCentre, Assignment: assigned.Number, Corrects: a.Corrects})
		}
	}
}

// months cuts a range of days in calendar months, so that a long look back
// holds one of them in memory.
func months(p calendar.Period) func(yield func(calendar.Period) bool) {
	return func(yield func(calendar.Period) bool) {
		for from := p.From; !p.To.Before(from); {
			next := calendar.DateOf(time.Date(from.Year, from.Month+1, 1, 0, 0, 0, 0, time.UTC))
			to := next.AddDays(-1)
			if p.To.Before(to) {
				to = p.To
			}
			if !yield(calendar.Period{From: from, To: to}) {
				return
			}
			from = next
		}
	}
}

// sent gives what stands sent of the employees and periods in the run.
func (run *draft) sent(ctx context.Context, tx pg.Tx) ([]format.Line, error) {
	cards := map[card]bool{}
	for _, l := range run.lines {
		cards[card{l.Employee, l.Period}] = true
	}
	return sentLines(ctx, tx, run.destination.ID, cards)
}

// keepAssignments gives what corrects a day's hours at a site the assignment
// and cost centre that those were sent with, whatever they are by now: so each
// assignment adds up too (I8).
func keepAssignments(lines, sent []format.Line) {
	type place struct {
		employee int64
		day      calendar.Date
		site     string
	}
	was := map[place]format.Line{}
	for _, l := range sent {
		was[place{l.Employee, l.Day, l.Site}] = l
	}
	for i, l := range lines {
		if before, ok := was[place{l.Employee, l.Day, l.Site}]; ok {
			lines[i].CostCentre, lines[i].Assignment = before.CostCentre, before.Assignment
		}
	}
}

// nameComponents gives each line its component. What corrects a total goes to
// the component that the total was sent as, whatever the code is mapped to by
// now: so each component adds up too (I8).
func nameComponents(lines, sent []format.Line, codes map[string]string) {
	was := map[format.Total]string{}
	for _, l := range sent {
		was[l.Total()] = l.Component
	}
	for i, l := range lines {
		component, ok := was[l.Total()]
		if !ok {
			component = codes[l.Code]
		}
		lines[i].Component = component
	}
}

func control(lines []format.Line) Totals {
	type key struct {
		code, component string
		kind            hours.LineKind
	}
	employees, per := map[int64]bool{}, map[key]CodeTotal{}
	for _, l := range lines {
		employees[l.Employee] = true
		k := key{l.Code, l.Component, l.Kind}
		c := per[k]
		per[k] = CodeTotal{Code: l.Code, Kind: l.Kind, Component: l.Component, Lines: c.Lines + 1, Minutes: c.Minutes + l.Minutes, Hundredths: c.Hundredths + l.Hundredths}
	}
	return Totals{People: len(employees), Lines: len(lines), Codes: slices.SortedFunc(maps.Values(per), func(a, b CodeTotal) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Component, b.Component))
	})}
}

func unmapped(lines []format.Line) []string {
	missing := map[string]bool{}
	for _, l := range lines {
		if l.Component == "" {
			missing[l.Code] = true
		}
	}
	return slices.Sorted(maps.Keys(missing))
}

// write makes the file. A format that refuses is remembered, not returned: the
// preview shows it.
func (run *draft) write(ctx context.Context, tx pg.Tx, sent []format.Line, period calendar.Period, now time.Time) error {
	f, err := format.ByName(run.destination.Format)
	if err != nil {
		return err
	}
	settings, err := format.CheckSettings(f, run.destination.Settings)
	if err != nil {
		return err
	}
	employees := format.Group(run.lines, sent)
	if f.NeedsNames(settings) { // OB-P1
		if employees, err = named(ctx, tx, employees); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	run.refused = f.Write(&b, format.Content{Destination: run.destination.ID, Period: period, At: now, Settings: settings,
		Components: run.codes.components(), Employees: employees})
	run.fileType, run.body = f.FileType(settings), b.Bytes()
	return nil
}

// named adds the employees' names.
func named(ctx context.Context, tx pg.Tx, employees format.Employees) (format.Employees, error) {
	all, err := people.Employees(ctx, tx)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]people.Employee, len(all))
	for _, e := range all {
		byID[e.ID] = e
	}
	return func(yield func(format.Employee, error) bool) {
		for e, err := range employees {
			e.Surname, e.FirstName = byID[e.ID].Surname, byID[e.ID].FirstName
			if !yield(e, err) {
				return
			}
		}
	}, nil
}

// stopped says why the draft cannot become a run.
func (run *draft) stopped() error {
	switch {
	case len(run.unmapped) > 0:
		return fmt.Errorf("%w: %q; map them, then make the run", ErrUnmapped, run.unmapped)
	case run.refused != nil:
		return fmt.Errorf("%w: %w", ErrFormat, run.refused)
	case len(run.lines) == 0 && len(run.took) > 0:
		return fmt.Errorf("%w: its lines left in run %d", ErrNothing, slices.Max(slices.Collect(maps.Keys(run.took))))
	case len(run.lines) == 0:
		return ErrNothing
	}
	return nil
}

// waiting lists the weeks that touch the period and are not wholly approved.
func waiting(ctx context.Context, tx pg.Tx, period calendar.Period) ([]Waiting, error) {
	var list []Waiting
	approved := map[int64]bool{}
	last := period.To.Week()
	for week := period.From.Week(); !last.Monday().Before(week.Monday()); week = week.Add(1) {
		sheets, err := hours.Summaries(ctx, tx, week)
		if err != nil {
			return nil, fmt.Errorf("looking for weeks that wait for approval: %w", err)
		}
		for _, s := range sheets {
			w := Waiting{Employee: s.Who.ID, Number: s.Who.Number, Week: week, State: s.State,
				Incomplete: len(s.Missing) > 0, Pending: s.Changed}
			if s.State == hours.StateApproved {
				approved[w.Employee] = true
			}
			if s.State != hours.StateApproved || w.Incomplete || w.Pending {
				list = append(list, w)
			}
		}
	}
	for i := range list {
		list[i].Half = approved[list[i].Employee]
	}
	return list, nil
}
