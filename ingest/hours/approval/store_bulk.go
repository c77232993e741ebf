package approval

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Left says why a timesheet is not among those to be approved at once.
type Left string

// Why.
const (
	LeftApproved   Left = "approved" // and nothing changed since
	LeftExceptions Left = "exceptions"
	LeftMissing    Left = "missing" // data may be missing: asks for a reason (I2)
	LeftRunning    Left = "running" // a shift runs, or the week is not over
	LeftCorrection Left = "correction"
	LeftRejected   Left = "rejected"  // somebody sent it back: a person looks at it again
	LeftEmpty      Left = "empty"     // no hours
	LeftNotTheirs  Left = "not_yours" // another must give its level
)

// Preview is what an approval of all complete timesheets would approve.
type Preview struct {
	Week    calendar.Week
	Asks    []Ask // as they are now
	Minutes int
	Left    []LeftOut
	Digest  string // of Asks: what was agreed to
}

// LeftOut is how many are left out, and why.
type LeftOut struct {
	Why   Left
	Count int
}

// PreviewBulk gives the timesheets of the week, of these employees (none: of
// all), that the account may approve now without a reason; and why it leaves
// the others out.
func PreviewBulk(ctx context.Context, tx pg.Tx, by audit.Actor, week calendar.Week, only []int64, now time.Time) (Preview, error) {
	office, err := Open(ctx, tx, week, now)
	if err != nil {
		return Preview{}, err
	}
	all, err := hours.Summaries(ctx, tx, week)
	if err != nil {
		return Preview{}, err
	}
	p, left := Preview{Week: week}, map[Left]int{}
	h := sha256.New()
	for _, s := range all {
		if len(only) > 0 && !slices.Contains(only, s.Who.ID) || !office.Sees(by.ID, s) {
			continue
		}
		if why := office.leaves(by, s, now); why != "" {
			left[why]++
			continue
		}
		ask := Ask{s.Who.ID, SeenOf(s)}
		p.Asks, p.Minutes = append(p.Asks, ask), p.Minutes+s.Minutes()
		fmt.Fprintf(h, "%d %s\n", ask.Employee, ask.Seen)
	}
	p.Digest = hex.EncodeToString(h.Sum(nil)[:16])
	for _, why := range []Left{LeftExceptions, LeftMissing, LeftRunning, LeftRejected, LeftCorrection, LeftNotTheirs, LeftEmpty, LeftApproved} {
		if left[why] > 0 {
			p.Left = append(p.Left, LeftOut{why, left[why]})
		}
	}
	return p, nil
}

// leaves says why an account does not approve a timesheet together with others.
func (o *Office) leaves(by audit.Actor, s hours.Summary, now time.Time) Left {
	stand := o.Of(s)
	switch {
	case s.State == hours.StateApproved && !s.Changed:
		return LeftApproved
	case s.Exceptions() > 0:
		return LeftExceptions
	case s.Running(), now.Before(s.Week.Sunday().AddDays(1).In(o.Zone)):
		return LeftRunning
	case len(s.Missing) > 0:
		return LeftMissing
	case s.State == hours.StateRejected:
		return LeftRejected
	case s.Changed, slices.ContainsFunc(stand.Steps, func(x Step) bool { return x.Act == Frozen }):
		return LeftCorrection
	case len(s.Lines) == 0:
		return LeftEmpty
	}
	if _, _, err := stand.Policy.sign(o.Person(by.ID), s.Who.ID, stand.Next, stand.Given, o.people); err != nil {
		return LeftNotTheirs
	}
	return ""
}

// ErrChanged refuses to start what is not what was agreed to.
var ErrChanged = errors.New("timesheets changed since the summary was made; nothing was approved; look at the new summary")

// Bulk is an approval of many timesheets, and how far it is.
type Bulk struct {
	ID      int64
	Week    calendar.Week
	Account int64
	Reason  string
	Made    time.Time
	Total   int
	Done    int
	Refused []Refused
}

// Finished says whether nothing waits.
func (b Bulk) Finished() bool { return b.Done+len(b.Refused) == b.Total }

// Refused is a timesheet that was not approved.
type Refused struct {
	Employee int64
	Name     string
	Why      string // changed, reason, own_hours, four_eyes, not_yours, statement, state, other
	Problem  string // in full
}

// whyRefused gives the word for a refusal.
func whyRefused(err error) string {
	var c *Conflict
	var reason *hours.NeedsReason
	switch {
	case errors.As(err, &c):
		return "changed"
	case errors.As(err, &reason), errors.Is(err, hours.ErrNoReason):
		return "reason"
	}
	for sentinel, word := range map[error]string{ErrOwnHours: "own_hours", ErrFourEyes: "four_eyes", ErrNotTheirs: "not_yours", ErrStatement: "statement", hours.ErrState: "state"} {
		if errors.Is(err, sentinel) {
			return word
		}
	}
	return "other"
}

// mostBulk is how many timesheets one bulk takes.
const mostBulk = 20_000

// StartBulk notes what is to be approved: each timesheet as it was in the
// preview with this digest, or ErrChanged. WorkBulk does it.
func StartBulk(ctx context.Context, tx pg.Tx, by audit.Actor, week calendar.Week, only []int64, digest, reason string, now time.Time) (int64, error) {
	p, err := PreviewBulk(ctx, tx, by, week, only, now)
	switch {
	case err != nil:
		return 0, err
	case p.Digest != digest:
		return 0, ErrChanged
	case len(p.Asks) == 0 || len(p.Asks) > mostBulk:
		return 0, fmt.Errorf("%w: %d timesheets; one approval takes 1 to %d", ErrInvalid, len(p.Asks), mostBulk)
	case len(reason) > 500:
		return 0, hours.ErrNoReason
	}
	var id int64
	err = tx.QueryRow(ctx, `INSERT INTO approval_bulk (tenant_id, monday, account_id, reason, made_at)
		VALUES (current_tenant(), $1::text::date, $2, $3, $4) RETURNING bulk_id`, week.Monday().String(), by.ID, reason, now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("noting what is to be approved: %w", err)
	}
	employees, seen := make([]int64, len(p.Asks)), make([]string, len(p.Asks))
	for i, a := range p.Asks {
		employees[i], seen[i] = a.Employee, string(a.Seen)
	}
	_, err = tx.Exec(ctx, `INSERT INTO approval_bulk_item (tenant_id, bulk_id, employee_id, seen)
		SELECT current_tenant(), $1, e, s FROM unnest($2::bigint[], $3::text[]) n(e, s)`, id, employees, seen)
	if err != nil {
		return 0, fmt.Errorf("noting what is to be approved: %w", err)
	}
	return id, audit.Append(ctx, tx, audit.Entry{Action: "timesheet.bulk", SubjectKind: "approval_bulk", SubjectID: id, By: by,
		Payload: map[string]any{"week": week, "timesheets": len(p.Asks), "minutes": p.Minutes, "digest": p.Digest, "reason": reason}})
}

// WorkBulk approves what waits of one bulk, at most so many pieces of a hundred
// (0: all), each in a transaction of its own; what is refused is noted with its
// reason. It goes on where the last commit was, may run at several places at
// once, and approves nothing twice.
func WorkBulk(ctx context.Context, db *pg.DB, tenant, bulk int64, pieces int, now time.Time) error {
	for done := 0; pieces == 0 || done < pieces; done++ {
		more := false
		err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
			more, err = workPiece(ctx, tx, bulk, now)
			return err
		})
		if err != nil {
			return fmt.Errorf("approving many: %w", err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

func workPiece(ctx context.Context, tx pg.Tx, id int64, now time.Time) (more bool, err error) {
	b, err := bulkHead(ctx, tx, id)
	if err != nil {
		return false, err
	}
	rows, err := tx.Query(ctx, `SELECT employee_id, seen FROM approval_bulk_item WHERE tenant_id = current_tenant() AND bulk_id = $1 AND state = 'waiting'
		ORDER BY employee_id LIMIT $2 FOR UPDATE SKIP LOCKED`, id, atOnce)
	if err != nil {
		return false, fmt.Errorf("reading what waits: %w", err)
	}
	asks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Ask])
	if err != nil || len(asks) == 0 {
		return false, err
	}
	outcomes, err := Give(ctx, tx, audit.Actor{Kind: audit.Account, ID: b.Account}, b.Week, asks, b.Reason, now)
	if err != nil {
		return false, err
	}
	employees, states, problems := make([]int64, len(outcomes)), make([]string, len(outcomes)), make([]string, len(outcomes))
	for i, o := range outcomes {
		employees[i], states[i] = o.Employee, "done"
		if o.Err != nil {
			states[i], problems[i] = "refused", whyRefused(o.Err)+": "+o.Err.Error()
		}
	}
	_, err = tx.Exec(ctx, `UPDATE approval_bulk_item i SET state = n.s, problem = n.p FROM unnest($2::bigint[], $3::text[], $4::text[]) n(e, s, p)
		WHERE i.tenant_id = current_tenant() AND i.bulk_id = $1 AND i.employee_id = n.e`, id, employees, states, problems)
	if err != nil {
		return false, fmt.Errorf("noting what was approved: %w", err)
	}
	return len(asks) == atOnce, nil
}

func bulkHead(ctx context.Context, tx pg.Tx, id int64) (b Bulk, err error) {
	var monday time.Time
	err = tx.QueryRow(ctx, `SELECT bulk_id, monday, account_id, reason, made_at FROM approval_bulk WHERE tenant_id = current_tenant() AND bulk_id = $1`, id).
		Scan(&b.ID, &monday, &b.Account, &b.Reason, &b.Made)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, fmt.Errorf("approval of many %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return b, fmt.Errorf("reading an approval of many: %w", err)
	}
	b.Week = calendar.DateOf(monday).Week()
	return b, nil
}

// BulkByID gives how far an approval of many is, or ErrNotFound.
func BulkByID(ctx context.Context, tx pg.Tx, id int64) (Bulk, error) {
	b, err := bulkHead(ctx, tx, id)
	if err != nil {
		return b, err
	}
	err = tx.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE state = 'done') FROM approval_bulk_item
		WHERE tenant_id = current_tenant() AND bulk_id = $1`, id).Scan(&b.Total, &b.Done)
	if err != nil {
		return b, fmt.Errorf("counting what was approved: %w", err)
	}
	b.Refused, err = refusedOf(ctx, tx, id)
	return b, err
}

// refusedOf gives what was refused, in order of name.
func refusedOf(ctx context.Context, tx pg.Tx, bulk int64) ([]Refused, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT i.employee_id, e.surname, `+pg.OfPerson("e", "first_name")+`, split_part(i.problem, ':', 1), substr(i.problem, strpos(i.problem, ':') + 2) FROM approval_bulk_item i
		JOIN employee e ON e.tenant_id = i.tenant_id AND e.employee_id = i.employee_id
		WHERE i.tenant_id = current_tenant() AND i.bulk_id = $1 AND i.state = 'refused' ORDER BY e.surname, i.employee_id`, bulk)
	if err != nil {
		return nil, fmt.Errorf("reading what was refused: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Refused, err error) {
		var first string
		err = row.Scan(&r.Employee, &r.Name, box.Text(&first), &r.Why, &r.Problem)
		if first != "" {
			r.Name += ", " + first
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what was refused: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Refused) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// Unfinished gives the approvals of many that something waits of, oldest first.
func Unfinished(ctx context.Context, tx pg.Tx) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT bulk_id FROM approval_bulk_item WHERE tenant_id = current_tenant() AND state = 'waiting' ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("looking for approvals that wait: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("looking for approvals that wait: %w", err)
	}
	return ids, nil
}
