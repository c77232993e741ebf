package format

import (
	"encoding/xml"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// netvisorDocument is a workday by Netvisor's table of elements, and nothing
// beside it.
type netvisorDocument struct {
	Workday struct {
		Date struct {
			Format string `xml:"format,attr"`
			Method string `xml:"method,attr"`
			Text   string `xml:",chardata"`
		} `xml:"date"`
		Employee struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
		} `xml:"employeeidentifier"`
		Hours []struct {
			Hours       string `xml:"hours"`
			Ratio       string `xml:"collectorratio"`
			Status      string `xml:"acceptancestatus"`
			Description string `xml:"description"`
		} `xml:"workdayhour"`
	} `xml:"workday"`
}

// netvisorHours gives what Netvisor then has: number, day and record type →
// hundredths. A document replaces the day.
func netvisorHours(t testing.TB, has map[[3]string]int, body []byte) {
	t.Helper()
	for name, text := range unzip(t, body) {
		var doc netvisorDocument
		if err := xml.Unmarshal(text, &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		day := doc.Workday
		if day.Date.Format != "ansi" || day.Date.Method != "replace" || day.Employee.Type != "number" || len(day.Hours) == 0 {
			t.Fatalf("%s: %+v", name, doc)
		}
		maps.DeleteFunc(has, func(k [3]string, _ int) bool { return k[0] == day.Employee.Text && k[1] == day.Date.Text })
		for _, h := range day.Hours {
			hours, err := germanHundredths(h.Hours)
			if err != nil || h.Status != "accepted" || h.Description == "" {
				t.Fatalf("%s: %+v, %v", name, h, err)
			}
			has[[3]string{day.Employee.Text, day.Date.Text, h.Ratio}] += hours
		}
	}
}

func readNetvisor(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	has := map[[3]string]int{}
	netvisorHours(t, has, doc.body)
	for key, hours := range has {
		rows = append(rows, read{number: key[0], component: key[2], times: hours})
	}
	return rows
}

func netvisorSuite() suiteFormat {
	return suiteFormat{format: netvisorWorkday{}, settings: Settings{}, codes: map[string]string{"N": "11", "EVE": "12", "NGT": "13"},
		replaces: true, refuses: numbersAreDigits(), read: readNetvisor}
}

func TestNetvisorHasTheTotalAfterEachRun(t *testing.T) { // I8
	sent := []Line{line(1, "17", at(1), "N", 20), line(2, "17", at(2), "N", 20), line(3, "17", at(3), "N", 20), line(4, "17", at(3), "EVE", 60)}
	has := map[[3]string]int{}
	s := netvisorSuite()
	netvisorHours(t, has, s.write(t, run{lines: slices.Clone(sent)}).body)
	if sum := has[[3]string{"17", "2026-07-01", "11"}] + has[[3]string{"17", "2026-07-02", "11"}] + has[[3]string{"17", "2026-07-03", "11"}]; sum != 100 {
		t.Errorf("three times 20 minutes are %d hundredths", sum)
	}
	MakeDecimals(sent, nil)
	netvisorHours(t, has, s.write(t, run{lines: []Line{line(9, "17", at(2), "N", -20), line(10, "17", at(3), "EVE", -60)}, sent: sent}).body)
	want := map[[3]string]int{{"17", "2026-07-01", "11"}: 34, {"17", "2026-07-02", "11"}: 0, {"17", "2026-07-03", "11"}: 33, {"17", "2026-07-03", "12"}: 0}
	if !maps.Equal(has, want) {
		t.Errorf("Netvisor has %v, not %v", has, want)
	}
}

func TestNetvisorHasTheTotalWhateverTheRuns(t *testing.T) { // I8
	rapid.Check(t, func(r *rapid.T) {
		s := netvisorSuite()
		var sent []Line
		has, day := map[[3]string]int{}, map[string]int{}
		for range rapid.IntRange(1, 4).Draw(r, "runs") {
			lines := drawLines(r, day, int64(len(sent)))
			netvisorHours(t, has, s.write(t, run{lines: lines, sent: sent}).body)
			sent = append(sent, lines...)
			got := map[string]int{}
			for key, hours := range has {
				got[key[0]+"/"+key[2]] += hours
			}
			maps.DeleteFunc(got, func(_ string, v int) bool { return v == 0 })
			if want := s.rounded(sent); !maps.Equal(got, want) {
				r.Fatalf("Netvisor has %v, not %v", got, want)
			}
		}
	})
}

func TestNetvisorHasNoNegativeHours(t *testing.T) {
	_, err := netvisorSuite().written(t, Settings{}, line(1, "17", at(2), "N", -60))
	if err == nil || !strings.Contains(err.Error(), "employee number 17") || !strings.Contains(err.Error(), "2026-07-02") || !strings.Contains(err.Error(), "correct that day") {
		t.Errorf("%v", err)
	}
}

func TestNetvisorRefusesByNameWhatItCannotTake(t *testing.T) {
	for key, settings := range map[string]Settings{"status": {"status": "open"}, "description": {"description": "a\x00"}} {
		if _, err := CheckSettings(netvisorWorkday{}, settings); err == nil || !strings.Contains(err.Error(), "setting "+key) {
			t.Errorf("%v: %v", settings, err)
		}
	}
	for _, c := range []string{"", "0", "x", "1234567"} {
		if err := (netvisorWorkday{}).CheckComponent(c); err == nil {
			t.Errorf("record type %q was taken", c)
		}
	}
}

func FuzzNetvisorReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "<&>", 90, 30)
	f.Add("0", "a", 1, 1)
	f.Add("7", "\n", 0, 1439)
	f.Fuzz(func(t *testing.T, number, description string, first, second int) {
		first, second = abs(first%10_000), abs(second%10_000)
		if checkText(description) != nil || description == "" || len(description) > 100 {
			return
		}
		got, err := netvisorSuite().written(t, Settings{"description": description},
			line(1, number, at(1), "N", first), line(2, number, at(1), "EVE", second))
		if fine := checkDigits(number, 10) == nil; fine != (err == nil) {
			t.Fatalf("number %q: %v", number, err)
		}
		if err != nil {
			return
		}
		has := map[[3]string]int{}
		netvisorHours(t, has, []byte(got))
		if has[[3]string{number, "2026-07-01", "11"}] != hundredthsOf(first) || has[[3]string{number, "2026-07-01", "12"}] != hundredthsOf(second) {
			t.Errorf("%d and %d minutes were read as %v", first, second, has)
		}
	})
}
