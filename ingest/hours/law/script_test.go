package law

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
)

// The files in testdata hold cases in plain text:
//
//	case NAME
//	zone Europe/Amsterdam             (that is the default)
//	minors                            the figures of 16 and 17
//	figure shift 600                  another figure, from the first day on
//	work 2026-03-02 09:00-17:30 break 12:00-12:30
//	work 2026-03-02 22:00-06:00 times 5 every 1     five days, one after another
//	unsure 2026-03-02 09:00-?         a shift that lacks its out
//	now 2026-03-05 12:00
//	look shift week                   the rows that are compared; none: all
//	breach shift 12:01 of 12:00 2026-03-02          what is found, in order
//	nothing
//
// Times are local; an end not after its start is of the next day.

type scriptCase struct {
	name    string
	line    int
	history History
	law     Law
	now     int64
	rows    []string
	want    []string
}

func TestRowsOfTheAct(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		for _, c := range readScript(t, file) {
			t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
				var got []string
				for _, f := range Check(c.history, c.law, c.now) {
					if len(c.rows) == 0 || slices.Contains(c.rows, string(f.Row)) {
						got = append(got, f.text())
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%s:%d\n got %s\nwant %s", file, c.line, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
				}
			})
		}
	}
}

// text is a finding as a script has it.
func (f Finding) text() string {
	show := func(n int) string { return fmt.Sprintf("%d:%02d", n/60, n%60) }
	if UnitOf(f.Row, f.Allowed) == Times {
		show = strconv.Itoa
	}
	return fmt.Sprintf("%s %s %s of %s %s", f.Severity, f.Row, show(f.Found), show(f.Allowed), f.Day)
}

func readScript(t *testing.T, file string) []scriptCase {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []scriptCase
	for n, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "case" {
			all = append(all, newCase(t, strings.Join(words[1:], " "), n+1))
			continue
		}
		if err := all[len(all)-1].read(words); err != nil {
			t.Fatalf("%s:%d: %v", file, n+1, err)
		}
	}
	return all
}

func newCase(t *testing.T, name string, line int) scriptCase {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return scriptCase{name: name, line: line, history: History{Zone: zone}, law: Law{{Figures: Default()}}, now: time.Date(2030, 1, 1, 0, 0, 0, 0, zone).Unix() / 60}
}

func (c *scriptCase) read(words []string) (err error) {
	switch words[0] {
	case "zone":
		c.history.Zone, err = time.LoadLocation(words[1])
	case "minors":
		c.law[0].Figures = Minors()
	case "figure":
		err = c.figure(words[1], words[2])
	case "look":
		c.rows = words[1:]
	case "now":
		c.now, err = c.minute(words[1], words[2], 0)
	case "work", "unsure", "running":
		err = c.work(words)
	case "nothing":
	case string(Breach), string(Edge), string(Unknown):
		c.want = append(c.want, strings.Join(words, " "))
	default:
		err = fmt.Errorf("unknown word %q", words[0])
	}
	return err
}

func (c *scriptCase) figure(name, value string) error {
	n, err := strconv.Atoi(value)
	for _, g := range List() {
		if g.Name == name {
			*g.Of(&c.law[0].Figures) = n
			return err
		}
	}
	return fmt.Errorf("no figure %q", name)
}

func (c *scriptCase) work(words []string) error {
	times, every := 1, 1
	var breaks []string
	for i := 3; i+1 < len(words); i += 2 {
		var err error
		switch words[i] {
		case "break":
			breaks = append(breaks, words[i+1])
		case "times":
			times, err = strconv.Atoi(words[i+1])
		case "every":
			every, err = strconv.Atoi(words[i+1])
		default:
			err = fmt.Errorf("unknown word %q", words[i])
		}
		if err != nil {
			return err
		}
	}
	for n := range times {
		w := Work{State: map[string]State{"work": Complete, "unsure": Unsure, "running": Running}[words[0]]}
		var err error
		if w.Span, err = c.span(words[1], words[2], n*every, 0); err != nil {
			return err
		}
		for _, b := range breaks {
			s, err := c.span(words[1], b, n*every, w.From)
			if err != nil {
				return err
			}
			w.Breaks = append(w.Breaks, s)
		}
		c.history.Work = append(c.history.Work, w)
	}
	return nil
}

// span reads "22:00-06:00"; nothing in it lies before after.
func (c *scriptCase) span(day, text string, days int, after int64) (s Span, err error) {
	from, to, _ := strings.Cut(text, "-")
	if from != "?" {
		if s.From, err = c.minute(day, from, days); err == nil && s.From < after {
			s.From, err = c.minute(day, from, days+1)
		}
	}
	if to != "?" && err == nil {
		if s.To, err = c.minute(day, to, days); err == nil && s.To <= s.From || s.To < after {
			s.To, err = c.minute(day, to, days+1)
		}
	}
	return s, err
}

func (c *scriptCase) minute(day, clock string, days int) (int64, error) {
	d, err := calendar.ParseDate(day)
	if err != nil {
		return 0, err
	}
	at, err := time.Parse("15:04", clock)
	if err != nil {
		return 0, err
	}
	d = d.AddDays(days)
	return time.Date(d.Year, d.Month, d.Day, at.Hour(), at.Minute(), 0, 0, c.history.Zone).Unix() / 60, nil
}
