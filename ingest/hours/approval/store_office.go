package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Stand is how far the approval of one timesheet is.
type Stand struct {
	Policy    Policy
	Hirers    []int64 // at whose sites its lines are, else for whom the employee works; none: nobody's
	Steps     []Step  // all that happened, oldest first
	Given     []Step  // those that count towards the next freeze
	Next      []Need  // what is to be given now; none when approved and unchanged
	Overtaken bool    // a level was given for lines that changed since
}

// Waits says whether somebody has to give a level.
func (s Stand) Waits() bool { return len(s.Next) > 0 }

// Place gives which of the policy's levels is to be given, from 1, and how many
// there are.
func (s Stand) Place() (n, of int) {
	for i, l := range s.Policy.Levels {
		if s.Waits() && l == s.Next[0].Level {
			n = i + 1
		}
	}
	return n, len(s.Policy.Levels)
}

// Office is what has to be known to approve a week's timesheets, read once for
// all of them.
type Office struct {
	Week     calendar.Week
	Zone     *time.Location // the tenant's
	people   map[int64]Person
	policies Policies
	hirers   map[int64]int64   // by site
	works    map[int64][]int64 // for which hirers employees work in the week
	steps    map[int64][]Step
}

// Open reads what approving the timesheets of a week needs: of these employees
// (none: of all).
func Open(ctx context.Context, tx pg.Tx, week calendar.Week, now time.Time, of ...int64) (*Office, error) {
	o := &Office{Week: week}
	var zone string
	err := tx.QueryRow(ctx, "SELECT zone FROM tenant WHERE tenant_id = current_tenant()").Scan(&zone)
	if err == nil {
		o.Zone, err = time.LoadLocation(zone)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the tenant's zone: %w", err)
	}
	if o.people, err = readPeople(ctx, tx, calendar.DateOf(now.In(o.Zone)), of); err != nil {
		return nil, err
	}
	if o.policies, err = AllPolicies(ctx, tx); err != nil {
		return nil, err
	}
	if o.hirers, o.works, err = readHirers(ctx, tx, week, of); err != nil {
		return nil, err
	}
	o.steps, err = readSteps(ctx, tx, week, of)
	return o, err
}

// Of gives how far a timesheet is.
func (o *Office) Of(t hours.Summary) Stand {
	s := Stand{Steps: o.steps[t.Who.ID], Hirers: o.hirersOf(t)}
	s.Policy = o.policies.Of(o.Week, s.Hirers)
	lines := linesHash(t)
	s.Given, s.Overtaken = Standing(s.Steps, lines), Overtaken(s.Steps, lines)
	if t.State != hours.StateApproved || t.Changed {
		s.Next = s.Policy.Next(s.Hirers, s.Given)
	}
	return s
}

// Deadline gives when the week should be approved; zero: never.
func (o *Office) Deadline() time.Time {
	if d := o.policies.Of(o.Week, nil).Deadline; d != nil {
		return d.Of(o.Week, o.Zone)
	}
	return time.Time{}
}

// Policies gives the tenant's policies.
func (o *Office) Policies() Policies { return o.policies }

// Person gives an account, with those in whose place it may approve today.
func (o *Office) Person(account int64) Person { return o.people[account] }

// hirersOf gives the hirers of a timesheet, in order.
func (o *Office) hirersOf(t hours.Summary) []int64 {
	var out []int64
	for _, site := range t.Sites {
		if h := o.hirers[site]; h != 0 {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		out = slices.Clone(o.works[t.Who.ID])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Limited says whether an account approves for some hirers only.
func (o *Office) Limited(account int64) bool { return len(o.people[account].Hirers) > 0 }

// Sees says whether an account may see a timesheet: who approves for some
// hirers only sees those hirers' people.
func (o *Office) Sees(account int64, t hours.Summary) bool {
	p := o.people[account]
	if len(p.Hirers) == 0 {
		return true
	}
	return slices.ContainsFunc(o.hirersOf(t), func(h int64) bool {
		return slices.ContainsFunc(append([]Person{p}, p.For...), func(as Person) bool {
			return len(as.Hirers) == 0 || slices.Contains(as.Hirers, h)
		})
	})
}

// shows says whether whoever acts may know of a timesheet: what changed in it
// since it was seen, or what it lacks, tells of its hours.
func (o *Office) shows(by audit.Actor, t hours.Summary) bool {
	return by.Kind != audit.Account || o.Person(by.ID).Employee == t.Who.ID || o.Sees(by.ID, t)
}

// readPeople gives the accounts of the office and of these employees (none: of
// all), each with those in whose place it may approve on a day.
func readPeople(ctx context.Context, tx pg.Tx, today calendar.Date, of []int64) (map[int64]Person, error) {
	rows, err := tx.Query(ctx, `SELECT account_id, name, COALESCE(employee_id, 0), closed_at IS NULL AND roles && ARRAY['administrator', 'approver'],
			ARRAY(SELECT hirer_id FROM account_hirer h WHERE h.tenant_id = a.tenant_id AND h.account_id = a.account_id ORDER BY hirer_id)
		FROM account a WHERE tenant_id = current_tenant() AND ($1::bigint[] IS NULL OR roles <> ARRAY['employee'] OR employee_id = ANY ($1))`, of)
	if err != nil {
		return nil, fmt.Errorf("reading approvers: %w", err)
	}
	out := map[int64]Person{}
	var p Person
	_, err = pgx.ForEachRow(rows, []any{&p.Account, &p.Name, &p.Employee, &p.Approves, &p.Hirers}, func() error {
		out[p.Account] = p
		p.Hirers = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading approvers: %w", err)
	}
	rows, err = tx.Query(ctx, `SELECT account_id, for_id FROM deputy
		WHERE tenant_id = current_tenant() AND ended_at IS NULL AND $1::text::date BETWEEN from_day AND until_day ORDER BY deputy_id`, today.String())
	if err != nil {
		return nil, fmt.Errorf("reading deputies: %w", err)
	}
	own := map[int64]Person{} // a deputy has no deputies' authority
	for id, p := range out {
		own[id] = p
	}
	var account, whom int64
	_, err = pgx.ForEachRow(rows, []any{&account, &whom}, func() error {
		p := out[account]
		p.For = append(p.For, own[whom])
		out[account] = p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading deputies: %w", err)
	}
	return out, nil
}

// readHirers gives the hirer of each site, and for which hirers these employees
// (none: all) work in a week.
func readHirers(ctx context.Context, tx pg.Tx, week calendar.Week, of []int64) (sites map[int64]int64, works map[int64][]int64, err error) {
	sites, works = map[int64]int64{}, map[int64][]int64{}
	var a, b int64
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (site_id) site_id, COALESCE(hirer_id, 0) FROM site_hirer
		WHERE tenant_id = current_tenant() AND from_day <= $1::text::date ORDER BY site_id, from_day DESC`, week.Sunday().String())
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&a, &b}, func() error { sites[a] = b; return nil })
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading sites' hirers: %w", err)
	}
	rows, err = tx.Query(ctx, `SELECT DISTINCT a.employee_id, COALESCE(a.hirer_id, s.hirer_id) FROM assignment a
		LEFT JOIN LATERAL (SELECT h.hirer_id FROM site_hirer h WHERE h.tenant_id = a.tenant_id AND h.site_id = a.site_id
			AND h.from_day <= $2::text::date ORDER BY h.from_day DESC LIMIT 1) s ON true
		WHERE a.tenant_id = current_tenant() AND COALESCE(a.hirer_id, s.hirer_id) IS NOT NULL
			AND a.from_day <= $2::text::date AND (a.until_day IS NULL OR a.until_day >= $1::text::date)
			AND ($3::bigint[] IS NULL OR a.employee_id = ANY ($3))`, week.Monday().String(), week.Sunday().String(), of)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&a, &b}, func() error { works[a] = append(works[a], b); return nil })
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading for whom employees work: %w", err)
	}
	return sites, works, nil
}

// readSteps gives the steps of a week by employee (of none: of all), oldest
// first.
func readSteps(ctx context.Context, tx pg.Tx, week calendar.Week, of []int64) (map[int64][]Step, error) {
	rows, err := tx.Query(ctx, `SELECT s.step_id, s.employee_id, s.act, s.level, s.hirer_id, s.by_kind, s.by_id,
			COALESCE(CASE WHEN s.by_kind = 'account' THEN b.name END, ''), COALESCE(s.deputy_for, 0), COALESCE(d.name, ''),
			s.at, s.reason, s.policy, COALESCE(s.lines, '')
		FROM approval_step s
		LEFT JOIN account b ON b.tenant_id = s.tenant_id AND b.account_id = s.by_id
		LEFT JOIN account d ON d.tenant_id = s.tenant_id AND d.account_id = s.deputy_for
		WHERE s.tenant_id = current_tenant() AND s.monday = $1::text::date AND ($2::bigint[] IS NULL OR s.employee_id = ANY ($2))
		ORDER BY s.step_id`, week.Monday().String(), of)
	if err != nil {
		return nil, fmt.Errorf("reading the steps of approval: %w", err)
	}
	out := map[int64][]Step{}
	var s Step
	var kind string
	var lines []byte
	_, err = pgx.ForEachRow(rows, []any{&s.ID, &s.Employee, &s.Act, &s.Level, &s.Hirer, &kind, &s.By.ID, &s.ByName, &s.For, &s.ForName,
		&s.At, &s.Reason, &s.Policy, &lines}, func() error {
		s.Week, s.By.Kind, s.Lines = week, audit.ActorKind(kind), [32]byte{}
		copy(s.Lines[:], lines)
		out[s.Employee] = append(out[s.Employee], s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the steps of approval: %w", err)
	}
	return out, nil
}

func writeStep(ctx context.Context, tx pg.Tx, s Step) error {
	var lines []byte
	if s.Act == Given {
		lines = s.Lines[:]
	}
	_, err := tx.Exec(ctx, `INSERT INTO approval_step (tenant_id, employee_id, monday, act, level, hirer_id, by_kind, by_id, deputy_for, at, reason, policy, lines)
		VALUES (current_tenant(), $1, $2::text::date, $3, $4, $5, $6, $7, NULLIF($8::bigint, 0), $9, $10, $11, $12)`,
		s.Employee, s.Week.Monday().String(), s.Act, s.Level, s.Hirer, s.By.Kind, s.By.ID, s.For, s.At, s.Reason, s.Policy, lines)
	if err != nil {
		return fmt.Errorf("recording a step of approval: %w", err)
	}
	return nil
}

// AllPolicies gives the tenant's policies, oldest version first, Default before
// them.
func AllPolicies(ctx context.Context, tx pg.Tx) (Policies, error) {
	rows, err := tx.Query(ctx, `SELECT version, COALESCE(hirer_id, 0), from_day, policy::text FROM approval_policy
		WHERE tenant_id = current_tenant() ORDER BY version`)
	if err != nil {
		return nil, fmt.Errorf("reading approval policies: %w", err)
	}
	stored, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p Policy, err error) {
		var from time.Time
		var text string
		if err := r.Scan(&p.Version, &p.Hirer, &from, &text); err != nil {
			return p, err
		}
		p.From = calendar.DateOf(from)
		return p, json.Unmarshal([]byte(text), &p)
	})
	if err != nil {
		return nil, fmt.Errorf("reading approval policies: %w", err)
	}
	return append(Policies{Default()}, stored...), nil
}
