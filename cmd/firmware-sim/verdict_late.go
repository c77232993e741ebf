package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// accept accepts every proposal of the queue about days that are over, and
// takes back what changed minutes, so that the truth can be entered: undone
// decisions must leave nothing in the hours (I3).
func (v *verdict) accept(ctx context.Context, w *world) error {
	var undo []int64
	err := until(ctx, "a proposal in the queue", 30*time.Second, func() (bool, error) {
		var queue struct {
			Items []struct {
				Date      string
				Exception struct{ Proposal map[string]any }
			}
		}
		if err := w.api.call(ctx, "GET", "/api/v1/exceptions?limit=200", nil, &queue); err != nil {
			return true, err
		}
		for _, i := range queue.Items {
			p := i.Exception.Proposal
			if p == nil || !w.over(i.Date) {
				continue
			}
			var made struct{ ID int64 }
			if err := w.api.call(ctx, "POST", "/api/v1/decisions", p, &made); err != nil {
				return true, err
			}
			v.accepted++
			if p["kind"] != "accept" {
				undo = append(undo, made.ID)
			}
		}
		return v.accepted > 0, nil
	})
	if err != nil {
		return err
	}
	for _, id := range undo {
		if err := w.api.call(ctx, "POST", fmt.Sprintf("/api/v1/decisions/%d/undo", id), nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// over says whether a day is before today.
func (w *world) over(day string) bool { return day < w.local(time.Now(), time.DateOnly) }

// correct approves what late taps changed, sends it, and holds it against what
// was sent before: the first file must not change (I8).
func (v *verdict) correct(ctx context.Context, w *world, to time.Time) error {
	before := v.approved()
	if err := v.approveAll(ctx, w, to); err != nil {
		return err
	}
	want := v.approved()
	for t, n := range before {
		if want[t] -= n; want[t] == 0 {
			delete(want, t)
		}
	}
	second, err := v.run(ctx, w, v.first.destination, to, to.AddDate(0, 0, 6))
	if err != nil {
		return err
	}
	lines := v.exportLines
	if err := v.compareCSV(second.file, want); err != nil {
		return err
	}
	v.corrections = v.exportLines - lines
	if err := v.takeIn(ctx, w, second); err != nil {
		return err
	}
	return v.same(ctx, w, v.first)
}

// verify lets the server compute the months again from what the devices said.
func (v *verdict) verify(ctx context.Context, w *world, to time.Time) error {
	for month := w.people.Begin.AddDate(0, 0, 1-w.people.Begin.Day()); month.Before(to); month = month.AddDate(0, 1, 0) {
		said, err := run(ctx, "tikklok", "hours", "verify", "--month", month.Format("2006-01"), "--state", w.dir)
		lines := strings.Split(strings.TrimSpace(said), "\n")
		var n, employees, differ int
		if _, scanned := fmt.Sscanf(lines[len(lines)-1], "%d days of %d employees compared: %d differ", &n, &employees, &differ); scanned != nil || strings.Contains(said, "left out") {
			return fmt.Errorf("hours verify said %q: %w", said, err)
		}
		v.verified, v.differ = v.verified+n, v.differ+differ
		for _, l := range lines[:len(lines)-1] {
			v.note("verify: %s", l)
		}
	}
	return nil
}
