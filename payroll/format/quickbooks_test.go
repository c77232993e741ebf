package format

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// iifActivities reads timed activities by the headings of their block.
func iifActivities(body string) (activities []map[string]string, err error) {
	text, err := charmap.Windows1252.NewDecoder().String(body)
	if err != nil {
		return nil, err
	}
	headings := map[string][]string{}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		fields := strings.Split(line, "\t")
		if keyword, ok := strings.CutPrefix(fields[0], "!"); ok {
			headings[keyword] = fields
			continue
		}
		names := headings[fields[0]]
		if len(names) != len(fields) || i == 0 {
			return nil, fmt.Errorf("line %d is %q under %q", i+1, line, names)
		}
		values := map[string]string{}
		for n, name := range names {
			values[name] = fields[n]
		}
		if fields[0] == "TIMEACT" {
			if _, err := time.Parse("01/02/06", values["DATE"]); err != nil {
				return nil, err
			}
			activities = append(activities, values)
		}
	}
	return activities, nil
}

// iifMinutes reads HH:MM up to 23:59.
func iifMinutes(s string) (int, error) {
	h, m, ok := strings.Cut(s, ":")
	hours, err := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	if !ok || err != nil || err2 != nil || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, fmt.Errorf("%q is no duration", s)
	}
	return 60*hours + minutes, nil
}

func readIIF(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	activities, err := iifActivities(string(doc.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range activities {
		minutes, err := iifMinutes(a["DURATION"])
		if err != nil {
			t.Fatal(err)
		}
		item, less := strings.CutSuffix(a["ITEM"], " less")
		if less {
			minutes = -minutes
		}
		rows = append(rows, read{number: a["EMP"], component: item, times: minutes})
	}
	return rows
}

func iifSuite() suiteFormat {
	return suiteFormat{format: quickBooksIIF{}, settings: Settings{"company": "Müller & Zoon", "take_back": "Gewoon=Gewoon less,Avond=Avond less"},
		codes: map[string]string{"N": "Gewoon", "EVE": "Avond", "NGT": "Nacht €"}, minutes: true,
		refuses: map[string]string{"numbers that are text": `"\"2\"" holds a quote`, "numbers that are formulas": "is a formula"}, read: readIIF}
}

func TestQuickBooksKnowsPeopleByTheNameOfItsList(t *testing.T) {
	l := line(1, "17", at(4), "N", 255)
	l.Site = "Hal 2"
	for how, want := range map[string]string{"number": "17", "first last": "Zoë Jansen", "last, first": "Jansen, Zoë"} {
		s := iifSuite()
		s.settings = Settings{"employee": how, "job": "site"}
		doc, err := s.try(t, run{lines: []Line{l}, names: map[string]name{"17": {"Zoë", "Jansen"}}})
		_, row, _ := strings.Cut(string(doc.body), "BILLINGSTATUS\r\n")
		want, _ = charmap.Windows1252.NewEncoder().String("TIMEACT\t07/04/26\tHal 2\t" + want + "\tGewoon\t\t4:15\t\t\t0\r\n")
		if err != nil || row != want {
			t.Errorf("%s: %q, %v", how, row, err)
		}
		if asks := (quickBooksIIF{}).NeedsNames(s.settings); asks != (how != "number") { // OB-P1
			t.Errorf("%s: asks for names: %t", how, asks)
		}
	}
}

func TestQuickBooksNeverPaysTwoPeopleOfOneNameAsOne(t *testing.T) {
	lines := []Line{line(1, "17", at(4), "N", 60), line(2, "18", at(4), "N", 60)}
	for want, names := range map[string]map[string]name{
		`17 and 18 are both called "Jan Jansen"`: nil,
		`employee number "17"`:                   {"17": {}},
		"'Ł' (U+0141)":                           {"17": {"Łukasz", "Z"}},
		"holds a quote":                          {"17": {"Jan", `"Piet"`}},
	} {
		s := iifSuite()
		s.settings = Settings{"employee": "first last"}
		if _, err := s.try(t, run{lines: lines, names: names}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "setting employee") {
			t.Errorf("%v, want %s and a remedy", err, want)
		}
	}
}

func TestQuickBooksReadsNamesWhateverTheirCase(t *testing.T) {
	s := iifSuite()
	s.settings = Settings{"employee": "first last"}
	r := run{lines: []Line{line(1, "17", at(4), "N", 60), line(2, "18", at(4), "N", 60)}, names: map[string]name{"17": {"Zoe\u0308", "de Vries"}, "18": {"Zo\u00eb", "De Vries"}}}
	if _, err := s.try(t, r); err == nil || !strings.Contains(err.Error(), "17 and 18 are both called") {
		t.Errorf("two people would be paid as one: %v", err)
	}
}

func TestAnActivityEndsAt2359(t *testing.T) {
	got, err := iifSuite().written(t, nil, line(1, "17", at(4), "N", 25*60))
	if err != nil || !strings.Contains(got, "\t23:59\t") || !strings.Contains(got, "\t1:01\t") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestQuickBooksHasNoNegativeHours(t *testing.T) {
	_, err := iifSuite().written(t, nil, line(1, "17", at(4), "N", -60))
	if err == nil || !strings.Contains(err.Error(), "employee number 17, 2026-07-04") || !strings.Contains(err.Error(), "take_back") {
		t.Errorf("%v", err)
	}
}

func TestQuickBooksRefusesByNameWhatItCannotTake(t *testing.T) {
	for key, settings := range map[string]Settings{"company": {"company": "a\tb"}, "company_created": {"company_created": "Ł"}, "take_back": {"take_back": "a"}} {
		if _, err := CheckSettings(quickBooksIIF{}, settings); err == nil || !strings.Contains(err.Error(), "setting "+key) {
			t.Errorf("%v: %v", settings, err)
		}
	}
	for _, c := range []string{"", " ", "a\tb", `"a"`, "王"} {
		if err := (quickBooksIIF{}).CheckComponent(c); err == nil {
			t.Errorf("item %q was taken", c)
		}
	}
	l := line(1, "17", at(4), "N", 60)
	l.CostCentre = "a\tb"
	if _, err := iifSuite().written(t, Settings{"job": "cost_centre"}, l); err == nil || !strings.Contains(err.Error(), "17, 2026-07-04: job") {
		t.Errorf("%v", err)
	}
}

func FuzzQuickBooksReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "Hal 2", 90)
	f.Add("Ö", "a\tb", 1)
	f.Add(`"`, "", 1440)
	f.Fuzz(func(t *testing.T, number, site string, minutes int) {
		minutes = abs(minutes % 100_000)
		l := line(1, number, at(1), "N", minutes)
		l.Site = site
		got, err := iifSuite().written(t, Settings{"job": "site"}, l)
		fine := strings.TrimSpace(number) != "" && checkPlain(number, "\t") == nil && (minutes == 0 || checkPlain(site, "\t") == nil)
		if fine != (err == nil) {
			t.Fatalf("number %q, site %q: %v", number, site, err)
		}
		if err != nil {
			return
		}
		activities, err := iifActivities(got)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range activities {
			m, err := iifMinutes(a["DURATION"])
			if err != nil || a["EMP"] != norm.NFC.String(number) || a["JOB"] != norm.NFC.String(site) {
				t.Fatalf("%v, %v", a, err)
			}
			minutes -= m
		}
		if minutes != 0 {
			t.Errorf("%d minutes were lost in %q", minutes, got)
		}
	})
}
