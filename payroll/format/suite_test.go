package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
)

// suite holds every format to the same nasty data. A new format adds an entry:
// its settings with names on, where it can carry them, its components, and a
// reader of its own.
type suiteFormat struct {
	format   Format
	variant  string // names its golden files beside those of another entry
	settings Settings
	codes    map[string]string
	named    bool                                        // carries people's names
	replaces bool                                        // a correction holds the whole again
	minutes  bool                                        // carries minutes, not decimal hours
	refuses  map[string]string                           // cases of nasty that it can't carry → what its error must say
	read     func(*testing.T, Settings, document) []read // not made from the writer
}

// document is a written file.
type document struct {
	body      []byte
	extension string
}

// read is what a receiver understands. Times is in minutes where the suite's
// entry says so, else in hundredths of an hour.
type read struct {
	number, name, component string
	times                   int
}

func suite() []suiteFormat {
	return []suiteFormat{
		csvSuite(),
		csv1252Suite(),
		nmbrsSuite(),
		loketSuite(),
		easyflexSuite(),
		afasUpdateSuite(),
		afasEachSuite(),
		afasFileSuite(),
		exactSuite(),
		exactEachSuite(),
		setuSuite(),
		setu20Suite(),
		lodasSuite(),
		lugSuite(),
		sdWorxSuite(),
		adpSuite(),
		iifSuite(),
		sageSuite(),
		netvisorSuite(),
	}
}

var july = calendar.Period{From: calendar.Date{Year: 2026, Month: 7, Day: 1}, To: calendar.Date{Year: 2026, Month: 7, Day: 31}}

func at(day int) calendar.Date { return calendar.Date{Year: 2026, Month: 7, Day: day} }

// run is what a suite's case writes.
type run struct {
	lines, sent []Line
	names       map[string]name // by number; others are called Jan Jansen
}

type name struct{ first, sur string }

func (n name) String() string { return strings.TrimSpace(n.first + " " + n.sur) }

func (r run) name(number string) name {
	if n, ok := r.names[number]; ok {
		return n
	}
	return name{"Jan", "Jansen"}
}

// nasty gives the cases that every format must survive, or refuse by name.
func nasty() map[string]func() run {
	return map[string]func() run{
		"plain": func() run {
			return run{lines: []Line{line(1, "17", at(1), "N", 480), line(2, "17", at(1), "EVE", 20), line(3, "17", at(2), "EVE", 20), line(4, "17", at(3), "EVE", 20)}}
		},
		"diacritics": func() run {
			return run{lines: []Line{line(1, "1", at(1), "N", 61), line(2, "2", at(1), "N", 1), line(3, "3", at(2), "N", 59)},
				names: map[string]name{"1": {"Zoë", "Müller-Ångström"}, "2": {"Łukasz", "Żółć-Đặng"}, "3": {"İsmail", "Yıldız"}}}
		},
		"separators": func() run {
			return run{lines: []Line{line(1, "1", at(1), "N", 100), line(2, "2", at(1), "N", 101)},
				names: map[string]name{"1": {`Jan "Piet"`, "de;Vries, Jr."}, "2": {"two\nlines", "<&> 'tab\there'"}}}
		},
		"numbers that are text": func() run {
			return run{lines: []Line{line(1, "a;1", at(1), "N", 100), line(2, `"2"`, at(1), "N", 101)}}
		},
		"formulas": func() run {
			return run{lines: []Line{line(1, "1", at(1), "NGT", 10), line(2, "2", at(1), "N", 10)},
				names: map[string]name{"1": {"", `=cmd|' /C calc'!A0`}, "2": {"+31", "-x"}}}
		},
		"numbers that are formulas": func() run {
			return run{lines: []Line{line(1, "=1+1", at(1), "N", 10), line(2, "@2", at(1), "N", 10)}}
		},
		"zero": func() run {
			return run{lines: []Line{line(1, "1", at(1), "N", 0), line(2, "1", at(2), "N", 30), line(3, "2", at(1), "N", 60), line(4, "2", at(1), "N", -60)}}
		},
		"corrections": func() run {
			sent := []Line{line(1, "1", at(1), "N", 20), line(2, "1", at(2), "N", 20), line(3, "1", at(3), "EVE", 60), line(4, "2", at(1), "N", 475)}
			new := []Line{line(11, "1", at(1), "N", 20), line(12, "1", at(3), "EVE", -60), line(13, "1", at(4), "N", 5), line(14, "2", at(1), "N", -25), line(15, "3", at(9), "N", 480)}
			MakeDecimals(sent, nil)
			return run{lines: new, sent: sent}
		},
		"whole month": func() run {
			var all []Line
			for d := range 31 {
				all = append(all, line(int64(d+1), "17", at(d+1), "N", 7*60+d))
			}
			return run{lines: all}
		},
		"clock changes": func() run { // 23 and 25 hours long; hours are minutes by now, so nothing shifts
			return run{lines: []Line{line(1, "1", calendar.Date{Year: 2026, Month: 3, Day: 29}, "NGT", 23*60), line(2, "1", calendar.Date{Year: 2026, Month: 10, Day: 25}, "NGT", 25*60)}}
		},
	}
}

func line(id int64, number string, day calendar.Date, code string, minutes int) Line {
	l := Line{ID: id, Number: number, Period: july, Day: day, Code: code, Minutes: minutes, Site: "Hal 2"}
	for _, b := range []byte(number) {
		l.Employee = l.Employee*256 + int64(b)
	}
	return l
}

// content makes decimals and names components as a run does.
func (s suiteFormat) content(t testing.TB, r run) Content {
	t.Helper()
	settings, err := CheckSettings(s.format, s.settings)
	if err != nil {
		t.Fatal(err)
	}
	MakeDecimals(r.lines, Sums(r.sent))
	for _, part := range [][]Line{r.lines, r.sent} {
		for i := range part {
			part[i].Component = s.codes[part[i].Code]
		}
	}
	components := slices.Compact(slices.Sorted(maps.Values(s.codes)))
	return Content{Destination: 3, Period: july, At: time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC), Settings: settings, Components: components, Employees: r.employees()}
}

func (r run) employees() Employees {
	return func(yield func(Employee, error) bool) {
		for e, err := range Group(r.lines, r.sent) {
			e.FirstName, e.Surname = r.name(e.Number).first, r.name(e.Number).sur
			if !yield(e, err) {
				return
			}
		}
	}
}

func (s suiteFormat) try(t testing.TB, r run) (document, error) {
	t.Helper()
	var b bytes.Buffer
	c := s.content(t, r)
	err := s.format.Write(&b, c)
	return document{b.Bytes(), s.format.FileType(c.Settings).Extension}, err
}

func (s suiteFormat) write(t testing.TB, r run) document {
	t.Helper()
	doc, err := s.try(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEveryFormatCarriesNastyDataUnharmed(t *testing.T) { // OB-H5
	for _, s := range suite() {
		for name, make := range nasty() {
			t.Run(s.format.Name()+s.variant+"/"+name, func(t *testing.T) {
				r := make()
				if reason, ok := s.refuses[name]; ok {
					if _, err := s.try(t, r); err == nil || !strings.Contains(err.Error(), reason) {
						t.Errorf("wrote it, or said %v; want %q", err, reason)
					}
					return
				}
				doc := s.write(t, r)
				if again := s.write(t, r); !bytes.Equal(doc.body, again.body) {
					t.Error("the same content gave other bytes")
				}
				s.compare(t, r, doc)
				golden(t, s.format.Name()+s.variant+"/"+strings.ReplaceAll(name, " ", "-"), doc)
			})
		}
	}
}

// compare reads the document as its receiver does.
func (s suiteFormat) compare(t *testing.T, r run, doc document) {
	t.Helper()
	want, got := s.totals(r), map[string]int{}
	for _, v := range s.read(t, s.settings, doc) {
		got[v.number+"/"+v.component] += v.times
		if s.named && v.name != r.name(v.number).String() && s.settings["unmappable"] != "transliterate" {
			t.Errorf("number %q is called %q", v.number, v.name)
		}
	}
	maps.DeleteFunc(got, func(_ string, v int) bool { return v == 0 })
	if !maps.Equal(got, want) {
		t.Errorf("read %v, sent %v", got, want)
	}
}

// totals gives times per number and component, without the zeroes.
func (s suiteFormat) totals(r run) map[string]int {
	sum, lines := map[string]int{}, r.lines
	if s.replaces {
		lines = slices.Concat(r.sent, r.lines)
	}
	for _, l := range lines {
		times := l.Hundredths
		if s.minutes {
			times = l.Minutes
		}
		sum[l.Number+"/"+s.codes[l.Code]] += times
	}
	maps.DeleteFunc(sum, func(_ string, v int) bool { return v == 0 })
	return sum
}

func TestEveryFormatRefusesAControlCharacterNamingTheEmployee(t *testing.T) {
	for _, s := range suite() {
		cases := []run{{lines: []Line{line(1, "17\x00", at(1), "N", 60)}}}
		if s.named {
			cases = append(cases, run{lines: []Line{line(1, "17", at(1), "N", 60)}, names: map[string]name{"17": {"Jan\x00", "Jansen"}}})
		}
		for _, r := range cases {
			if _, err := s.try(t, r); err == nil || !strings.Contains(err.Error(), "17") || !strings.Contains(err.Error(), "U+0000") && s.named {
				t.Errorf("%s: %v", s.format.Name(), err)
			}
		}
	}
}

func TestEveryFormatRefusesAnEmployeeWithoutANumber(t *testing.T) {
	for _, s := range suite() {
		for _, number := range []string{"", " "} {
			if _, err := s.try(t, run{lines: []Line{line(1, number, at(1), "N", 60)}}); err == nil || !strings.Contains(err.Error(), "number") {
				t.Errorf("%s, %q: %v", s.format.Name(), number, err)
			}
		}
	}
}

func TestEveryFormatEndsWhereItsEmployeesFail(t *testing.T) {
	for _, s := range suite() {
		c := s.content(t, run{lines: []Line{line(1, "17", at(1), "N", 60)}})
		lost := errors.New("the database went away")
		c.Employees = func(yield func(Employee, error) bool) { yield(Employee{}, lost) }
		if err := s.format.Write(io.Discard, c); !errors.Is(err, lost) {
			t.Errorf("%s: %v", s.format.Name(), err)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestEveryFormatSaysThatItsFileCouldNotBeWritten(t *testing.T) {
	for _, s := range suite() {
		if err := s.format.Write(fullDisk{}, s.content(t, many(1000))); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", s.format.Name(), err)
		}
	}
}

func TestEveryFormatRefusesUnknownSettingsByName(t *testing.T) {
	for _, s := range suite() {
		settings := maps.Clone(s.settings)
		settings["colour"] = "blue"
		if _, err := CheckSettings(s.format, settings); err == nil || !strings.Contains(err.Error(), `"colour"`) {
			t.Errorf("%s: %v", s.format.Name(), err)
		}
	}
}

func TestEveryFormatSaysWhoseItIsAndHowFarItIsProved(t *testing.T) {
	for _, f := range Formats() {
		a := f.About()
		if a.Title == "" || a.For == "" || a.Source == "" || !slices.Contains([]Proof{ProofSchema, ProofDocument, ProofLayout}, a.Proof) {
			t.Errorf("%s: %+v", f.Name(), a)
		}
	}
}

func TestEveryFormatTakesItsOwnExamples(t *testing.T) {
	for _, f := range Formats() {
		given := Settings{}
		for _, s := range f.Schema() {
			if s.Example != "" {
				given[s.Key] = s.Example
			}
		}
		if _, err := CheckSettings(f, given); err != nil {
			t.Error(err)
		}
		components := f.About().Components
		if n := len(components); n != 1 && n < 8 {
			t.Errorf("%s: %d examples of components", f.Name(), n)
		}
		for i, c := range components {
			if err := f.CheckComponent(c); err != nil || slices.Contains(components[:i], c) {
				t.Errorf("%s: example %q: %v", f.Name(), c, err)
			}
		}
	}
}

func TestEveryFormatWritesTenThousandEmployees(t *testing.T) {
	for _, s := range suite() {
		t.Run(s.format.Name()+s.variant, func(t *testing.T) {
			t.Parallel()
			r := many(10_000)
			if rows := s.read(t, s.settings, s.write(t, r)); len(rows) != len(r.lines) {
				t.Errorf("read %d of %d lines", len(rows), len(r.lines))
			}
		})
	}
}

func BenchmarkTenThousandEmployees(b *testing.B) {
	for _, s := range suite() {
		b.Run(s.format.Name()+s.variant, func(b *testing.B) {
			r := many(10_000)
			for b.Loop() {
				s.write(b, r)
			}
		})
	}
}

// many gives each employee a line of two codes.
func many(employees int) run {
	lines := make([]Line, 0, 2*employees)
	for i := range employees {
		number := fmt.Sprintf("%05d", i+1)
		lines = append(lines, line(int64(2*i+1), number, at(1+i%31), "N", 480), line(int64(2*i+2), number, at(1+i%31), "EVE", i%120+1))
	}
	return run{lines: lines}
}
