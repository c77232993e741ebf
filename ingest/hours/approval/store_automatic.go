package approval

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/pg"
)

// weeksBack is how many weeks that are over the system looks at by itself.
const weeksBack = 8

// atOnce is how many timesheets one transaction approves.
const atOnce = 100

// ApproveAutomatically gives the levels of the weeks that are over, where the
// policy lets the system and they are complete and as planned. The system is
// the one who gives them; the policy's version is its reason. It works in
// bounded transactions, each of which leaves nothing half done, and gives how
// many weeks it froze.
func ApproveAutomatically(ctx context.Context, db *pg.DB, tenant int64, now time.Time) (frozen int, err error) {
	for back := weeksBack; back >= 0; back-- {
		week := calendar.DateOf(now).AddDays(1).Week().Add(-back) // somewhere it may be tomorrow
		var candidates []int64
		err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
			candidates, err = mayBeAutomatic(ctx, tx, week, now)
			return err
		})
		if err != nil {
			return frozen, err
		}
		for batch := range slices.Chunk(candidates, atOnce) {
			n := 0
			err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
				n, err = approveBatch(ctx, tx, week, batch, now)
				return err
			})
			if err != nil {
				return frozen, fmt.Errorf("approving by itself: %w", err)
			}
			frozen += n
		}
	}
	return frozen, nil
}

// mayBeAutomatic gives those whose week the system may approve as far as a
// summary tells; nobody where no policy lets it.
func mayBeAutomatic(ctx context.Context, tx pg.Tx, week calendar.Week, now time.Time) ([]int64, error) {
	policies, err := AllPolicies(ctx, tx)
	if err != nil || !slices.ContainsFunc(policies, func(p Policy) bool { return p.Automatic != nil }) {
		return nil, err
	}
	office, err := Open(ctx, tx, week, now)
	if err != nil {
		return nil, err
	}
	all, err := hours.Summaries(ctx, tx, week)
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, s := range all {
		if s.State == hours.StateOpen && s.Exceptions() == 0 && len(s.Missing) == 0 && len(s.Lines) > 0 && office.Of(s).Policy.Automatic != nil {
			out = append(out, s.Who.ID)
		}
	}
	return out, nil
}

func approveBatch(ctx context.Context, tx pg.Tx, week calendar.Week, employees []int64, now time.Time) (frozen int, err error) {
	shifts, err := plannedOf(ctx, tx, week, employees)
	if err != nil {
		return 0, err
	}
	asks := make([]Ask, len(employees))
	for i, e := range employees {
		asks[i] = Ask{e, Any}
	}
	outcomes, err := give(ctx, tx, audit.Actor{Kind: audit.System}, week, asks, now, func(o *Office, r hours.Review, s Stand) (*signing, error) {
		if o.decides(r.Who.ID) {
			return nil, nil
		}
		planned := plannedDays(shifts[r.Who.ID], week, r.Zone())
		if s.Policy.Automatic.holds(r.Timesheet, r.Ended(now), s.Steps, planned) != HoldNothing || waitsForStatement(s) {
			return nil, nil
		}
		reason := fmt.Sprintf("within %d minutes of the plan, by policy %d", s.Policy.Automatic.Tolerance, s.Policy.Version)
		return &signing{needs: missingLevels(s), by: audit.Actor{Kind: audit.System}, reason: reason}, nil
	})
	for _, out := range outcomes {
		if out.Frozen {
			frozen++
		}
	}
	return frozen, err
}

// decides says whether an employee plans and decides in the office: plan and
// taps could be their own word, so that another person approves these hours.
func (o *Office) decides(employee int64) bool {
	for _, p := range o.people {
		if p.Employee == employee && p.Approves {
			return true
		}
	}
	return false
}

// waitsForStatement: the system states nothing in an employee's place.
func waitsForStatement(s Stand) bool { return s.Waits() && s.Next[0].Level == ByEmployee }

// missingLevels gives all levels that are still to be given.
func missingLevels(s Stand) []Need {
	return slices.DeleteFunc(s.Policy.Needs(s.Hirers), func(n Need) bool {
		return slices.ContainsFunc(s.Given, func(g Step) bool { return g.Need == n })
	})
}

// plannedOf reads the plans around a week, in any zone.
func plannedOf(ctx context.Context, tx pg.Tx, week calendar.Week, employees []int64) (map[int64][]plan.Shift, error) {
	from, to := make([]int64, len(employees)), make([]int64, len(employees))
	for i := range employees {
		from[i] = week.Monday().AddDays(-1).In(time.UTC).UnixMilli()
		to[i] = week.Sunday().AddDays(2).In(time.UTC).UnixMilli()
	}
	return plan.Of(ctx, tx, employees, from, to)
}
