package payroll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/request"
	"tikklok/payroll/format"
)

// batchLines is about how many lines are held in memory at a time. It is what
// an employee of a month needs many times over, and as many as make a question
// to the database cheap a line.
const batchLines = 10_000

// composition reads the approved lines that wait for a destination, a few
// employees at a time, and says what they add up to.
type composition struct {
	destination Destination
	codes       CodeMap
	period      calendar.Period
	now         time.Time
	may         chosen
	earlier     []Run // of the destination, not void, the oldest first
	work        hours.Work
	queue       []waitingEmployee               // by number and id
	gone        []Finding                       // of whom approved hours wait and can't leave
	people      int                             // in the queue at first
	names       map[int64]people.Name           // nil: the format needs none (OB-P1)
	progress    func(done, all int)             // nil: nobody looks
	take        func(lines []format.Line) error // called with each batch before it is written; nil: it is only looked at
	output      func() (io.Writer, error)       // where the file goes, asked for before its first byte
	totals      *totalSums
	before      earlierSums
	unmapped    map[string]bool
	failed      error // of the database
	refused     error // of the format
	fileType    format.FileType
}

// chosen says which approved lines a run may take.
type chosen func(hours.Line) bool

func everything(hours.Line) bool { return true }

// without leaves some employees out.
func (may chosen) without(some map[int64]bool) chosen {
	return func(l hours.Line) bool { return !some[l.Employee] && may(l) }
}

// approvedBy chooses what was approved by an instant: a run that takes minutes
// to compose holds what was approved when it was ordered, and Adopt finds the
// same lines again.
func approvedBy(at time.Time) chosen {
	return func(l hours.Line) bool { return !l.ApprovedAt.After(at) }
}

// waitingEmployee is somebody with approved lines that were not sent.
type waitingEmployee struct {
	id      int64
	number  string
	months  []calendar.Period // in which they are, cut to the days looked at
	lines   int               // about how many are read to find them: those sent too
	sent    bool              // others of these months were sent
	periods []calendar.Period // of which something was sent, that touch the months
}

// newComposition finds out whose lines wait: those of the period, and of
// earlier runs' periods those that came too late for them.
func newComposition(ctx context.Context, tx pg.Tx, d Destination, period calendar.Period, now time.Time, may chosen) (*composition, error) {
	c := &composition{destination: d, period: period, now: now, may: may, totals: newTotalSums(), before: earlierSums{}, unmapped: map[string]bool{}}
	err := planAnew(ctx, tx)
	if err != nil {
		return nil, err
	}
	if c.codes, err = Codes(ctx, tx, d.ID); err != nil {
		return nil, err
	}
	if c.earlier, err = collectRuns(ctx, tx, ` AND r.destination_id = $1 AND r.state <> 'void' ORDER BY r.run_id`, d.ID); err != nil {
		return nil, err
	}
	from, err := c.since(ctx, tx)
	if err != nil {
		return nil, err
	}
	if c.queue, err = waitingEmployees(ctx, tx, d.ID, calendar.Period{From: from, To: period.To}); err != nil {
		return nil, err
	}
	if err := c.leaveOutErased(ctx, tx); err != nil {
		return nil, err
	}
	c.people = len(c.queue)
	if err := sentPeriods(ctx, tx, d.ID, c.queue); err != nil {
		return nil, err
	}
	c.work, err = hours.WorkAt(ctx, tx)
	return c, err
}

// leaveOutErased leaves out whose person was erased. Their hours were paid when
// that was done (request.Unpaid); they wait again where the package rejected
// the run afterwards. They carry no name or number any more that a package
// could know, so somebody has to settle them there; each is a finding.
func (c *composition) leaveOutErased(ctx context.Context, tx pg.Tx) error {
	erased, err := request.ErasedAt(ctx, tx, c.now)
	if err != nil {
		return err
	}
	left := c.queue[:0]
	for _, e := range c.queue {
		if !erased[e.id] {
			left = append(left, e)
			continue
		}
		week, err := firstWaiting(ctx, tx, c.destination.ID, e)
		if err != nil {
			return err
		}
		c.gone = append(c.gone, Finding{Kind: Gone, Employee: e.id, Number: e.number, Week: &week})
	}
	c.queue = left
	return nil
}

// since gives the first day of which lines can wait: of the run's period, of an
// earlier run's, or of what stands sent of a void one's.
func (c *composition) since(ctx context.Context, tx pg.Tx) (calendar.Date, error) {
	from, err := firstSent(ctx, tx, c.destination.ID, c.period.From)
	for _, r := range c.earlier {
		if r.Period.From.Before(from) {
			from = r.Period.From
		}
	}
	return from, err
}

// compose reads all that waits and writes the file as it reads. What the
// format refuses is remembered, not returned: a preview shows it. Once a code
// lacks a component nothing more is written; the rest is read to name them all.
func (c *composition) compose(ctx context.Context, tx pg.Tx) error {
	first, err := c.next(ctx, tx)
	switch {
	case err != nil || first == nil:
		return err
	case len(c.unmapped) > 0:
		return c.drain(ctx, tx)
	}
	f, err := format.ByName(c.destination.Format)
	if err != nil {
		return err
	}
	settings, err := format.CheckSettings(f, c.destination.Settings)
	if err != nil {
		return err
	}
	if f.NeedsNames(settings) { // OB-P1
		if c.names, err = names(ctx, tx); err != nil {
			return err
		}
	}
	c.fileType = f.FileType(settings)
	w, err := c.output()
	if err != nil {
		return err
	}
	written := false
	err = f.Write(sink{c, w}, format.Content{Destination: c.destination.ID, Period: c.period, At: c.now, Settings: settings,
		Components: c.codes.components(), Employees: c.employees(ctx, tx, first, &written)})
	switch {
	case c.failed != nil:
		return c.failed
	case err != nil && !errors.Is(err, errUnmapped):
		c.refused = err
	case err == nil && !written:
		return fmt.Errorf("%w: format %s stopped before the last employee; this is a fault of the program", ErrFormat, f.Name())
	}
	return c.drain(ctx, tx)
}

// sink is where the file goes; its failures are not the format's.
type sink struct {
	c *composition
	w io.Writer
}

// Write writes on.
func (s sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.c.failed = err
	}
	return n, err
}

// errUnmapped ends the writing of a file that can't become a run.
var errUnmapped = errors.New("a pay code has no component")

// employees gives the first batch and all that follow, each taken before it is
// written.
func (c *composition) employees(ctx context.Context, tx pg.Tx, b *batch, all *bool) format.Employees {
	return func(yield func(format.Employee, error) bool) {
		for b != nil {
			if err := c.taken(b.lines); err != nil {
				c.failed = err
				yield(format.Employee{}, err)
				return
			}
			if len(c.unmapped) > 0 {
				yield(format.Employee{}, errUnmapped)
				return
			}
			for e := range format.Group(b.lines, b.sent) {
				e.Surname, e.FirstName = c.names[e.ID].Surname, c.names[e.ID].FirstName
				if !yield(e, nil) {
					return
				}
			}
			var err error
			if b, err = c.next(ctx, tx); err != nil {
				c.failed = err
				yield(format.Employee{}, err)
				return
			}
		}
		*all = true
	}
}

func (c *composition) taken(lines []format.Line) error {
	if c.take == nil || len(c.unmapped) > 0 {
		return nil
	}
	return c.take(lines)
}

// drain adds up what was not written.
func (c *composition) drain(ctx context.Context, tx pg.Tx) error {
	for {
		if b, err := c.next(ctx, tx); err != nil || b == nil {
			return err
		}
	}
}

// batch is some employees' lines, with what stands sent of the same periods.
type batch struct{ lines, sent []format.Line }

// next reads the next employees that have lines and adds them up; nil: there
// are none left.
func (c *composition) next(ctx context.Context, tx pg.Tx) (*batch, error) {
	for len(c.queue) > 0 {
		n := 0
		for lines := 0; n < len(c.queue) && lines < batchLines; n++ {
			lines += max(c.queue[n].lines, 1)
		}
		who := c.queue[:n]
		c.queue = c.queue[n:]
		if c.progress != nil {
			c.progress(c.people-len(c.queue), c.people)
		}
		b, err := c.read(ctx, tx, who)
		if err != nil || len(b.lines) > 0 {
			return b, err
		}
	}
	return nil, nil
}

// read makes a batch: its lines with their decimals, assignments and
// components. Only what can have been sent is looked up.
func (c *composition) read(ctx context.Context, tx pg.Tx, who []waitingEmployee) (*batch, error) {
	var asked []hours.EmployeeDays
	waits := map[int64]waitingEmployee{}
	cards := map[card]bool{}
	for _, e := range who {
		waits[e.id] = e
		for _, days := range e.months {
			asked = append(asked, hours.EmployeeDays{Employee: e.id, Days: days})
		}
		for _, p := range e.periods {
			cards[card{e.id, p}] = true
		}
	}
	approved, err := hours.ApprovedOf(ctx, tx, asked)
	if err != nil {
		return nil, err
	}
	var doubtful []int64
	for _, a := range approved {
		if waits[a.Employee].sent {
			doubtful = append(doubtful, a.ID)
		}
	}
	taken, err := takenOf(ctx, tx, c.destination.ID, doubtful)
	if err != nil {
		return nil, err
	}
	went := map[employeeDay]calendar.Period{}
	for _, a := range approved {
		if p, ok := taken[a.ID]; ok {
			went[employeeDay{a.Employee, a.Day}] = p
		}
	}
	b := &batch{}
	for _, a := range approved {
		if _, ok := taken[a.ID]; ok || !c.may(a) {
			continue
		}
		own, covered := went[employeeDay{a.Employee, a.Day}]
		if !covered {
			own, covered = c.covers(a.Day)
		}
		if covered {
			a.Number = waits[a.Employee].number // as read once: numbers that change hands meanwhile pay nobody twice
			b.lines = append(b.lines, c.line(a, own))
		}
	}
	slices.SortFunc(b.lines, format.ByPlace)
	if b.sent, err = sentLines(ctx, tx, c.destination.ID, cardsOf(b.lines, cards)); err != nil {
		return nil, err
	}
	keepAssignments(b.lines, b.sent)
	format.MakeDecimals(b.lines, format.Sums(b.sent))
	nameComponents(b.lines, b.sent, c.codes.Codes)
	c.totals.add(b.lines)
	c.before.add(b.lines, c.period)
	for _, l := range b.lines {
		if l.Component == "" {
			c.unmapped[l.Code] = true
		}
	}
	return b, nil
}

// employeeDay is a day of somebody. All that is sent of it goes to one period:
// the one of which it was first sent, though the run that began that may be
// void by now.
type employeeDay struct {
	employee int64
	day      calendar.Date
}

// covers gives the period of a day of which nothing stands sent: the first that
// was sent and has the day, else the run's own.
func (c *composition) covers(d calendar.Date) (calendar.Period, bool) {
	for _, r := range c.earlier {
		if r.Period.Holds(d) {
			return r.Period, true
		}
	}
	return c.period, c.period.Holds(d)
}

func (c *composition) line(a hours.Line, period calendar.Period) format.Line {
	assigned := c.work.Of(a.Employee, a.Day, a.Site)
	return format.Line{ID: a.ID, Employee: a.Employee, Number: a.Number, Period: period, Day: a.Day, Code: a.Code, Kind: a.Kind, Minutes: a.Minutes,
		SiteID: a.Site, Site: a.SiteName, CostCentre: assigned.CostCentre, Assignment: assigned.Number, Corrects: a.Corrects, ApprovedAt: a.ApprovedAt, ApprovedBy: a.ApprovedBy}
}

// stopped says why this can't become a run.
func (c *composition) stopped(ctx context.Context, tx pg.Tx) error {
	switch {
	case len(c.unmapped) > 0:
		return fmt.Errorf("%w: %q; map them, then make the run", ErrUnmapped, slices.Sorted(maps.Keys(c.unmapped)))
	case c.refused != nil:
		return fmt.Errorf("%w: %w", ErrFormat, c.refused)
	case c.totals.lines > 0:
		return nil
	}
	last, err := lastRunOf(ctx, tx, c.destination.ID, c.period)
	switch {
	case err != nil:
		return err
	case last != 0:
		return fmt.Errorf("%w: its lines left in run %d", ErrNothing, last)
	}
	return ErrNothing
}

func names(ctx context.Context, tx pg.Tx) (map[int64]people.Name, error) {
	all, err := people.Employees(ctx, tx)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]people.Name, len(all))
	for _, e := range all {
		byID[e.ID] = people.Name{Surname: e.Surname, FirstName: e.FirstName, Number: e.Number}
	}
	return byID, nil
}
