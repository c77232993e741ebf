package hours

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Review is a timesheet as it stands once all that is due was computed. It
// stands still until the transaction ends.
type Review struct {
	Timesheet
	sheet *sheet
	first int64 // the week's first approval; 0: none yet
	work  Work
}

// Reviews computes what is due of these employees (what was just decided is not
// left out), holds it against the Working Hours Act (a breach of days that were
// just computed is not left out either) and gives their week; who is not in it
// is left out. Others neither compute nor approve until the transaction ends.
func Reviews(ctx context.Context, tx pg.Tx, week calendar.Week, employees []int64, now time.Time) ([]Review, error) {
	if err := lock(ctx, tx); err != nil {
		return nil, err
	}
	if err := spreadDue(ctx, tx); err != nil {
		return nil, err
	}
	due, err := anyDue(ctx, tx, employees, now)
	if err != nil {
		return nil, err
	}
	for _, employee := range due {
		if _, _, err := computeDue(ctx, tx, now, employee); err != nil {
			return nil, err
		}
	}
	for more := true; more; {
		if more, err = checkLaw(ctx, tx, now, employees); err != nil {
			return nil, err
		}
	}
	sheets, err := readSheets(ctx, tx, week, employees)
	if err != nil {
		return nil, err
	}
	full, err := fillSheets(ctx, tx, week, sheets)
	if err != nil {
		return nil, err
	}
	first, err := firstApprovals(ctx, tx, employees, week)
	if err != nil {
		return nil, err
	}
	work, err := workOf(ctx, tx, employees)
	if err != nil {
		return nil, err
	}
	out := make([]Review, len(full))
	for i, t := range full {
		out[i] = Review{t, sheets[i], first[t.Who.ID], work}
	}
	return out, nil
}

// Check says why a review can't be frozen: ErrState when it is approved and
// nothing changed since, ErrNoReason for a correction without a reason,
// *NeedsReason where an approver should say why (I2, I5).
func (r Review) Check(reason string, now time.Time) error {
	pending := r.sheet.pending()
	switch {
	case r.State == StateApproved && len(pending) == 0:
		return fmt.Errorf("week %s is approved and nothing changed since: %w", r.Week, ErrState)
	case r.first != 0 && len(pending) > 0 && reason == "", len(reason) > 500:
		return ErrNoReason
	case reason != "":
		return nil
	}
	return needsReason(r.Timesheet, r.sheet.zone, now)
}

// Ended says whether the week is over where the employee is.
func (r Review) Ended(now time.Time) bool {
	return !now.Before(r.Week.Sunday().AddDays(1).In(r.sheet.zone))
}

// Zone gives the employee's zone.
func (r Review) Zone() *time.Location { return r.sheet.zone }

// Freeze freezes a week, or, when it was approved before, what changed since as
// correction lines (I5), with the levels that were given. What Check refuses is
// refused.
func (r Review) Freeze(ctx context.Context, tx pg.Tx, by audit.Actor, reason string, levels []Signature, now time.Time) error {
	if err := r.Check(reason, now); err != nil {
		return err
	}
	if err := setState(ctx, tx, by, r.Who.ID, r.Week, StateApproved, reason, now); err != nil {
		return err
	}
	return freeze(ctx, tx, by, r, reason, levels, now)
}

// needsReason gives *NeedsReason where an approver should say why (I2).
func needsReason(t Timesheet, zone *time.Location, now time.Time) error {
	n := &NeedsReason{Employee: t.Who.ID, Week: t.Week, Missing: t.Missing, Running: now.Before(t.Week.Sunday().AddDays(1).In(zone))}
	for _, d := range t.Days {
		n.Exceptions = append(n.Exceptions, d.Exceptions...)
		n.Running = n.Running || d.Running
	}
	if len(n.Exceptions) > 0 || len(n.Missing) > 0 || n.Running {
		return n
	}
	return nil
}

// Snapshot is what an approval froze: the days as they were explained then.
type Snapshot struct {
	Employee int64         `json:"employee"`
	Week     calendar.Week `json:"week"`
	Days     []Day         `json:"days"`
	Lines    []Difference  `json:"lines"` // what this approval added to those before
	Levels   []Signature   `json:"levels,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Projects []Project     `json:"projects,omitempty"` // where the register named one; approvals of before it was frozen have none
}

// Project is what a day's hours at a site were worked on, as the register of
// assignments and hirers had it when they were approved: evidence of them must
// not change with the register.
type Project struct {
	Date       calendar.Date `json:"date"`
	Site       int64         `json:"site"`
	Hirer      int64         `json:"hirer,omitempty"`
	Assignment string        `json:"assignment,omitempty"` // number
	CostCentre string        `json:"cost_centre,omitempty"`
}

// Signature is a level of an approval as it is frozen: who gave it, in whose
// place, and under which policy.
type Signature struct {
	Level  string      `json:"level"`
	Hirer  int64       `json:"hirer,omitempty"`
	By     audit.Actor `json:"by"`
	For    int64       `json:"for,omitempty"` // the account in whose place; 0: their own
	At     time.Time   `json:"at"`
	Reason string      `json:"reason,omitempty"`
	Policy int         `json:"policy"` // version
}

func freeze(ctx context.Context, tx pg.Tx, by audit.Actor, r Review, reason string, levels []Signature, now time.Time) error {
	content := Snapshot{r.Who.ID, r.Week, r.sheet.week(), r.sheet.pending(), levels, reason, r.work.projects(r.Who.ID, r.sheet.week())}
	text, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("writing down what is approved: %w", err)
	}
	given, err := json.Marshal(append([]Signature{}, levels...))
	if err != nil {
		return fmt.Errorf("writing down who approved: %w", err)
	}
	hash := sha256.Sum256(text)
	rules := []int32{}
	for _, d := range content.Days {
		if !slices.Contains(rules, int32(d.Rules)) {
			rules = append(rules, int32(d.Rules))
		}
	}
	var id int64
	err = tx.QueryRow(ctx, `INSERT INTO approval (tenant_id, employee_id, monday, corrects, by_kind, by_id, at, reason, rules, snapshot, hash, levels)
		VALUES (current_tenant(), $1, $2::text::date, NULLIF($3::bigint, 0), $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb) RETURNING approval_id`,
		r.Who.ID, r.Week.Monday().String(), r.first, by.Kind, by.ID, now, reason, rules, string(text), hash[:], string(given)).Scan(&id)
	if err != nil {
		return fmt.Errorf("storing an approval: %w", err)
	}
	if err := insertApproved(ctx, tx, id, r.Who.ID, content.Lines); err != nil {
		return err
	}
	return record(ctx, tx, by, "timesheet.approve", r.Who.ID, map[string]any{
		"week": r.Week, "approval": id, "corrects": r.first, "reason": reason, "levels": levels, "hash": hex.EncodeToString(hash[:])})
}

func insertApproved(ctx context.Context, tx pg.Tx, approval, employee int64, lines []Difference) error {
	var dates, codes, kinds []string
	var sites, minutes []int64
	for _, l := range lines {
		dates, sites, codes = append(dates, l.Date.String()), append(sites, l.Site), append(codes, l.Code)
		kinds, minutes = append(kinds, string(l.Kind)), append(minutes, int64(l.Minutes))
	}
	_, err := tx.Exec(ctx, `INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, kind, minutes)
		SELECT current_tenant(), $1, $2, d::date, s, c, k, m
		FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[]) n(d, s, c, k, m) ORDER BY d, s, c, k`,
		approval, employee, dates, sites, codes, kinds, minutes)
	if err != nil {
		return fmt.Errorf("storing approved lines: %w", err)
	}
	return nil
}

// firstApprovals gives the first approval of the week of those who have one.
func firstApprovals(ctx context.Context, tx pg.Tx, employees []int64, week calendar.Week) (map[int64]int64, error) {
	rows, err := tx.Query(ctx, `SELECT employee_id, approval_id FROM approval
		WHERE tenant_id = current_tenant() AND employee_id = ANY ($1) AND monday = $2::text::date AND corrects IS NULL`,
		employees, week.Monday().String())
	if err != nil {
		return nil, fmt.Errorf("looking up approvals: %w", err)
	}
	out := map[int64]int64{}
	var employee, id int64
	if _, err := pgx.ForEachRow(rows, []any{&employee, &id}, func() error { out[employee] = id; return nil }); err != nil {
		return nil, fmt.Errorf("looking up approvals: %w", err)
	}
	return out, nil
}

// Reject sends an open week back, with a reason.
func Reject(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, reason string, now time.Time) error {
	return change(ctx, tx, by, employee, week, StateRejected, []State{StateOpen}, "timesheet.reject", reason, now)
}

// Reopen opens an approved or rejected week. What was approved stays frozen:
// the next approval adds the differences (I5).
func Reopen(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, reason string, now time.Time) error {
	return change(ctx, tx, by, employee, week, StateOpen, []State{StateApproved, StateRejected}, "timesheet.reopen", reason, now)
}

func change(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, to State, from []State, action, reason string, now time.Time) error {
	if len(reason) < 1 || len(reason) > 500 {
		return ErrNoReason
	}
	if err := lock(ctx, tx); err != nil {
		return err
	}
	t, err := TimesheetOf(ctx, tx, employee, week)
	if err != nil {
		return err
	}
	if !slices.Contains(from, t.State) {
		return fmt.Errorf("week %s is %s: %w", week, t.State, ErrState)
	}
	if err := setState(ctx, tx, by, employee, week, to, reason, now); err != nil {
		return err
	}
	return record(ctx, tx, by, action, employee, map[string]any{"week": week, "reason": reason})
}

func setState(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, to State, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
		VALUES (current_tenant(), $1, $2::text::date, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, employee_id, monday) DO UPDATE SET state = EXCLUDED.state, by_kind = EXCLUDED.by_kind,
			by_id = EXCLUDED.by_id, at = EXCLUDED.at, reason = EXCLUDED.reason`,
		employee, week.Monday().String(), to, by.Kind, by.ID, now, reason)
	if err != nil {
		return fmt.Errorf("changing a timesheet's state: %w", err)
	}
	return tell(ctx, tx)
}

func record(ctx context.Context, tx pg.Tx, by audit.Actor, action string, employee int64, payload any) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "employee", SubjectID: employee, By: by, Payload: payload})
}
