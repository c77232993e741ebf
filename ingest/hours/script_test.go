package hours

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

var update = flag.Bool("update", false, "write what comes out into the scripts; read the difference before committing")

// A script is taps in, hours out; see testdata/README.md.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(string(text), "== ")
		written, all := head, true
		for scenario := range strings.SplitSeq(rest, "\n== ") {
			name, body, _ := strings.Cut(scenario, "\n")
			played := false
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+name, func(t *testing.T) {
				written += "== " + name + "\n" + play(t, body)
				played = true
			})
			all = all && played
		}
		if *update && all { // -run may have left some out
			if err := os.WriteFile(file, []byte(strings.TrimRight(written, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// play runs a scenario and gives its text with the outcome in place.
func play(t *testing.T, body string) string {
	s := newScript()
	var out, expected strings.Builder
	reading := true
	check := func() {
		got := s.outcome(t)
		if !*update && strings.TrimSpace(got) != strings.TrimSpace(expected.String()) {
			t.Errorf("got\n%s\nwant\n%s", got, expected.String())
		}
		out.WriteString(got)
		expected.Reset()
	}
	for line := range strings.SplitSeq(strings.TrimRight(body, "\n"), "\n") {
		switch {
		case line == "=>":
			reading = false
			out.WriteString("=>\n")
		case line == "+" && !reading:
			check()
			reading = true
			out.WriteString("+\n")
		case reading:
			out.WriteString(line + "\n")
			if err := s.take(line); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		default:
			expected.WriteString(line + "\n")
		}
	}
	check()
	return out.String() + "\n"
}

type script struct {
	zone      *time.Location
	now       time.Time
	rules     []rule.Set
	fobs      map[string][]Holding
	names     []string // employees by id − 1
	punches   []Punch
	fobOf     []string
	decisions []Decision
	people    map[string]Person // whose employment has dates
}

func newScript() *script {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return &script{zone: zone, rules: []rule.Set{rule.Default()}, fobs: map[string][]Holding{}, people: map[string]Person{}}
}

func (s *script) employee(name string) int64 {
	if i := slices.Index(s.names, name); i >= 0 {
		return int64(i + 1)
	}
	s.names = append(s.names, name)
	return int64(len(s.names))
}

var readers = map[string]struct {
	id, site int64
	mode     Mode
}{"hall": {1, 1, Toggle}, "gate": {2, 1, Toggle}, "entrance": {3, 1, In}, "exit": {4, 1, Out}, "canteen": {5, 1, Break}, "annex": {6, 2, Toggle}}

var (
	stampForm   = `(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d)?)`
	tapLine     = regexp.MustCompile(`^` + stampForm + ` (\S+) (\w+)(?: ±(\d+)s)?(?: (unknown))?(?: arrived ` + stampForm + `)?$`)
	heldLine    = regexp.MustCompile(`^(\S+) held by (\S+)(?: from ` + stampForm + `)?(?: until ` + stampForm + `)?$`)
	decideLine  = regexp.MustCompile(`^decision (\d+): (\S+) (add|set|ignore|accept|undo)(?: #(\d+))?(?: (in|out|break))?(?: ` + stampForm + `)?(?: of (\d+))?$`)
	workLine    = regexp.MustCompile(`^(\S+) employed(?: from (\S+))?(?: until (\S+))?$`)
	rulesLine   = regexp.MustCompile(`^rules(?: from (\S+))? (\{.*\})$`)
	nowLine     = regexp.MustCompile(`^now ` + stampForm + `$`)
	stampLayout = []string{"2006-01-02 15:04:05.999-07", "2006-01-02 15:04:05-07", "2006-01-02 15:04-07"}
)

func (s *script) stamp(text string) time.Time {
	for _, layout := range stampLayout {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, s.zone); err == nil {
			return t
		}
	}
	return time.Time{}
}

func (s *script) take(line string) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	if m := tapLine.FindStringSubmatch(line); m != nil {
		return s.tap(m)
	}
	if m := heldLine.FindStringSubmatch(line); m != nil {
		h := Holding{Employee: s.employee(m[2])}
		if m[3] != "" {
			h.From = s.stamp(m[3]).UnixMilli()
		}
		if m[4] != "" {
			h.Until = s.stamp(m[4]).UnixMilli()
		}
		s.fobs[m[1]] = append(s.fobs[m[1]], h)
		return nil
	}
	if m := workLine.FindStringSubmatch(line); m != nil {
		p := Person{ID: s.employee(m[1]), Zone: s.zone}
		p.From, _ = calendar.ParseDate(m[2])
		p.Until, _ = calendar.ParseDate(m[3])
		s.people[m[1]] = p
		return nil
	}
	if m := decideLine.FindStringSubmatch(line); m != nil {
		return s.decide(m)
	}
	if m := rulesLine.FindStringSubmatch(line); m != nil {
		set := rule.Default()
		if m[1] != "" {
			set.Version = len(s.rules) + 1
			set.From, _ = calendar.ParseDate(m[1])
			s.rules = append(s.rules, set)
		}
		at := &s.rules[len(s.rules)-1]
		return json.Unmarshal([]byte(m[2]), &at.Rules)
	}
	if m := nowLine.FindStringSubmatch(line); m != nil {
		s.now = s.stamp(m[1])
		return nil
	}
	return fmt.Errorf("not understood")
}

func (s *script) tap(m []string) error {
	r, ok := readers[m[3]]
	if !ok {
		return fmt.Errorf("no reader %s", m[3])
	}
	at := s.stamp(m[1])
	p := Punch{Tap: TapID(fmt.Sprintf("1/1/%06d", len(s.punches)+1)), At: at.UnixMilli(), Uncertainty: 100, Known: KnownInterpolated,
		Arrived: at.UnixMilli() + 500, Reader: r.id, ReaderName: m[3], Site: r.site, Mode: r.mode}
	if m[4] != "" {
		n, _ := strconv.Atoi(m[4])
		p.Uncertainty, p.Known = int64(n)*1000, KnownEstimated
	}
	if m[6] != "" {
		p.Arrived = s.stamp(m[6]).UnixMilli()
	}
	if m[5] != "" {
		p.At, p.Uncertainty, p.Known = p.Arrived, Unbounded, KnownArrival
	}
	s.punches, s.fobOf = append(s.punches, p), append(s.fobOf, m[2])
	if _, ok := s.fobs[m[2]]; !ok && !strings.HasPrefix(m[2], "fob") {
		s.fobs[m[2]] = []Holding{{Employee: s.employee(m[2])}}
	}
	return nil
}

func (s *script) decide(m []string) error {
	id, _ := strconv.ParseInt(m[1], 10, 64)
	d := Decision{ID: id, Employee: s.employee(m[2]), Mode: Mode(m[5])}
	d.Kind = map[string]DecisionKind{"add": AddPunch, "set": SetTime, "ignore": IgnoreTap, "accept": Accept, "undo": UndoOf}[m[3]]
	if m[4] != "" {
		n, _ := strconv.Atoi(m[4])
		d.Tap = s.punches[n-1].Tap
		d.At = time.UnixMilli(s.punches[n-1].At)
	}
	if m[6] != "" {
		d.At = s.stamp(m[6])
	}
	d.Undoes, _ = strconv.ParseInt(m[7], 10, 64)
	s.decisions = append(s.decisions, d)
	return nil
}

// outcome computes every employee, in the order of their names.
func (s *script) outcome(t *testing.T) string {
	book, err := rule.NewBook(s.rules)
	if err != nil {
		t.Fatal(err)
	}
	held := map[int64][]Punch{}
	var unheld []string
	for i, p := range s.punches {
		r := Punch{At: p.At, Uncertainty: p.Uncertainty, Known: p.Known, Arrived: p.Arrived}
		who, ok := Holder(s.fobs[s.fobOf[i]], r.whereabouts())
		if !ok {
			unheld = append(unheld, fmt.Sprintf("nobody holds %s at %s\n", s.fobOf[i], time.UnixMilli(r.whereabouts()).In(s.zone).Format("2006-01-02 15:04:05")))
			continue
		}
		held[who] = append(held[who], p)
	}
	now := s.now
	if now.IsZero() {
		now = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	names := slices.Clone(s.names)
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(a, b) })
	var out strings.Builder
	for _, name := range names {
		id := s.employee(name)
		var decisions []Decision
		for _, d := range s.decisions {
			if d.Employee == id {
				decisions = append(decisions, d)
			}
		}
		person, ok := s.people[name]
		if !ok {
			person = Person{ID: id, Zone: s.zone}
		}
		for _, d := range Compute(book, Facts{Person: person, Punches: held[id], Decisions: decisions}, now) {
			assertAddsUp(t, d)
			out.WriteString(name + " " + d.Text(s.zone) + sitesText(d))
		}
	}
	for _, u := range unheld {
		out.WriteString(u)
	}
	return out.String()
}

// sitesText gives the lines of a day at several sites.
func sitesText(d Day) (out string) {
	several := slices.ContainsFunc(d.Lines, func(l DayLine) bool { return l.Site != d.Lines[0].Site })
	for _, l := range d.Lines {
		if several {
			out += fmt.Sprintf("  site %d, code %s  %s\n", l.Site, l.Code, Duration(l.Minutes))
		}
	}
	return out
}

// assertAddsUp holds I5: parts always add up to the whole.
func assertAddsUp(t interface{ Errorf(string, ...any) }, d Day) {
	sum := 0
	for _, s := range d.Shifts {
		lines, worked := 0, 0
		for _, l := range s.Lines {
			lines += l.Minutes
		}
		for _, w := range s.Worked {
			worked += w.Minutes()
		}
		if lines != s.Minutes || worked != s.Minutes || s.Attended-s.Tapped-s.Auto+s.Rounding != s.Minutes {
			t.Errorf("%s: shift of %d minutes has lines of %d, stretches of %d, arithmetic %d−%d−%d%+d", d.Date, s.Minutes, lines, worked, s.Attended, s.Tapped, s.Auto, s.Rounding)
		}
		if s.State != Complete && s.Minutes != 0 {
			t.Errorf("%s: a shift that is %s has %d minutes", d.Date, s.State, s.Minutes)
		}
		sum += s.Minutes
	}
	lines := 0
	for _, l := range d.Lines {
		lines += l.Minutes
	}
	steps := 0
	for _, s := range d.Steps() {
		if s.Kind != StepCode && s.Kind != StepTotal {
			steps += s.Minutes
		}
	}
	if sum != d.Minutes || lines != d.Minutes || steps != d.Minutes {
		t.Errorf("%s: day of %d minutes has shifts of %d, lines of %d, steps of %d", d.Date, d.Minutes, sum, lines, steps)
	}
}
