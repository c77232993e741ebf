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

// available reckons the month's availability as its own page does, by the tables
// of both promises (OB-S1, OB-S2); a month that nobody measured has no proof.
func available(ctx context.Context, tx pg.Tx, o Order) (out []Finding, err error) {
	work, err := notice.Work(ctx, tx, o.Month.First)
	if err != nil {
		return nil, err
	}
	month, zone := sla.MonthOf(o.Month.First), o.Month.First.Location()
	own, err := sla.ReportOf(ctx, tx, month, zone, work, o.Now)
	if err != nil {
		return nil, err
	}
	other, err := otherwise(ctx, tx, month, zone, work, o.Now, own.Parts[0].Terms.Office)
	return slices.Concat(reckoned(own), reckoned(other)), err
}

// reckoned says how much of a month was measured and what it gives back, by the
// hours that its terms count; nothing of one that nobody measured.
func reckoned(r sla.Report) []Finding {
	count := r.Count()
	measured := count.Measured()
	if measured == 0 {
		return nil
	}
	minutes, available := "service-minutes", "availability"
	if r.Parts[0].Terms.Office {
		minutes, available = "office-minutes", "office-availability"
	}
	all := measured + count.Unmeasured
	return []Finding{
		{Proof: minutes, At: r.Until, Holds: count.Unmeasured*100 <= all, Value: fmt.Sprintf("%d / %d", measured, all)},
		{Proof: available, At: r.Until, Holds: r.Credit().Percent == 0, Value: r.Ratio().String() + " %"},
	}
}

// otherwise reckons a month by the table that is not the contract's own: of
// office hours where that counts day and night, and the other way round.
func otherwise(ctx context.Context, tx pg.Tx, m sla.Month, zone *time.Location, work []sla.Work, now time.Time, office bool) (sla.Report, error) {
	a, err := tenant.Contract(ctx, tx)
	if err != nil {
		return sla.Report{}, err
	}
	a.Profile = tenant.WinBase
	if office {
		a.Profile = tenant.Nedap
	}
	preset, _ := tenant.ProfileOf(a.Profile)
	a.Terms.Availability = preset.Availability
	hours, err := sla.OfficeIn(ctx, tx, m, zone)
	if err != nil {
		return sla.Report{}, err
	}
	f := sla.Facts{Work: work}
	from, to := m.In(zone).AddDate(0, 0, -1), m.Add(1).In(zone).AddDate(0, 0, 1)
	if f.Minutes, err = sla.Minutes(ctx, tx, from, to); err != nil {
		return sla.Report{}, err
	}
	f.Decisions, err = sla.Decisions(ctx, tx, from, to)
	return sla.Reckon(m, zone, sla.AgreedOf([]tenant.Agreement{a}, hours.Window), f, now), err
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
