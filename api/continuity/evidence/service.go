package evidence

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/notice"
	"tikklok/api/sla/window"
	"tikklok/ingest/pg"
)

// served gives what was measured of the service in the month.
func served(ctx context.Context, tx pg.Tx, o Order, moment time.Time) ([]Finding, error) {
	out, err := available(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	incidents, err := attained(ctx, tx, o, moment, len(out) > 0)
	if err != nil {
		return nil, err
	}
	notes, err := released(o)
	return slices.Concat(out, incidents, notes), err
}

// available reckons the month's availability as its own page does (OB-S1,
// OB-S2); a month that nobody measured has no proof.
func available(ctx context.Context, tx pg.Tx, o Order) ([]Finding, error) {
	work, err := notice.Work(ctx, tx, o.Month.First)
	if err != nil {
		return nil, err
	}
	r, err := sla.ReportOf(ctx, tx, sla.MonthOf(o.Month.First), o.Month.First.Location(), work, o.Now)
	if err != nil {
		return nil, err
	}
	count := r.Count()
	measured := count.Measured()
	if measured == 0 {
		return nil, nil
	}
	return []Finding{
		{Proof: "service-minutes", At: r.Until, Holds: count.Unmeasured*100 <= measured, Value: fmt.Sprint(measured)},
		{Proof: "availability", At: r.Until, Holds: r.Credit().Percent == 0, Value: r.Ratio().String()},
	}, nil
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
func released(o Order) ([]Finding, error) {
	all, err := notice.Releases()
	there := slices.ContainsFunc(all, func(r notice.Release) bool { return r.Version == o.Program })
	return []Finding{{Proof: "release-notes", At: o.Now, Holds: there, Value: o.Program}}, err
}
