package plan

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// CopyWeek plans the week after one as that one is: every shift at the same
// time on the wall. Those that overlap what is planned there already, or whose
// time does not exist or comes twice then, or whose employee has left by then,
// are left and counted.
func CopyWeek(ctx context.Context, tx pg.Tx, by audit.Actor, week calendar.Week, now time.Time) (copied, left int, err error) {
	dir, err := readDirectory(ctx, tx)
	if err != nil {
		return 0, 0, err
	}
	zones, of := dir.zones(), map[int64]Employee{}
	for _, e := range dir.Employees {
		of[e.ID] = e
	}
	monday := week.Monday().In(time.UTC).Unix() / 60
	shifts, err := Standing(ctx, tx, monday-longest, monday+8*longest) // whatever the zone
	if err != nil {
		return 0, 0, err
	}
	var changes []Change
	for _, s := range shifts {
		if dayIn(s.From, zones[s.Employee]).Week() != week {
			continue
		}
		next, ok := s.weekLater(zones[s.Employee])
		if !ok || !of[s.Employee].employed(next.From) {
			left++
			continue
		}
		changes = append(changes, Change{Kind: Added, New: next})
	}
	beside, err := around(ctx, tx, changes)
	if err != nil {
		return 0, 0, err
	}
	with := overlapping(changes, beside)
	var free []Change
	for i, c := range changes {
		if _, clash := with[i]; !clash {
			free = append(free, c)
		}
	}
	if _, err := write(ctx, tx, by, free, now); err != nil {
		return 0, 0, err
	}
	copied, left = len(free), left+len(with)
	err = audit.Append(ctx, tx, audit.Entry{Action: "plan.copy", SubjectKind: "plan", By: by, Payload: map[string]any{"week": week, "copied": copied, "left": left}})
	if err != nil {
		return 0, 0, fmt.Errorf("copying a week of plans: %w", err)
	}
	return copied, left, nil
}

// weekLater gives the shift seven days later by the wall's clock.
func (s Shift) weekLater(zone *time.Location) (Shift, bool) {
	from, to := localAt(s.From, zone), localAt(s.To, zone)
	from.Date, to.Date, from.Offset, to.Offset = from.Date.AddDays(7), to.Date.AddDays(7), nil, nil
	var err1, err2 error
	s.ID = 0
	s.From, err1 = from.Instant(zone)
	s.To, err2 = to.Instant(zone)
	return s, err1 == nil && err2 == nil && s.Check() == nil
}
