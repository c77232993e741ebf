package sla_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/tenant"
)

// script is a month in plain text: what was measured, decided and announced,
// and after "expect" what its report says. Times are of the wall clock of the
// zone; a minute that no line names is up, until now.
//
//	month 2026-10 winbase            (profile; and zone, if not Europe/Amsterdam)
//	now 2026-10-20 12:00             (else: after the month)
//	hours 09:00-17:30 mon-fri        (office hours; mon-sun)
//	down|gone|tapdown 2026-10-05 10:00 +90    (minutes; of both hours that come twice the first)
//	decide 2026-10-05 10:00 +30 customer
//	work 2026-10-05 12:00 +60 announced 2026-10-03 12:00
type script struct {
	month    sla.Month
	zone     *time.Location
	profile  tenant.Profile
	office   window.Window
	now      time.Time
	state    map[int64]sla.State
	tap      map[int64]sla.State
	facts    sla.Facts
	expected map[string][]string
}

func TestMonthsAreReckonedAsTheScriptsSay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		for name, lines := range cases(t, file) {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+name, func(t *testing.T) { play(t, lines) })
		}
	}
}

// cases gives the scripts of a file by the name after "#".
func cases(t *testing.T, file string) map[string][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, name := map[string][]string{}, ""
	for in := bufio.NewScanner(f); in.Scan(); {
		line := strings.TrimSpace(in.Text())
		if title, ok := strings.CutPrefix(line, "# "); ok {
			name = title
			if all[name] != nil {
				t.Fatalf("%s: %q stands twice", file, name)
			}
		} else if line != "" {
			all[name] = append(all[name], line)
		}
	}
	return all
}

func play(t *testing.T, lines []string) {
	s := &script{state: map[int64]sla.State{}, tap: map[int64]sla.State{}, expected: map[string][]string{}}
	said := 0
	for i, line := range lines {
		if line == "expect" {
			s.expect(t, lines[i+1:])
			said = len(lines[i+1:])
			break
		}
		s.fact(t, strings.Fields(line))
	}
	if said == 0 {
		t.Fatal("expects nothing")
	}
}

func (s *script) fact(t *testing.T, w []string) {
	t.Helper()
	switch w[0] {
	case "month":
		s.begin(t, w[1:])
	case "now":
		s.now = s.at(t, w[1:])
	case "hours":
		from, to, _ := strings.Cut(w[1], "-")
		s.office.From, s.office.To = minutesOf(t, from), minutesOf(t, to)
		if w[2] == "mon-sun" {
			s.office.Days = window.EveryDay
		}
	case "down", "gone", "tapdown":
		row, v := s.state, sla.Down
		if w[0] == "gone" {
			v = sla.Unmeasured
		}
		if w[0] == "tapdown" {
			row = s.tap
		}
		from := s.at(t, w[1:])
		for i := range number(t, w[3]) {
			row[from.Unix()/60+int64(i)] = v
		}
	case "decide":
		from := s.at(t, w[1:])
		n := len(s.facts.Decisions)
		s.facts.Decisions = append(s.facts.Decisions, sla.Decision{ID: int64(n + 1), From: from, To: from.Add(time.Duration(number(t, w[3])) * time.Minute), Cause: sla.Cause(w[4]), At: time.Unix(int64(n), 0)})
	case "work":
		from := s.at(t, w[1:])
		s.facts.Work = append(s.facts.Work, sla.Work{From: from, To: from.Add(time.Duration(number(t, w[3])) * time.Minute), Announced: s.at(t, w[5:])})
	default:
		t.Fatalf("unknown word %q", w[0])
	}
}

func (s *script) begin(t *testing.T, w []string) {
	var err error
	if s.month, err = sla.ParseMonth(w[0]); err != nil {
		t.Fatal(err)
	}
	s.profile, _ = tenant.ProfileOf(tenant.ProfileName(w[1]))
	zone := "Europe/Amsterdam"
	if len(w) > 2 {
		zone = w[2]
	}
	if s.zone, err = time.LoadLocation(zone); err != nil {
		t.Fatal(err)
	}
	s.office = window.Service(s.zone)
	s.now = s.month.Add(1).In(s.zone).AddDate(0, 0, 5)
}

func (s *script) report() sla.Report {
	from, to := s.month.In(s.zone).AddDate(0, 0, -1), s.month.Add(1).In(s.zone).AddDate(0, 0, 1)
	for at := from; at.Before(to) && at.Before(s.now.Truncate(time.Minute)); at = at.Add(time.Minute) {
		m := sla.Minute{At: at.UTC(), State: sla.Up, Tap: sla.Up}
		if v, ok := s.state[at.Unix()/60]; ok {
			m.State = v
		}
		if v, ok := s.tap[at.Unix()/60]; ok {
			m.Tap = v
		}
		if m.State != sla.Unmeasured {
			s.facts.Minutes = append(s.facts.Minutes, m)
		}
	}
	agreed := tenant.Agreement{Profile: s.profile.Name, Terms: s.profile}
	return sla.TermsOf(agreed, s.office).Report(s.month, s.zone, s.facts, s.now)
}

func (s *script) expect(t *testing.T, lines []string) {
	r := s.report()
	c, b := r.Count, r.Budget
	var outages []string
	for _, o := range r.Outages {
		text := fmt.Sprintf("%s +%d down %d", o.From.Format("2006-01-02 15:04"), int(o.To.Sub(o.From)/time.Minute), o.Down)
		if o.Excused > 0 {
			text += fmt.Sprintf(" excused %d", o.Excused)
		}
		if o.Cause != sla.Undecided {
			text += " " + string(o.Cause)
		}
		if o.GoesOn {
			text += " goes on"
		}
		if o.Unsettled {
			text += " unsettled"
		}
		outages = append(outages, text)
	}
	is := map[string][]string{
		"ratio":        {share(r.Ratio)},
		"worst":        {share(r.Worst)},
		"credit":       {credit(r.Credit)},
		"worst-credit": {credit(r.Worsts)},
		"minutes":      {fmt.Sprintf("up %d down %d other %d unmeasured %d outside %d left-out %d", c.Up, c.Down, c.Other, c.Unmeasured, c.Outside, c.LeftOut)},
		"promised":     {strconv.Itoa(r.Promised)},
		"taps":         {fmt.Sprintf("arrived %d lost %d", c.Taps.Arrived, c.Taps.Lost)},
		"outage":       outages,
		"budget":       {fmt.Sprintf("%d of %d", b.Left(), b.Allowed)},
		"burn":         {string(b.Burn())},
		"late":         {strconv.Itoa(len(r.Late))},
	}
	want := map[string][]string{}
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		if is[word] == nil && word != "outage" && word != "no-outage" {
			t.Fatalf("nothing is called %q", word)
		}
		want[word] = append(want[word], strings.TrimSpace(rest))
	}
	if _, none := want["no-outage"]; none {
		want["outage"] = nil
		delete(want, "no-outage")
	}
	for word, lines := range want {
		if !slices.Equal(is[word], lines) {
			t.Errorf("%s is %q, not %q", word, is[word], lines)
		}
	}
	s.adds(t, r)
}

// adds holds for every month: parts add up to the whole.
func (s *script) adds(t *testing.T, r sla.Report) {
	c := r.Count
	all := int(r.Until.Sub(r.From) / time.Minute)
	if sum := c.Up + c.Down + c.Other + c.Unmeasured + c.Outside + c.LeftOut; sum != all {
		t.Errorf("the parts are %d minutes, the whole %d", sum, all)
	}
	down, drawn := 0, 0
	for _, o := range r.Outages {
		if o.Cause.Counts() {
			down += o.Down
		}
	}
	for _, d := range r.Days {
		for _, h := range d.Hours {
			drawn += h.Up + h.Down + h.Other + h.Unmeasured + h.Outside + h.Ahead
		}
	}
	if down != c.Down || drawn != int(r.To.Sub(r.From)/time.Minute) {
		t.Errorf("outages hold %d minutes of %d down; %d minutes are drawn of %v", down, c.Down, drawn, r.To.Sub(r.From))
	}
}

func share(r sla.Ratio) string { return strings.TrimSpace(fmt.Sprintf("%d/%d %s", r.Up, r.Of, r)) }

func credit(c sla.Credit) string {
	if c.Bound > 0 {
		return fmt.Sprintf("%d at %d", c.Percent, c.Bound)
	}
	return strconv.Itoa(c.Percent)
}

func (s *script) at(t *testing.T, w []string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", w[0]+" "+w[1], s.zone)
	if err != nil {
		t.Fatal(err)
	}
	if first := at.Add(-time.Hour); first.Format("15:04") == w[1] {
		return first
	}
	return at
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimPrefix(s, "+"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func minutesOf(t *testing.T, clock string) int {
	t.Helper()
	h, m, _ := strings.Cut(clock, ":")
	return number(t, h)*60 + number(t, m)
}
