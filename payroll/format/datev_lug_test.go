package format

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"tikklok/ingest/hours/calendar"
)

// lugFiles reads an archive as a payroll office does: the INI says what the
// fields of each line are, the first line of a file which month it is of.
func lugFiles(t testing.TB, body []byte) (lines []map[string]string) {
	t.Helper()
	files := unzip(t, body)
	var names []string
	for _, line := range lugLines(t, files["tikklok.ini"]) {
		if key, value, ok := strings.Cut(line, " = "); ok && strings.HasPrefix(key, "Feld") && strings.Trim(key[4:], "0123456789") == "" {
			if names = append(names, value); key != fmt.Sprintf("Feld%d", len(names)) {
				t.Fatalf("%s is the INI's field %d", key, len(names))
			}
		}
	}
	delete(files, "tikklok.ini")
	for name, body := range files {
		rows := lugLines(t, body)
		head := strings.Split(rows[0], ";")
		if len(head) != 3 {
			t.Fatalf("%s begins with %q", name, rows[0])
		}
		for _, row := range rows[1:] {
			values := strings.Split(row, ";")
			if len(values) != len(names) {
				t.Fatalf("%s: %q has %d fields, not %d", name, row, len(values), len(names))
			}
			line := map[string]string{}
			for i, field := range names {
				line[field] = values[i]
			}
			if month := line["Kalendertag"][3:]; month != head[2] {
				t.Fatalf("a day of %s is in the file of %s", month, head[2])
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func lugLines(t testing.TB, body []byte) []string {
	t.Helper()
	text, err := charmap.Windows1252.NewDecoder().String(string(body))
	if err != nil || !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("%q, %v", body, err)
	}
	return strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
}

func readLUG(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	for _, l := range lugFiles(t, doc.body) {
		hours, err := germanHundredths(l["Stundenanzahl"])
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, read{number: l["Personalnummer"], component: l["Lohnartennummer"], times: hours})
	}
	return rows
}

func lugSuite() suiteFormat {
	refuses := numbersAreDigits()
	refuses["clock changes"] = "25.00 hours of wage type 103 are more than the 24"
	return suiteFormat{format: datevLUG{}, settings: Settings{"consultant": "1234567", "client": "10010"},
		codes: map[string]string{"N": "101", "EVE": "102", "NGT": "103"}, refuses: refuses, read: readLUG}
}

func TestLohnUndGehaltHasAFilePerMonth(t *testing.T) {
	june := line(3, "17", calendar.Date{Year: 2026, Month: 6, Day: 30}, "N", -60)
	lines := []Line{line(1, "17", at(1), "N", 20), line(2, "17", at(1), "N", 40), line(4, "17", at(2), "N", 30), june}
	for i := range lines {
		lines[i].CostCentre = "KÖ"
	}
	settings := Settings{"consultant": "1234", "client": "1", "cost_centre": "yes"}
	got, err := lugSuite().written(t, settings, lines...)
	if err != nil {
		t.Fatal(err)
	}
	files := unzip(t, []byte(got))
	for name, want := range map[string]string{
		"lohn-2026-06.txt": "1234;1;06/2026\r\n17;30/06/2026;;101;-1,00;;;;;K\xd6;\r\n",
		"lohn-2026-07.txt": "1234;1;07/2026\r\n17;01/07/2026;;101;1,00;;;;;K\xd6;\r\n17;02/07/2026;;101;0,50;;;;;K\xd6;\r\n",
	} {
		if string(files[name]) != want {
			t.Errorf("%s is %q", name, files[name])
		}
	}
	settings["first_line"], settings["cost_centre"] = "no", "no"
	if got, err = lugSuite().written(t, settings, june); err != nil || string(unzip(t, []byte(got))["lohn-2026-06.txt"]) != "17;30/06/2026;;101;-1,00;;;;;;\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzLohnUndGehaltReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "K1", 90, -30)
	f.Add("00017", "Ö", 0, 1)
	f.Add("1;2", "a;b", 1, 1)
	f.Add("7", ";", 1440, -1440)
	f.Fuzz(func(t *testing.T, number, cost string, first, second int) {
		first, second = first%1500, second%1500
		a, b := line(1, number, at(1), "N", first), line(2, number, at(9), "EVE", second)
		a.CostCentre, b.CostCentre = cost, cost
		got, err := lugSuite().written(t, Settings{"consultant": "1234", "client": "1", "cost_centre": "yes"}, a, b)
		fine := checkDigits(number, 5) == nil && (checkPlain(cost, ";") == nil || first == 0 && second == 0)
		if fine = fine && max(first, second) <= 1440 && min(first, second) >= -1440; fine != (err == nil) {
			t.Fatalf("number %q, cost centre %q, %d and %d minutes: %v", number, cost, first, second, err)
		}
		if err != nil {
			return
		}
		var want, have []string
		for code, minutes := range map[string]int{"101": first, "102": second} {
			if minutes != 0 {
				want = append(want, number+"|"+code+"|"+norm.NFC.String(cost)+"|"+DecimalText(hundredthsOf(minutes), ","))
			}
		}
		for _, l := range lugFiles(t, []byte(got)) {
			have = append(have, l["Personalnummer"]+"|"+l["Lohnartennummer"]+"|"+l["Kostenstellennummer"]+"|"+l["Stundenanzahl"])
		}
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(want, have) {
			t.Errorf("wrote %q, read %q", want, have)
		}
	})
}
