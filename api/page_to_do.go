package api

import (
	"context"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla/alarm"
	"tikklok/api/sla/incident"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
)

// toDo counts, for the menu of every page, what waits for the caller; what
// can't be counted is not shown.
func (s *Server) toDo(ctx context.Context, now time.Time) (t page.ToDo) {
	week := hoursNow(now)
	err := s.inTenant(ctx, func(tx pg.Tx) (err error) {
		if t.Timesheets, err = hours.OpenExceptions(ctx, tx, week.Add(-1).Monday(), week.Sunday()); err != nil {
			return err
		}
		if s.may(ctx, "ListExceptions") {
			if t.Exceptions, err = hours.CountQueue(ctx, tx); err != nil {
				return err
			}
		}
		if !s.may(ctx, "IssueFob") { // the menu has no more
			return nil
		}
		if t.People, err = hours.CountUnknown(ctx, tx); err != nil {
			return err
		}
		if t.Devices, err = devicesToDo(ctx, tx, now); err != nil {
			return err
		}
		if t.Privacy, err = privacyWaits(ctx, tx, now, callerOf(ctx).suspended); err != nil {
			return err
		}
		open, err := incident.Unsettled(ctx, tx)
		if err != nil {
			return err
		}
		t.Incidents = len(open)
		t.Alarms, err = alarm.Lasting(ctx, tx)
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "what waits could not be counted", "request", noteOf(ctx).id, "err", err)
	}
	return t
}

func devicesToDo(ctx context.Context, tx pg.Tx, now time.Time) (int, error) {
	holes, err := fleet.Holes(ctx, tx)
	if err != nil {
		return 0, err
	}
	alarms, err := fleet.CountAlarms(ctx, tx, now)
	return len(holes) + alarms, err
}
