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
	"tikklok/ingest/audit"
	"tikklok/ingest/tenant"
)

// script is a month in plain text: what was measured, decided and announced,
// and after "expect" what its report says; of several parts "part" asks of the
// next one. Times are of the wall clock of the
// zone; a minute that no line names is up, until now.
//
//	month 2026-10 winbase            (profile; and zone, if not Europe/Amsterdam)
//	contract nedap from 2026-10-15 [signed 2026-10-20] [until 2026-12-31] [reference B-2]    (another version)
//	now 2026-10-20 12:00             (else: after the month)
//	hours 09:00-17:30 mon-fri        (office hours; mon-sun)
//	down|gone|tapdown 2026-10-05 10:00 +90    (minutes; of both hours that come twice the first)
//	decide 2026-10-05 10:00 +30 customer [by supplier]    (else by the customer)
//	work 2026-10-05 12:00 +60 announced 2026-10-03 12:00
type script struct {
	month  sla.Month
	zone   *time.Location
	agreed []tenant.Agreement
	office window.Window
	now    time.Time
	state  map[int64]sla.State
	tap    map[int64]sla.State
	facts  sla.Facts
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
	s := &script{state: map[int64]sla.State{}, tap: map[int64]sla.State{}}
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
	case "contract":
		s.contract(t, w[1:])
	case "decide":
		from := s.at(t, w[1:])
		n, by := len(s.facts.Decisions), audit.Actor{Kind: audit.Account, ID: 1}
		if len(w) > 5 {
			by = audit.Actor{Kind: audit.Operator}
		}
		s.facts.Decisions = append(s.facts.Decisions, sla.Decision{ID: int64(n + 1), From: from, To: from.Add(time.Duration(number(t, w[3])) * time.Minute), Cause: sla.Cause(w[4]), By: by, At: time.Unix(int64(n), 0)})
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
	profile, _ := tenant.ProfileOf(tenant.ProfileName(w[1]))
	s.agreed = []tenant.Agreement{{Profile: profile.Name, Terms: profile}}
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
	return sla.Reckon(s.month, s.zone, sla.AgreedOf(s.agreed, s.office), s.facts, s.now)
}

// contract adds a version; the first takes the place of the profile's.
func (s *script) contract(t *testing.T, w []string) {
	profile, ok := tenant.ProfileOf(tenant.ProfileName(w[0]))
	if !ok {
		t.Fatalf("no profile %q", w[0])
	}
	a := tenant.Agreement{Version: 1, Profile: profile.Name, Terms: profile, Signed: day(t, "2026-01-01")}
	for i := 1; i+1 < len(w); i += 2 {
		switch w[i] {
		case "from":
			a.Starts = day(t, w[i+1])
		case "signed":
			a.Signed = day(t, w[i+1])
		case "until":
			on := day(t, w[i+1])
			a.Ends, a.Until = &on, &on
		case "reference":
			a.Reference = w[i+1]
		default:
			t.Fatalf("unknown word %q", w[i])
		}
	}
	if s.agreed[0].Version == 0 {
		s.agreed = nil
	}
	a.Version = len(s.agreed) + 1
	s.agreed = append(s.agreed, a)
}

func day(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func (s *script) expect(t *testing.T, lines []string) {
	r := s.report()
	part, outages := 0, outagesOf(r)
	is := wordsOf(r, part)
	want := map[string][]string{}
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case word == "no-outage":
			want["outage"] = nil
			if len(outages) > 0 {
				t.Errorf("outages are %q, not none", outages)
			}
		case word == "part":
			if part++; part == len(r.Parts) {
				t.Fatalf("there are %d parts", part)
			}
			is = wordsOf(r, part)
		case word == "outage":
			want["outage"] = append(want["outage"], strings.TrimSpace(rest))
		case word == "parts":
			if rest != strconv.Itoa(len(r.Parts)) {
				t.Errorf("there are %d parts, not %s", len(r.Parts), rest)
			}
		case is[word] == nil:
			t.Fatalf("nothing is called %q", word)
		case *is[word] != strings.TrimSpace(rest):
			t.Errorf("%s of part %d is %q, not %q", word, part+1, *is[word], rest)
		}
	}
	if all, asked := want["outage"]; asked && !slices.Equal(all, outages) {
		t.Errorf("outages are %q, not %q", outages, all)
	}
	s.adds(t, r)
}

// wordsOf is what can be asked of a part.
func wordsOf(r sla.Report, part int) map[string]*string {
	p := r.Parts[part]
	c, b := p.Count, p.Budget
	out := map[string]*string{}
	for word, text := range map[string]string{
		"ratio":        share(p.Ratio),
		"worst":        share(p.Worst),
		"credit":       credit(p.Credit(p.Ratio)),
		"worst-credit": credit(p.Credit(p.Worst)),
		"objected":     share(p.Objected) + " credit " + credit(p.Credit(p.Objected)),
		"yielded":      share(p.Yielded) + " credit " + credit(p.Credit(p.Yielded)),
		"minutes":      fmt.Sprintf("up %d down %d other %d unmeasured %d outside %d left-out %d", c.Up, c.Down, c.Other, c.Unmeasured, c.Outside, c.LeftOut),
		"disagreed":    fmt.Sprintf("contested %d claimed %d", c.Contested, c.Claimed),
		"promised":     strconv.Itoa(p.Promised),
		"taps":         fmt.Sprintf("arrived %d lost %d", r.Taps.Arrived, r.Taps.Lost),
		"budget":       fmt.Sprintf("%d of %d", b.Left(), b.Allowed),
		"burn":         string(b.Burn()),
		"late":         strconv.Itoa(len(p.Late)),
		"days":         p.From.Format(time.DateOnly) + " " + p.To.Format(time.DateOnly),
		"version":      strconv.Itoa(p.Version),
		"of":           string(p.Terms.Table),
	} {
		out[word] = &text
	}
	return out
}

func outagesOf(r sla.Report) (all []string) {
	for _, o := range r.Outages {
		text := fmt.Sprintf("%s +%d down %d", o.From.Format("2006-01-02 15:04"), int(o.To.Sub(o.From)/time.Minute), o.Down)
		if o.Excused > 0 {
			text += fmt.Sprintf(" excused %d", o.Excused)
		}
		if o.Cause() != sla.Undecided {
			text += " " + string(o.Cause())
		}
		if o.GoesOn {
			text += " goes on"
		}
		if o.Unsettled {
			text += " unsettled"
		}
		all = append(all, text)
	}
	return all
}

// adds holds for every month: parts add up to the whole.
func (s *script) adds(t *testing.T, r sla.Report) {
	c := r.Count()
	all := int(r.Until.Sub(r.From) / time.Minute)
	if sum := c.Up + c.Down + c.Other + c.Unmeasured + c.Outside + c.LeftOut; sum != all {
		t.Errorf("the parts are %d minutes, the whole %d", sum, all)
	}
	down, drawn := 0, 0
	parts := make([]int, len(r.Parts))
	for _, o := range r.Outages {
		for i, n := range o.Parts {
			if o.Cause().Counts() {
				parts[i] += n
			}
		}
		if o.Cause().Counts() {
			down += o.Down
		}
	}
	for _, d := range r.Days {
		for _, h := range d.Hours {
			n := h.Count
			drawn += n.Up + n.Down + n.Other + n.Unmeasured + n.Outside + n.LeftOut + h.Ahead
		}
	}
	if down != c.Down || drawn != int(r.To.Sub(r.From)/time.Minute) {
		t.Errorf("outages hold %d minutes of %d down; %d minutes are drawn of %v", down, c.Down, drawn, r.To.Sub(r.From))
	}
	for i, p := range r.Parts { // they lie end to end, and a budget is overspent when the promise is broken
		if parts[i] != p.Count.Down {
			t.Errorf("outages hold %d minutes of %d down in part %d", parts[i], p.Count.Down, i+1)
		}
		if i == 0 && !p.From.Equal(r.From) || i > 0 && !p.From.Equal(r.Parts[i-1].To) || i == len(r.Parts)-1 && !p.To.Equal(r.To) {
			t.Errorf("part %d is from %v to %v", i+1, p.From, p.To)
		}
		if broken := p.Ratio.Known() && p.Ratio.Compare(p.Terms.Least) < 0; r.Over() && broken != (p.Budget.Left() < 0) {
			t.Errorf("part %d has a ratio of %s, and of its budget %d minutes are left", i+1, p.Ratio, p.Budget.Left())
		}
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
