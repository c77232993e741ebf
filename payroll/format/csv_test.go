package format

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// readCSV reads the columns of the suite as a spreadsheet or package does.
func readCSV(t *testing.T, s Settings, doc document) (rows []read) {
	t.Helper()
	text := doc.body
	if s["encoding"] == "windows-1252" {
		text, _ = charmap.Windows1252.NewDecoder().Bytes(text)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = ';'
	if s["delimiter"] == "comma" {
		r.Comma = ','
	}
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if s["header"] != "no" {
		records = records[1:]
	}
	for _, rec := range records {
		hours, err := strconv.ParseFloat(strings.ReplaceAll(rec[4], ",", "."), 64)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, read{number: undefused(rec[0]), name: undefused(rec[1]), component: undefused(rec[3]), times: int(math.Round(hours * 100))})
	}
	return rows
}

func undefused(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && isFormula(rest) {
		return rest
	}
	return s
}

func csvSuite() suiteFormat {
	return suiteFormat{format: lineCSV{}, settings: Settings{"columns": "employee_number,name,date,component,hours,minutes,site,correction,line_id"},
		codes: map[string]string{"N": "1", "EVE": "28", "NGT": "=86"}, named: true, read: readCSV}
}

func csv1252Suite() suiteFormat {
	s := csvSuite()
	s.variant = "-1252"
	for key, v := range map[string]string{"encoding": "windows-1252", "unmappable": "transliterate", "decimal": "point", "delimiter": "comma",
		"date": "dd-mm-yyyy", "quotes": "always", "newline": "lf", "header": "no"} {
		s.settings[key] = v
	}
	return s
}

func csvOf(t *testing.T, settings Settings, lines ...Line) (string, error) {
	t.Helper()
	return csvNamed(t, settings, name{"Jan", "Jansen"}, lines...)
}

// csvNamed writes lines of one employee, whose name is given.
func csvNamed(t *testing.T, settings Settings, who name, lines ...Line) (string, error) {
	t.Helper()
	s := suiteFormat{format: lineCSV{}, settings: settings, codes: map[string]string{"N": "1"}}
	doc, err := s.try(t, run{lines: lines, names: map[string]name{lines[0].Number: who}})
	return string(doc.body), err
}

func TestSettingsShapeTheLine(t *testing.T) {
	l := line(7, "17", at(4), "N", 90)
	l.Minutes, l.Corrects, l.CostCentre, l.Assignment = -90, 4, "K1", "A1"
	for _, c := range []struct {
		settings Settings
		want     string
	}{
		{Settings{}, "employee_number;date;component;hours\r\n17;2026-07-04;1;-1,50\r\n"},
		{Settings{"header": "no", "hours": "clock", "delimiter": "tab", "newline": "lf"}, "17\t2026-07-04\t1\t-1:30\n"},
		{Settings{"header": "no", "hours": "minutes", "delimiter": "pipe"}, "17|2026-07-04|1|-90\r\n"},
		{Settings{"header": "no", "decimal": "point", "date": "dd.mm.yyyy", "quotes": "always"}, "\"17\";\"04.07.2026\";\"1\";\"-1.50\"\r\n"},
		{Settings{"header": "no", "delimiter": "comma"}, "17,2026-07-04,1,\"-1,50\"\r\n"},
		{Settings{"columns": "hours:Aantal,employee_number:Persnr", "encoding": "utf-8-bom"}, "\ufeffAantal;Persnr\r\n-1,50;17\r\n"},
		{Settings{"header": "no", "date": "yyyymmdd", "columns": "period_from,period_to,code,minutes,cost_centre,assignment,correction,line_id,surname,first_name"},
			"20260701;20260731;N;-90;K1;A1;1;7;Jansen;Jan\r\n"},
		{Settings{"header": "no", "date": "mm/dd/yyyy", "columns": "date"}, "07/04/2026\r\n"},
		{Settings{"header": "no", "date": "dd/mm/yyyy", "columns": "date"}, "04/07/2026\r\n"},
	} {
		if got, err := csvOf(t, c.settings, l); err != nil || got != c.want {
			t.Errorf("%v: %q, %v", c.settings, got, err)
		}
	}
}

func TestWrongSettingsAreRefusedByName(t *testing.T) {
	for want, settings := range map[string]Settings{
		`setting columns names "wage"`:                  {"columns": "employee_number,wage"},
		"setting columns is needed":                     {"columns": " "},
		`setting delimiter is "dot"`:                    {"delimiter": "dot"},
		"setting header":                                {"header": "maybe"},
		`setting columns names "date", which a total`:   {"lines": "total"},
		`setting columns has the header "Uren" twice`:   {"columns": "hours:Uren,minutes:Uren"},
		"delimiter and decimal are both comma":          {"delimiter": "comma", "quotes": "never"},
		`header "Größe\u2192"`:                          {"columns": "hours:Größe→", "encoding": "windows-1252"},
		"setting columns is longer than 500 characters": {"columns": "hours:" + strings.Repeat("x", 500)},
	} {
		_, err := CheckSettings(lineCSV{}, settings)
		want = strings.ReplaceAll(want, `\u2192`, "→")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", settings, err, want)
		}
	}
}

func TestALetterThatWindows1252LacksIsNamed(t *testing.T) {
	l, who := line(1, "17", at(1), "N", 60), name{"Łukasz", "Zając"}
	settings := Settings{"columns": "name", "header": "no", "encoding": "windows-1252"}
	if _, err := csvNamed(t, settings, who, l); err == nil || !strings.Contains(err.Error(), "'Ł' (U+0141)") || !strings.Contains(err.Error(), "17") {
		t.Errorf("%v", err)
	}
	settings["unmappable"] = "transliterate"
	if got, err := csvNamed(t, settings, who, l); err != nil || got != "Lukasz Zajac\r\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := csvNamed(t, settings, name{"王", "伟"}, l); err == nil {
		t.Error("a letter without a plain form was written")
	}
	if got, err := csvNamed(t, settings, name{"Zoe\u0308", "€"}, l); err != nil || got != "Zo\xeb \x80\r\n" {
		t.Errorf("composed: %q, %v", got, err)
	}
}

func TestFormulasAreDefused(t *testing.T) {
	for _, sur := range []string{"=1+1", "+1", "-1", "@x", "\tx", "＝1"} {
		l := line(1, "17", at(1), "N", 60)
		got, err := csvNamed(t, Settings{"columns": "surname", "header": "no", "quotes": "never"}, name{"", sur}, l)
		if err != nil || got != "'"+sur+"\r\n" {
			t.Errorf("%q became %q, %v", sur, got, err)
		}
		if got, err := csvNamed(t, Settings{"columns": "surname", "header": "no", "formulas": "keep", "quotes": "never"}, name{"", sur}, l); err != nil || got != sur+"\r\n" {
			t.Errorf("%q was not kept: %q, %v", sur, got, err)
		}
	}
}

func TestATotalIsALineOfItsOwn(t *testing.T) {
	june := line(4, "17", calendar.On(2026, 6, 9), "N", -20)
	june.Period = calendar.Period{From: calendar.On(2026, 6, 1), To: calendar.On(2026, 6, 30)}
	settings := Settings{"columns": "employee_number,period_from,component,hours,minutes", "lines": "total", "header": "no", "newline": "lf"}
	got, err := csvOf(t, settings, line(1, "17", at(1), "N", 20), line(2, "17", at(2), "N", 20), line(3, "17", at(3), "N", 20), june, line(5, "18", at(1), "N", 60), line(6, "18", at(2), "N", -60))
	if want := "17;2026-06-01;1;-0,33;-20\n17;2026-07-01;1;1,00;60\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWithoutQuotesADelimiterIsRefused(t *testing.T) {
	_, err := csvNamed(t, Settings{"columns": "surname", "quotes": "never"}, name{"", "a;b"}, line(1, "17", at(1), "N", 60))
	if err == nil || !strings.Contains(err.Error(), `"a;b"`) {
		t.Errorf("%v", err)
	}
}

func TestANumberIsNeededOnlyWhereAColumnHasIt(t *testing.T) {
	if got, err := csvOf(t, Settings{"columns": "line_id,hours", "header": "no"}, line(1, "", at(1), "N", 60)); err != nil || got != "1;1,00\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNamesAreAskedForOnlyWhereAColumnHasThem(t *testing.T) { // OB-P1
	for columns, want := range map[string]bool{"employee_number,hours": false, "employee_number,surname": true, "name:Naam": true, "first_name": true} {
		if got := (lineCSV{}).NeedsNames(Settings{"columns": columns}); got != want {
			t.Errorf("%s: %t", columns, got)
		}
	}
}

func FuzzCSVReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "de;Vries", "=1+1", 90, byte(0))
	f.Add(`"`, "a\nb", "\tx", -1, byte(5))
	f.Add(" 1 ", "", "'=x", 1_000_000, byte(10))
	f.Fuzz(func(t *testing.T, number, surname, site string, minutes int, pick byte) {
		bad := strings.TrimSpace(number) == "" || errors.Join(checkText(number), checkText(surname), checkText(site)) != nil
		minutes %= 10_000_000
		delimiters := []string{"semicolon", "comma", "tab", "pipe"}
		s := Settings{"columns": "employee_number,surname,site,minutes,hours", "header": "no", "delimiter": delimiters[pick%4],
			"quotes": []string{"needed", "always"}[pick/4%2], "formulas": []string{"defuse", "keep"}[pick/8%2], "decimal": []string{"comma", "point"}[pick/16%2]}
		l := Line{ID: 1, Number: number, Site: site, Minutes: minutes, Code: "N", Day: calendar.Date{Year: 2026, Month: 7, Day: 1}}
		text, err := csvNamed(t, s, name{"", surname}, l)
		if (err != nil) != bad {
			t.Fatalf("text that no file can carry: %t; the writer says %v", bad, err)
		}
		if bad {
			return
		}
		r := csv.NewReader(strings.NewReader(text))
		r.Comma = []rune{';', ',', '\t', '|'}[pick%4]
		rec, err := r.Read()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for i := range rec {
			if s["formulas"] == "defuse" && i < 3 && !isFormula([]string{number, surname, site}[i]) {
				continue
			}
			if s["formulas"] == "defuse" && i < 3 {
				rec[i] = strings.TrimPrefix(rec[i], "'")
			}
		}
		point := map[string]string{"comma": ",", "point": "."}[s["decimal"]]
		want := []string{number, surname, site, strconv.Itoa(minutes), DecimalText(hundredthsOf(minutes), point)}
		for i := range want { // encoding/csv joins \r\n in a field to \n
			want[i] = strings.ReplaceAll(want[i], "\r\n", "\n")
		}
		if !slices.Equal(rec, want) {
			t.Errorf("wrote %q, read %q from %q", want, rec, text)
		}
	})
}

func TestCSVSaysOfWhichKindALineIs(t *testing.T) {
	worked, absent := Line{Number: "17", Code: "N", Component: "1", Minutes: 60}, Line{Number: "17", Code: "N", Component: "1", Minutes: 60, Kind: hours.LineAbsent}
	got, err := csvOf(t, Settings{"columns": "employee_number,kind", "header": "no", "newline": "lf"}, worked, absent)
	if err != nil || got != "17;worked\n17;absent\n" {
		t.Errorf("%q, %v", got, err)
	}
}
