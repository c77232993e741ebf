package payroll

import (
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
)

var update = flag.Bool("update", false, "write the golden files anew")

// suite holds every format to the same nasty data. A new format adds an entry:
// its settings with names on, its components, and a reader of its own.
type suiteFormat struct {
	format   Format
	settings Settings
	codes    map[string]string
	replaces bool                                        // a correction holds the whole again
	read     func(*testing.T, Settings, Document) []read // not made from the writer
}

// read is what a receiver understands.
type read struct {
	number, name, component string
	hundredths              int
}

func suite() []suiteFormat {
	codes := map[string]string{"N": "1", "EVE": "28", "NGT": "=86"}
	setu := map[string]string{"N": "Regular 100", "EVE": "Shift 125", "NGT": "Shift 150"}
	columns := "employee_number,name,date,component,hours,minutes,site,correction,line_id"
	return []suiteFormat{
		{lineCSV{}, Settings{"columns": columns}, codes, false, readCSV},
		{lineCSV{}, Settings{"columns": columns, "encoding": "windows-1252", "unmappable": "transliterate", "decimal": "point", "delimiter": "comma",
			"date": "dd-mm-yyyy", "quotes": "always", "newline": "lf", "header": "no"}, codes, false, readCSV},
		{setuTimeCard{}, Settings{"customer_id": "223445", "supplier_id": "39876", "names": "yes", "source": "Vries & Zn"}, setu, true, readSETU},
	}
}

var july = calendar.Period{From: calendar.Date{Year: 2026, Month: 7, Day: 1}, To: calendar.Date{Year: 2026, Month: 7, Day: 31}}

func at(day int) calendar.Date { return calendar.Date{Year: 2026, Month: 7, Day: day} }

// nasty gives the cases that every format must survive.
func nasty() map[string]func() (lines, sent []Line) {
	return map[string]func() (lines, sent []Line){
		"plain": func() ([]Line, []Line) {
			return []Line{line(1, "17", at(1), "N", 480), line(2, "17", at(1), "EVE", 20), line(3, "17", at(2), "EVE", 20), line(4, "17", at(3), "EVE", 20)}, nil
		},
		"diacritics": func() ([]Line, []Line) {
			return []Line{person(line(1, "1", at(1), "N", 61), "Zoë", "Müller-Ångström"), person(line(2, "2", at(1), "N", 1), "Łukasz", "Żółć-Đặng"), person(line(3, "3", at(2), "N", 59), "İsmail", "Yıldız")}, nil
		},
		"separators": func() ([]Line, []Line) {
			return []Line{person(line(1, "a;1", at(1), "N", 100), `Jan "Piet"`, "de;Vries, Jr."), person(line(2, "a;2", at(1), "N", 101), "two\nlines", "<&> 'tab\there'")}, nil
		},
		"formulas": func() ([]Line, []Line) {
			return []Line{person(line(1, "=1+1", at(1), "NGT", 10), "", `=cmd|' /C calc'!A0`), person(line(2, "@2", at(1), "N", 10), "+31", "-x")}, nil
		},
		"zero": func() ([]Line, []Line) {
			return []Line{line(1, "1", at(1), "N", 0), line(2, "1", at(2), "N", 30), line(3, "2", at(1), "N", 60), line(4, "2", at(1), "N", -60)}, nil
		},
		"corrections": func() ([]Line, []Line) {
			sent := []Line{line(1, "1", at(1), "N", 20), line(2, "1", at(2), "N", 20), line(3, "1", at(3), "EVE", 60), line(4, "2", at(1), "N", 475)}
			new := []Line{line(11, "1", at(1), "N", 20), line(12, "1", at(3), "EVE", -60), line(13, "1", at(4), "N", 5), line(14, "2", at(1), "N", -25), line(15, "3", at(9), "N", 480)}
			makeDecimals(sent, nil)
			return new, sent
		},
		"whole month": func() (lines []Line, _ []Line) {
			for d := range 31 {
				lines = append(lines, line(int64(d+1), "17", at(d+1), "N", 7*60+d))
			}
			return lines, nil
		},
		"clock changes": func() ([]Line, []Line) { // 23 and 25 hours long; hours are minutes by now, so nothing shifts
			return []Line{line(1, "1", calendar.Date{Year: 2026, Month: 3, Day: 29}, "NGT", 23*60), line(2, "1", calendar.Date{Year: 2026, Month: 10, Day: 25}, "NGT", 25*60)}, nil
		},
	}
}

func line(id int64, number string, day calendar.Date, code string, minutes int) Line {
	l := Line{ID: id, Number: number, Surname: "Jansen", FirstName: "Jan", Period: july, Day: day, Code: code, Minutes: minutes, Site: "Hal 2"}
	for _, b := range []byte(number) {
		l.Employee = l.Employee*256 + int64(b)
	}
	return l
}

func person(l Line, first, sur string) Line {
	l.FirstName, l.Surname = first, sur
	return l
}

// content makes decimals as a run does.
func (s suiteFormat) content(t testing.TB, lines, sent []Line) Content {
	t.Helper()
	settings, err := CheckSettings(s.format, s.settings)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(lines, byPlace)
	makeDecimals(lines, sums(sent))
	nameComponents(sent, nil, s.codes)
	nameComponents(lines, sent, s.codes)
	return Content{Destination: 3, Period: july, At: time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC), Settings: settings, Lines: lines, Sent: sent}
}

func (s suiteFormat) write(t testing.TB, lines, sent []Line) Document {
	t.Helper()
	doc, err := s.format.Write(s.content(t, lines, sent))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEveryFormatCarriesNastyDataUnharmed(t *testing.T) { // OB-H5
	for i, s := range suite() {
		for name, make := range nasty() {
			t.Run(fmt.Sprintf("%s/%d/%s", s.format.Name(), i, name), func(t *testing.T) {
				lines, sent := make()
				doc := s.write(t, lines, sent)
				if again := s.write(t, lines, sent); !bytes.Equal(doc.Body, again.Body) {
					t.Error("the same content gave other bytes")
				}
				want := totals(s, lines)
				if s.replaces {
					want = totals(s, lines, sent)
				}
				got := map[string]int{}
				for _, r := range s.read(t, s.settings, doc) {
					got[r.number+"/"+r.component] += r.hundredths
					named := slices.ContainsFunc(lines, func(l Line) bool {
						return l.Number == r.number && strings.TrimSpace(l.FirstName+" "+l.Surname) == r.name
					})
					if !named && s.settings["unmappable"] != "transliterate" {
						t.Errorf("number %q is called %q", r.number, r.name)
					}
				}
				maps.DeleteFunc(got, func(_ string, h int) bool { return h == 0 })
				if !maps.Equal(got, want) {
					t.Errorf("read %v, sent %v", got, want)
				}
				golden(t, fmt.Sprintf("%s/%d-%s", s.format.Name(), i, strings.ReplaceAll(name, " ", "-")), doc)
			})
		}
	}
}

// totals gives hundredths per number and component, without the zeroes.
func totals(s suiteFormat, parts ...[]Line) map[string]int {
	sum := map[string]int{}
	for _, l := range slices.Concat(parts...) {
		sum[l.Number+"/"+s.codes[l.Code]] += l.Hundredths
	}
	maps.DeleteFunc(sum, func(_ string, h int) bool { return h == 0 })
	return sum
}

func TestEveryFormatRefusesAControlCharacterNamingTheEmployee(t *testing.T) {
	for _, s := range suite() {
		_, err := s.format.Write(s.content(t, []Line{person(line(1, "17", at(1), "N", 60), "Jan\x00", "Jansen")}, nil))
		if err == nil || !strings.Contains(err.Error(), "17") || !strings.Contains(err.Error(), "U+0000") {
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

func TestEveryFormatWritesTenThousandEmployees(t *testing.T) {
	for _, s := range suite() {
		lines := many(10_000)
		doc := s.write(t, lines, nil)
		if rows := s.read(t, s.settings, doc); len(rows) != len(lines) {
			t.Errorf("%s: read %d of %d lines", s.format.Name(), len(rows), len(lines))
		}
	}
}

func BenchmarkTenThousandEmployees(b *testing.B) {
	for i, s := range suite() {
		b.Run(fmt.Sprintf("%s/%d", s.format.Name(), i), func(b *testing.B) {
			lines := many(10_000)
			for b.Loop() {
				s.write(b, lines, nil)
			}
		})
	}
}

func many(employees int) []Line {
	lines := make([]Line, 0, 2*employees)
	for i := range employees {
		number := fmt.Sprintf("%05d", i)
		lines = append(lines, line(int64(2*i+1), number, at(1+i%31), "N", 480), line(int64(2*i+2), number, at(1+i%31), "EVE", i%120+1))
	}
	return lines
}

// golden compares a document, or each in an archive, with what is kept.
func golden(t *testing.T, name string, doc Document) {
	t.Helper()
	base := filepath.Join("testdata", name)
	files := map[string][]byte{base + "." + doc.Extension: doc.Body}
	if doc.Extension == "zip" {
		files = map[string][]byte{}
		for entry, body := range unzip(t, doc.Body) {
			files[filepath.Join(base, entry)] = body
		}
	}
	for path, body := range files {
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; go test ./payroll -update writes it", err)
		}
		if !bytes.Equal(body, want) {
			t.Errorf("%s differs:\n%s", path, body)
		}
	}
}

func unzip(t testing.TB, body []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return files
}
