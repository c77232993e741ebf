package evidence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/notice"
	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// served gives what was measured of the service in the month.
func served(ctx context.Context, tx pg.Tx, _ Register, o Order, moment time.Time) ([]Finding, error) {
	out, err := available(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	incidents, err := attained(ctx, tx, o, moment, len(out) > 0)
	return slices.Concat(out, incidents), err
}

// table is one that an obligation names, by the preset that it stands in, and
// the proofs that it gives.
type table struct {
	of               tenant.ProfileName
	minutes, outcome string
}

// available reckons the month's availability by the tables of both promises
// (OB-S1, OB-S2), whatever the contract's own is; a month that nobody measured
// has no proof.
func available(ctx context.Context, tx pg.Tx, o Order) (out []Finding, err error) {
	month, zone := sla.MonthOf(o.Month.First), o.Month.First.Location()
	contracts, err := tenant.Contracts(ctx, tx)
	if err != nil {
		return nil, err
	}
	office, err := sla.OfficeIn(ctx, tx, month, zone)
	if err != nil {
		return nil, err
	}
	facts, err := factsOf(ctx, tx, o.Month)
	if err != nil {
		return nil, err
	}
	for _, t := range []table{{tenant.Nedap, "service-minutes", "availability"}, {tenant.WinBase, "office-minutes", "office-availability"}} {
		report := sla.Reckon(month, zone, sla.AgreedOf(t.over(contracts), office.Window), facts, o.Now)
		out = append(out, t.reckoned(report)...)
	}
	return out, nil
}

// factsOf gives what a month is reckoned from, with a day around it.
func factsOf(ctx context.Context, tx pg.Tx, m Month) (f sla.Facts, err error) {
	const around = 24 * time.Hour
	from, to := m.First.Add(-around), m.First.AddDate(0, 1, 0).Add(around)
	if f.Work, err = notice.Work(ctx, tx, m.First); err != nil {
		return f, err
	}
	if f.Minutes, err = sla.Minutes(ctx, tx, from, to); err != nil {
		return f, err
	}
	f.Decisions, err = sla.Decisions(ctx, tx, from, to)
	return f, err
}

// over puts the table in the place of each version's own; each keeps its days.
func (t table) over(contracts []tenant.Agreement) []tenant.Agreement {
	preset, _ := tenant.ProfileOf(t.of)
	all := slices.Clone(contracts)
	for i := range all {
		all[i].Profile, all[i].Terms.Availability = t.of, preset.Availability
	}
	return all
}

// reckoned says how much of a month was measured and what it gives back, by the
// hours that the table counts; nothing of one that nobody measured. What doesn't
// count on the supplier's word alone proves nothing for the supplier: it holds
// when the month gives nothing back with those minutes down too.
func (t table) reckoned(r sla.Report) []Finding {
	count := r.Count()
	measured := count.Measured()
	if measured == 0 {
		return nil
	}
	all := measured + count.Unmeasured
	return []Finding{
		{Proof: t.minutes, At: r.Until, Holds: count.Unmeasured*100 <= all, Value: fmt.Sprintf("%d / %d", measured, all)},
		{Proof: t.outcome, At: r.Until, Holds: !slices.ContainsFunc(r.Parts, givesBack), Value: fmt.Sprintf("%s %% / %d", r.Ratio(), count.Claimed)},
	}
}

// givesBack says whether a part gives anything back, also had the customer
// objected to what the supplier says.
func givesBack(p sla.Part) bool {
	return p.Credit(p.Ratio).Percent > 0 || p.Credit(p.Objected).Percent > 0
}

// attained holds the month's incidents against their deadlines (OB-S5). A month
// without any proves nothing unless somebody measured, who would have opened one.
func attained(ctx context.Context, tx pg.Tx, o Order, moment time.Time, measured bool) ([]Finding, error) {
	all, err := incident.List(ctx, tx)
	if err != nil {
		return nil, err
	}
	count := 0
	for _, i := range all {
		if i.Counts() && o.Month.holds(i.Arose()) {
			count++
		}
	}
	if count == 0 && !measured {
		return nil, nil
	}
	first := o.Month.First
	late := slices.ContainsFunc(incident.Month(all, first.Year(), first.Month(), window.Service(first.Location()), o.Now), func(a incident.Attainment) bool { return !a.Met() })
	return []Finding{{Proof: "incidents", At: moment, Holds: !late, Value: fmt.Sprint(count)}}, nil
}

// released looks for the notes of the version that runs (OB-S8).
func released(_ context.Context, _ pg.Tx, o Order) ([]Finding, error) {
	notes, there, err := notice.Running(o.Program)
	return []Finding{{Proof: "release-notes", At: o.Now, Holds: there, Value: cmp.Or(notes.Version, o.Program)}}, err
}
