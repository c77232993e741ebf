package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tikklok/firmware-sim"
)

// verdict is what a smoke found. Every figure in it was counted.
type verdict struct {
	lines []sim.Line // the ledger
	late  bool       // the hirer's reader, which comes late, is part of it
	kill  bool       // the server dies when a run was made

	taps, registrations     int
	lost, duplicates        int
	unstorable              int // taps without memory to keep them, the gateway being dead
	decided, accepted       int // forgotten taps entered, and proposals accepted, by a decision
	explained, wrong        int // minutes
	exportLines, exportDiff int
	corrections             int // lines of the run after late taps
	acknowledged            int // runs that the package heard of, pulled and took in
	verified, differ        int // days computed again from the registrations
	sheets                  []timesheet
	puller                  *client  // pulls runs of every destination
	pack                    *pack    // the payroll package
	first                   sent     // to it
	notes                   []string // why it is not as it should be
}

// String gives the one line that a smoke ends with.
func (v *verdict) String() string {
	s := ""
	for _, n := range v.notes {
		s += "note: " + n + "\n"
	}
	return s + fmt.Sprintf("smoke: employees=%d days=%d taps=%d registrations=%d lost=%d duplicates=%d unstorable=%d decided=%d accepted=%d explained_minutes=%d wrong_minutes=%d export_lines=%d corrections=%d acknowledged=%d export_minutes_diff=%d verified_days=%d verify_diff=%d not_yet=none",
		staff, days, v.taps, v.registrations, v.lost, v.duplicates, v.unstorable, v.decided, v.accepted, v.explained, v.wrong, v.exportLines, v.corrections, v.acknowledged, v.exportDiff, v.verified, v.differ)
}

func (v *verdict) err() error {
	if v.lost+v.duplicates+v.wrong+v.exportDiff+v.differ != 0 || v.exportLines == 0 || v.corrections == 0 || v.acknowledged != 2 || v.registrations == 0 || v.verified == 0 || v.accepted == 0 {
		return errors.New("what came out is not what went in")
	}
	return nil
}

// known gives the ledger's lines that can have come in.
func (v *verdict) known() (lines []sim.Line) {
	for _, l := range v.lines {
		if v.late || l.Reader != yardName {
			lines = append(lines, l)
		}
	}
	return lines
}

func (v *verdict) note(format string, args ...any) {
	if len(v.notes) < 20 {
		v.notes = append(v.notes, fmt.Sprintf(format, args...))
	}
}

// compareAll enters what was forgotten and compares every day with the ledger.
func (v *verdict) compareAll(ctx context.Context, w *world, to time.Time) error {
	before := v.wrong
	if err := v.decide(ctx, w); err != nil {
		return err
	}
	err := v.compareHours(ctx, w, to)
	v.wrong += before
	return err
}

// decide enters every forgotten tap, as an administrator who knows the truth.
func (v *verdict) decide(ctx context.Context, w *world) error {
	for _, l := range v.known() {
		if l.Outcome != sim.Forgotten || v.late != (l.Reader == yardName) {
			continue
		}
		err := w.api.call(ctx, "POST", "/api/v1/decisions", map[string]any{
			"kind": "add_punch", "employee_id": w.names[l.Employee], "at": l.At, "mode": string(l.Kind), "reason": "Vergeten tik",
		}, nil)
		if err != nil {
			return err
		}
		v.decided++
	}
	return nil
}

// timesheet is what the API says of an employee's week.
type timesheet struct {
	Employee int64  `json:"employee_id"`
	Number   string `json:"number"`
	State    string `json:"state"`
	Minutes  int    `json:"minutes"`
	Seen     string `json:"seen"`
	Pending  []codeMinutes
	Codes    []codeMinutes

	Exceptions int   // what a person is asked
	Missing    []any // readers whose taps are missing
}

type codeMinutes struct {
	Code    string
	Minutes int
}

// explanation is what the API says of a day.
type explanation struct {
	Minutes int
	Punches []struct {
		At          time.Time
		Role        string
		Counts      bool
		Uncertainty int64 `json:"uncertainty_ms"`
	}
	Shifts []struct {
		State       string
		Start, End  time.Time
		Minutes     int
		TappedBreak int `json:"tapped_break"`
	}
	Lines []explainedLine
}

// explainedLine is minutes under a code; those of the kind worked add up to
// the day's.
type explainedLine struct {
	codeMinutes
	Kind string
}

// compareHours waits until the hours have taken everything up, and compares
// each day with the ledger.
func (v *verdict) compareHours(ctx context.Context, w *world, to time.Time) error {
	wait := until(ctx, "the hours", 30*time.Second, func() (bool, error) {
		v.explained, v.wrong, v.notes = 0, 0, nil
		err := v.compareDays(ctx, w, to)
		return err == nil && v.wrong == 0, err
	})
	if wait != nil {
		v.note("%v", wait)
	}
	return ctx.Err()
}

func (v *verdict) compareDays(ctx context.Context, w *world, to time.Time) error {
	truth := map[int]map[string][]sim.Shift{}
	for _, s := range sim.Shifts(v.past()) {
		day := s.In.In(w.zone).Format(time.DateOnly)
		if truth[s.Employee] == nil {
			truth[s.Employee] = map[string][]sim.Shift{}
		}
		truth[s.Employee][day] = append(truth[s.Employee][day], s)
	}
	for e, id := range w.names {
		week := map[string]int{}
		for d := w.people.Begin; d.Before(to); d = d.AddDate(0, 0, 1) {
			day := d.Format(time.DateOnly)
			var x explanation
			if err := w.api.call(ctx, "GET", fmt.Sprintf("/api/v1/employees/%d/days/%s", id, day), nil, &x); err != nil {
				return err
			}
			v.compareDay(number(e)+" "+day, x, truth[e][day])
			for _, l := range x.Lines {
				if l.Kind == worked {
					week[l.Code] += l.Minutes
				}
			}
			if d.Weekday() == time.Sunday {
				v.compareWeek(number(e)+", the week until "+day, week, w.people.Pattern(e))
				clear(week)
			}
		}
	}
	return nil
}

// past gives the ledger's lines of people's lives; the taps at the desk are
// not part of them.
func (v *verdict) past() []sim.Line {
	var lines []sim.Line
	for _, l := range v.known() {
		if l.Reader != deskName && l.Employee >= 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

// compareDay counts a minute as wrong where a punch is off by more than its
// stated bound explains, and where the arithmetic isn't that of the rules.
func (v *verdict) compareDay(what string, x explanation, truth []sim.Shift) {
	if len(x.Shifts) != len(truth) {
		v.wrong += x.Minutes + 1
		v.note("%s: %d shifts, truly %d", what, len(x.Shifts), len(truth))
		return
	}
	sum := 0
	for i, s := range x.Shifts {
		v.comparePunch(what, x, s.Start, truth[i].In, truth[i].Lines[0])
		v.comparePunch(what, x, s.End, truth[i].Out, truth[i].Lines[len(truth[i].Lines)-1])
		rest := 0
		for _, b := range truth[i].Breaks {
			rest += int(b.To.Sub(b.From).Minutes())
		}
		if off := rest - s.TappedBreak; off != 0 {
			v.compareBreaks(what, x, truth[i], off)
		}
		if want := paid(int(s.End.Sub(s.Start).Minutes()), s.TappedBreak); want != s.Minutes {
			v.wrong += abs(want - s.Minutes)
			v.note("%s: %d minutes, by the rules %d", what, s.Minutes, want)
		}
		sum += s.Minutes
	}
	v.compareBeside(what, x, truth)
	for _, l := range x.Lines {
		if l.Kind == worked {
			sum -= l.Minutes
		}
	}
	if sum != 0 {
		v.wrong += abs(sum)
		v.note("%s: the parts miss %d minutes of the whole", what, sum)
	}
}

// compareBreaks judges tapped breaks that are off in sum: where every tap of
// them lies within its stated bound, a bound moved one across a minute.
func (v *verdict) compareBreaks(what string, x explanation, truth sim.Shift, off int) {
	var taps []time.Time
	for _, l := range truth.Lines {
		if l.Kind == sim.Break {
			taps = append(taps, l.At)
		}
	}
	for _, p := range x.Punches {
		within := len(taps) > 0 && abs(int(p.At.Sub(taps[0]).Milliseconds())) <= int(p.Uncertainty)
		if p.Counts && strings.HasPrefix(p.Role, "break_") && within {
			taps = taps[1:]
		}
	}
	if len(taps) == 0 {
		v.explained += abs(off)
		return
	}
	v.wrong += abs(off)
	v.note("%s: tapped breaks off by %d minutes", what, off)
}

// comparePunch judges one end of a shift. truth is its minute, tap what was
// truly made, to the millisecond.
func (v *verdict) comparePunch(what string, x explanation, got, truth time.Time, tap sim.Line) {
	off := abs(int(got.Sub(truth).Minutes()))
	if off == 0 {
		return
	}
	for _, p := range x.Punches {
		if p.Counts && p.At.Truncate(time.Minute).Equal(got) && abs(int(p.At.Sub(tap.At).Milliseconds())) <= int(p.Uncertainty) {
			v.explained += off
			return
		}
	}
	v.wrong += off
	v.note("%s: %s, truly %s", what, got.Format("15:04"), tap.At.Format("15:04:05.000"))
}

// paid gives the minutes that the default rules pay: above 5½ hours of work a
// break of at least 30 minutes.
func paid(attended, tapped int) int {
	worked := attended - tapped
	if worked > 330 && tapped < 30 {
		worked -= 30 - tapped
	}
	return worked
}

func abs(n int) int { return max(n, -n) }
