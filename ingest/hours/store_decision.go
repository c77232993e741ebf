package hours

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Decide records a decision and gives its id (I3); the days it touches are
// computed at the next Recompute. One that stands already is not made twice:
// its id is given (a form sent twice). ErrNoReason, ErrNotFound (employee,
// site, or a tap that is not theirs), ErrSealed, or ErrInvalid with what is
// wrong with it. It waits for whoever computes or approves: else whose a tap is
// might be written as it was before the decision, and the same be decided twice.
func Decide(ctx context.Context, tx pg.Tx, d Decision, now time.Time) (int64, error) {
	if d.Kind == Absent {
		d.Reason = AbsentReason // OB-P2
	}
	if err := d.check(now); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := lock(ctx, tx); err != nil {
		return 0, err
	}
	if err := fits(ctx, tx, d, now); err != nil {
		return 0, err
	}
	var due dueList
	tap, err := findTap(ctx, tx, d, &due)
	if err != nil {
		return 0, err
	}
	if err := refuseSealed(ctx, tx, d, tap); err != nil {
		return 0, err
	}
	if same, err := standingSame(ctx, tx, d, tap, now); err != nil || same != 0 {
		return same, err
	}
	if err := there(ctx, tx, d); err != nil {
		return 0, err
	}
	due.addDecision(d)
	id, err := insertDecision(ctx, tx, d, tap, now)
	if err != nil {
		return 0, err
	}
	if d.Kind == AssignTap {
		err = assignAgain(ctx, tx, *tap, &due)
	}
	if err == nil {
		err = due.write(ctx, tx)
	}
	return id, err
}

// fits says whether a decision is about somebody, their days, and the rules of
// those.
func fits(ctx context.Context, tx pg.Tx, d Decision, now time.Time) error {
	if d.Employee == 0 {
		return nil
	}
	p, err := personOf(ctx, tx, d.Employee)
	if err != nil {
		return err
	}
	if err := d.checkPerson(p, calendar.DateOf(now.In(p.Zone))); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if d.Kind != Absent && d.Kind != AddMinutes {
		return nil
	}
	l, err := lookupOf(ctx, tx, p)
	if err != nil {
		return err
	}
	if err := d.checkCode(l.page(d.Day, d.Site).Set.Rules); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// there says whether the minutes that a decision takes off are on the day, by
// what was computed last: nobody works less than nothing.
func there(ctx context.Context, tx pg.Tx, d Decision) error {
	if d.Kind != AddMinutes || d.Minutes > 0 {
		return nil
	}
	var minutes int
	err := tx.QueryRow(ctx, `SELECT COALESCE(sum((l->>'minutes')::int), 0) FROM worked_day w, jsonb_array_elements(COALESCE(NULLIF(w.detail->'lines', 'null'), '[]')) l
		WHERE w.tenant_id = current_tenant() AND w.employee_id = $1 AND w.day = $2::text::date AND l->>'code' = $3`, d.Employee, d.Day.String(), d.Code).Scan(&minutes)
	if err != nil {
		return fmt.Errorf("reading the minutes of a day: %w", err)
	}
	if minutes+d.Minutes < 0 {
		return fmt.Errorf("%w: %s has %s of code %s, so %s can't be taken off", ErrInvalid, d.Day, Duration(minutes), d.Code, Duration(-d.Minutes))
	}
	return nil
}

// personOf reads one employee, or gives ErrNotFound.
func personOf(ctx context.Context, tx pg.Tx, employee int64) (Person, error) {
	people := map[int64]Facts{}
	if err := readPeople(ctx, tx, []int64{employee}, people); err != nil {
		return Person{}, err
	}
	f, ok := people[employee]
	if !ok {
		return Person{}, fmt.Errorf("employee %d: %w", employee, ErrNotFound)
	}
	return f.Person, nil
}

// lookupOf reads which rules hold for an employee, when and where.
func lookupOf(ctx context.Context, tx pg.Tx, p Person) (*lookup, error) {
	book, err := bookOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	devices, err := readDevices(ctx, tx)
	if err != nil {
		return nil, err
	}
	return &lookup{book: book, person: p, hirers: devices.hirers}, nil
}

// tapKey is a tap's name as it is stored.
type tapKey struct{ origin, epoch, seq int64 }

// findTap looks the decision's tap up and notes its days; nil: it has none.
func findTap(ctx context.Context, tx pg.Tx, d Decision, due *dueList) (*tapKey, error) {
	if d.Tap == "" {
		return nil, nil
	}
	name, err := d.Tap.Name()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	k := tapKey{int64(name.Origin), int64(name.Epoch), int64(name.Seq)}
	var t timed
	err = tx.QueryRow(ctx, `SELECT placed, uncertainty, COALESCE(employee_id, 0) FROM punch WHERE tenant_id = current_tenant()
		AND origin = $1 AND epoch = $2 AND seq = $3`, k.origin, k.epoch, k.seq).Scan(&t.placed, &t.instant.Uncertainty, &t.employee)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("looking up a tap: %w", err)
	}
	switch {
	case err != nil, t.employee != d.Employee && d.Kind != AssignTap:
		return nil, fmt.Errorf("tap %s of employee %d: %w", d.Tap, d.Employee, ErrNotFound)
	case d.Kind == AssignTap && t.employee != 0 && t.employee != d.Employee:
		if err := mayChange(ctx, tx, d, k); err != nil {
			return nil, err
		}
	}
	due.addTap(t)
	return &k, addOlderTimes(ctx, tx, d.Employee, k, due)
}

// addOlderTimes adds the times that a tap was set to before.
func addOlderTimes(ctx context.Context, tx pg.Tx, employee int64, k tapKey, due *dueList) error {
	rows, err := tx.Query(ctx, `SELECT at FROM decision WHERE tenant_id = current_tenant() AND employee_id = $1
		AND origin = $2 AND epoch = $3 AND seq = $4 AND kind = 'set_time'`, employee, k.origin, k.epoch, k.seq)
	if err != nil {
		return fmt.Errorf("looking up a tap's times: %w", err)
	}
	var at int64
	if _, err := pgx.ForEachRow(rows, []any{&at}, func() error { due.add(employee, at); return nil }); err != nil {
		return fmt.Errorf("looking up a tap's times: %w", err)
	}
	return nil
}

// addDecision adds the instant and the day that a decision is about.
func (due *dueList) addDecision(d Decision) {
	if !d.At.IsZero() {
		due.add(d.Employee, d.At.UnixMilli())
	}
	if d.hasDay() {
		due.add(d.Employee, d.Day.In(time.UTC).Add(12*time.Hour).UnixMilli())
	}
}

// sentTwice is how soon the same minutes, added once more, are a form that was
// sent twice; after that they are meant.
const sentTwice = time.Minute

// standingSame gives the decision that says the same and stands; 0: there is none.
func standingSame(ctx context.Context, tx pg.Tx, d Decision, k *tapKey, now time.Time) (id int64, err error) {
	if k == nil {
		k = &tapKey{}
	}
	since := time.Time{}
	if d.Kind == AddMinutes {
		since = now.Add(-sentTwice)
	}
	err = tx.QueryRow(ctx, `SELECT COALESCE(max(d.decision_id), 0) FROM decision d
		WHERE d.tenant_id = current_tenant() AND d.employee_id IS NOT DISTINCT FROM NULLIF($1::bigint, 0) AND d.kind = $2
			AND (COALESCE(d.origin, 0), COALESCE(d.epoch, 0), COALESCE(d.seq, 0)) = ($3, $4, $5)
			AND d.at IS NOT DISTINCT FROM $6::bigint AND d.mode = $7 AND COALESCE(d.site_id, 0) = $8
			AND d.day IS NOT DISTINCT FROM $9::text::date AND COALESCE(d.minutes, 0) = $10 AND d.code = $11 AND d.about = $12 AND d.made_at >= $13
			AND NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id)
			AND NOT EXISTS (SELECT FROM decision l WHERE l.tenant_id = d.tenant_id AND l.origin = d.origin AND l.epoch = d.epoch AND l.seq = d.seq
				AND l.kind IN ('set_time', 'assign_tap') AND l.decision_id > d.decision_id)`,
		d.Employee, d.Kind, k.origin, k.epoch, k.seq, millis(d.At), d.Mode, d.Site, dayText(d.Day), d.Minutes, d.Code, d.About, since).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("looking up a decision: %w", err)
	}
	return id, nil
}

// dayText gives a day as it is stored; nil: none.
func dayText(d calendar.Date) *string {
	if (d == calendar.Date{}) {
		return nil
	}
	text := d.String()
	return &text
}

func insertDecision(ctx context.Context, tx pg.Tx, d Decision, k *tapKey, now time.Time) (id int64, err error) {
	var origin, epoch, seq *int64
	if k != nil {
		origin, epoch, seq = &k.origin, &k.epoch, &k.seq
	}
	err = tx.QueryRow(ctx, `INSERT INTO decision (tenant_id, employee_id, kind, origin, epoch, seq, at, mode, site_id, undoes, proposed, reason, by_kind, by_id, made_at,
			day, minutes, code, about)
		VALUES (current_tenant(), NULLIF($1::bigint, 0), $2, $3, $4, $5, $6, $7, NULLIF($8::bigint, 0), NULLIF($9::bigint, 0), $10, $11, $12, $13, $14,
			$15::text::date, NULLIF($16::int, 0), $17, $18) RETURNING decision_id`,
		d.Employee, d.Kind, origin, epoch, seq, millis(d.At), d.Mode, d.Site, d.Undoes, d.Proposed, d.Reason, d.By.Kind, d.By.ID, now,
		dayText(d.Day), d.Minutes, d.Code, d.About).Scan(&id)
	var broken *pgconn.PgError
	switch {
	case errors.As(err, &broken) && broken.ConstraintName == "decision_undone_once":
		return 0, ErrUndone
	case errors.As(err, &broken) && broken.Code == "23503":
		return 0, fmt.Errorf("employee or site of the decision: %w", ErrNotFound)
	case err != nil:
		return 0, fmt.Errorf("storing a decision: %w", err)
	}
	d.ID, d.Made = id, now
	entry := audit.Entry{Action: "hours.decide", SubjectKind: "employee", SubjectID: d.Employee, By: d.By, Payload: d}
	if d.Employee == 0 {
		entry.SubjectKind, entry.SubjectID = "decision", id
	}
	if err := audit.Append(ctx, tx, entry); err != nil {
		return 0, fmt.Errorf("storing a decision: %w", err)
	}
	return id, nil
}

// Undo records that a decision no longer holds and gives the undo's id.
// ErrNotFound, ErrNoReason, ErrUndone, ErrSealed, or ErrInvalid for an undo. It
// waits as Decide does.
func Undo(ctx context.Context, tx pg.Tx, id int64, by audit.Actor, reason string, now time.Time) (int64, error) {
	if err := lock(ctx, tx); err != nil {
		return 0, err
	}
	undone, k, err := decisionByID(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if undone.Kind == UndoOf {
		return 0, fmt.Errorf("%w: an undo is not undone; decide again instead", ErrInvalid)
	}
	if len(reason) < 1 || len(reason) > 500 {
		return 0, ErrNoReason
	}
	if err := refuseSealed(ctx, tx, undone, k); err != nil {
		return 0, err
	}
	var due dueList
	due.addDecision(undone)
	if k != nil {
		if _, err := findTap(ctx, tx, undone, &due); err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrInvalid) {
			return 0, err
		}
	}
	undo, err := insertDecision(ctx, tx, Decision{Employee: undone.Employee, Kind: UndoOf, Undoes: id, Reason: reason, By: by}, nil, now)
	if err != nil {
		return 0, err
	}
	if undone.Kind == AssignTap {
		err = assignAgain(ctx, tx, *k, &due)
	}
	if err == nil {
		err = due.write(ctx, tx)
	}
	return undo, err
}

const decisionColumns = `d.decision_id, COALESCE(d.employee_id, 0), d.kind, d.origin, d.epoch, d.seq, d.at, d.mode, COALESCE(d.site_id, 0), COALESCE(d.undoes, 0),
	d.day, COALESCE(d.minutes, 0), d.code, d.about, d.proposed, d.reason, d.by_kind, d.by_id, d.made_at,
	EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id),
	CASE d.by_kind WHEN 'account' THEN COALESCE((SELECT a.name FROM account a WHERE a.tenant_id = d.tenant_id AND a.account_id = d.by_id), '') ELSE '' END`

// scanDecision reads decisionColumns, and what stands before them.
func scanDecision(row pgx.CollectableRow, before ...any) (d Decision, k *tapKey, err error) {
	var at, origin, epoch, seq *int64
	var day *time.Time
	err = row.Scan(append(before, &d.ID, &d.Employee, &d.Kind, &origin, &epoch, &seq, &at, &d.Mode, &d.Site, &d.Undoes,
		&day, &d.Minutes, &d.Code, &d.About, &d.Proposed, &d.Reason, &d.By.Kind, &d.By.ID, &d.Made, &d.Undone, &d.ByName)...)
	if at != nil {
		d.At = time.UnixMilli(*at).UTC()
	}
	if day != nil {
		d.Day = calendar.DateOf(*day)
	}
	if seq != nil {
		k = &tapKey{*origin, *epoch, *seq}
		d.Tap = tapID(*origin, *epoch, *seq)
	}
	return d, k, err
}

func decisionByID(ctx context.Context, tx pg.Tx, id int64) (d Decision, k *tapKey, err error) {
	rows, err := tx.Query(ctx, `SELECT `+decisionColumns+` FROM decision d WHERE d.tenant_id = current_tenant() AND d.decision_id = $1`, id)
	if err == nil {
		d, err = pgx.CollectExactlyOneRow(rows, func(r pgx.CollectableRow) (d Decision, err error) {
			d, k, err = scanDecision(r)
			return d, err
		})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		err = fmt.Errorf("decision %d: %w", id, err)
	}
	return d, k, err
}

// readDecisions gives all decisions about employees, oldest first.
func readDecisions(ctx context.Context, tx pg.Tx, employees []int64) ([]Decision, error) {
	rows, err := tx.Query(ctx, `SELECT `+decisionColumns+` FROM decision d
		WHERE d.tenant_id = current_tenant() AND d.employee_id = ANY ($1) ORDER BY d.decision_id`, employees)
	if err != nil {
		return nil, fmt.Errorf("reading decisions: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (Decision, error) {
		d, _, err := scanDecision(r)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading decisions: %w", err)
	}
	return all, nil
}
