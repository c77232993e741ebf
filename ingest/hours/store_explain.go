package hours

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// Explain gives a day minute by minute, with a proposal for each exception
// that there is one for. A day without taps is explained too; ErrNotFound is
// for an employee that does not exist.
func Explain(ctx context.Context, tx pg.Tx, employee int64, day calendar.Date) (Explanation, error) {
	x, zone, days, err := readExplained(ctx, tx, employee, day)
	if err != nil {
		return Explanation{}, err
	}
	sets, err := RuleSets(ctx, tx)
	if err != nil {
		return Explanation{}, err
	}
	book, err := rule.NewBook(sets)
	if err != nil {
		return Explanation{}, err
	}
	devices, err := readDevices(ctx, tx)
	if err != nil {
		return Explanation{}, err
	}
	x.Rules = book.RulesOf(day)
	x.Day = Day{Employee: employee, Date: day, Zone: zone.String(), Rules: x.Rules.Version}
	if n := len(days); n > 0 && days[n-1].Date == day {
		x.Day, days = days[n-1], days[:n-1]
	}
	x.Sets = x.Day.setsOf(sets)
	for i := range x.Day.Punches {
		devices.name(&x.Day.Punches[i])
	}
	for i, e := range x.Day.Exceptions {
		page, err := RulesOn(ctx, tx, day, employee, cmp.Or(e.Site, x.Day.site(e.Tap)))
		if err != nil {
			return Explanation{}, err
		}
		x.Day.Exceptions[i].Proposal = Propose(e, x.Day, History{days, x.Who.ContractMinutes}, page.Set.Rules, zone)
	}
	x.Steps = x.Day.Steps()
	all, err := readDecisions(ctx, tx, []int64{employee})
	if err != nil {
		return Explanation{}, err
	}
	x.Decisions = concerning(all, x.Day, zone)
	return x, x.readBeside(ctx, tx, zone)
}

// concerning gives the decisions that touch a day, and what undid them.
func concerning(all []Decision, d Day, zone *time.Location) []Decision {
	touches := func(dec Decision) bool {
		tapped := dec.Tap != "" && slices.ContainsFunc(d.Punches, func(p Punch) bool { return p.Tap == dec.Tap })
		dated := !dec.At.IsZero() && calendar.DateOf(dec.At.In(zone)) == d.Date
		return slices.Contains(d.Decisions, dec.ID) || tapped || dated || dec.Day == d.Date
	}
	about := map[int64]bool{}
	var out []Decision
	for _, dec := range all {
		if about[dec.ID] = touches(dec) || about[dec.Undoes]; about[dec.ID] {
			out = append(out, dec)
		}
	}
	return out
}

// readExplained reads an employee with the day and the four weeks before it.
func readExplained(ctx context.Context, tx pg.Tx, employee int64, day calendar.Date) (x Explanation, zone *time.Location, days []Day, err error) {
	var name string
	var details []string
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return x, nil, nil, err
	}
	err = tx.QueryRow(ctx, `SELECT e.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, e.contract_minutes, COALESCE(NULLIF(e.zone, ''), t.zone),
			ARRAY(SELECT detail::text FROM worked_day w WHERE w.tenant_id = e.tenant_id AND w.employee_id = e.employee_id
				AND w.day BETWEEN $2::text::date - 28 AND $2::text::date ORDER BY w.day)
		FROM employee e JOIN tenant t ON t.tenant_id = e.tenant_id WHERE e.tenant_id = current_tenant() AND e.employee_id = $1`,
		employee, day.String()).Scan(&x.Who.ID, &x.Who.Number, &x.Who.Surname, box.Text(&x.Who.FirstName), &x.Who.ContractMinutes, &name, &details)
	if errors.Is(err, pgx.ErrNoRows) {
		return x, nil, nil, fmt.Errorf("employee %d: %w", employee, ErrNotFound)
	}
	if err == nil {
		zone, err = time.LoadLocation(name)
	}
	for _, detail := range details {
		var d Day
		if err == nil {
			err = json.Unmarshal([]byte(detail), &d)
		}
		days = append(days, d)
	}
	if err != nil {
		return x, nil, nil, fmt.Errorf("reading a day: %w", err)
	}
	return x, zone, days, nil
}
