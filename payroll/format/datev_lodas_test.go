package format

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"tikklok/ingest/hours/calendar"
)

// lodasFile reads an import file as LODAS does: the sections say how fields are
// parted and in which order they come. Each booking is a field → value.
func lodasFile(body []byte) ([]map[string]string, error) {
	text, err := charmap.Windows1252.NewDecoder().Bytes(body)
	if err != nil {
		return nil, err
	}
	section, general, records := "", map[string]string{}, map[string][]string{}
	var bookings []map[string]string
	for number, line := range strings.Split(strings.TrimSuffix(string(text), "\r\n"), "\r\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "*"):
		case strings.ContainsAny(line, "\r\n"):
			return nil, fmt.Errorf("line %d is not parted by CRLF", number+1)
		case line[0] == '[':
			section = line
		case section == "[Allgemein]":
			key, value, _ := strings.Cut(line, "=")
			general[key] = value
		case section == "[Satzbeschreibung]":
			fields := strings.Split(line, ";")
			records[fields[0]] = fields[2:]
		case section == "[Bewegungsdaten]":
			values := strings.Split(line, general["Feldtrennzeichen"])
			names := records[values[0]]
			if len(values) != len(names)+1 {
				return nil, fmt.Errorf("line %d has %d values for %d fields", number+1, len(values), len(names))
			}
			booking := map[string]string{}
			for i, name := range names {
				booking[name] = values[i+1]
			}
			bookings = append(bookings, booking)
		default:
			return nil, fmt.Errorf("line %d is in no section", number+1)
		}
	}
	if general["Ziel"] != "LODAS" || general["BeraterNr"] == "" || general["MandantenNr"] == "" || general["Datumsformat"] != "TT.MM.JJJJ" {
		return nil, fmt.Errorf("[Allgemein] has %v", general)
	}
	return bookings, nil
}

// germanHundredths reads "-7,50".
func germanHundredths(s string) (int, error) {
	whole, part, ok := strings.Cut(s, ",")
	if !ok || len(part) != 2 {
		return 0, fmt.Errorf("%q is not a value with two decimals", s)
	}
	return strconv.Atoi(whole + part)
}

func readLODAS(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	bookings, err := lodasFile(doc.body)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bookings {
		hours, err := germanHundredths(b["bs_wert_butab#bwd"])
		if err != nil || b["bs_nr#bwd"] != "1" || !strings.HasPrefix(b["abrechnung_zeitraum#bwd"], "01.") {
			t.Fatalf("booking %v: %v", b, err)
		}
		rows = append(rows, read{number: b["pnr#bwd"], component: b["la_eigene#bwd"], times: hours})
	}
	return rows
}

// numbersAreDigits is what the suite's cases say of formats whose personnel
// numbers are digits.
func numbersAreDigits() map[string]string {
	return map[string]string{"numbers that are text": "is not a number of 1 to", "numbers that are formulas": "is not a number of 1 to"}
}

func lodasSuite() suiteFormat {
	return suiteFormat{format: datevLODAS{}, settings: Settings{"consultant": "1234567", "client": "10010"},
		codes: map[string]string{"N": "101", "EVE": "102", "NGT": "103"}, refuses: numbersAreDigits(), read: readLODAS}
}

// written gives the file of lines with the suite's codes.
func (s suiteFormat) written(t testing.TB, settings Settings, lines ...Line) (string, error) {
	t.Helper()
	s.settings = settings
	doc, err := s.try(t, run{lines: lines})
	return string(doc.body), err
}

func TestLODASBooksAMonthAWageTypeAndACostCentreOnce(t *testing.T) {
	june := line(4, "17", calendar.Date{Year: 2026, Month: 6, Day: 30}, "N", -60)
	june.Period = calendar.Period{From: calendar.Date{Year: 2026, Month: 6, Day: 1}, To: calendar.Date{Year: 2026, Month: 6, Day: 30}}
	lines := []Line{line(1, "17", at(1), "N", 20), line(2, "17", at(2), "N", 40), line(3, "17", at(2), "EVE", 30), june}
	for i := range lines {
		lines[i].CostCentre = []string{"K1", "KÖ 2", "K1", "K1"}[i]
	}
	for _, c := range []struct {
		month, cost string
		want        []string
	}{
		{"worked", "no", []string{"1;01.06.2026;-1,00;1;101;17;;", "1;01.07.2026;1,00;1;101;17;;", "1;01.07.2026;0,50;1;102;17;;"}},
		{"paid", "no", []string{"1;01.07.2026;0,50;1;102;17;;"}},
		{"worked", "yes", []string{"1;01.06.2026;-1,00;1;101;17;K1;", "1;01.07.2026;0,33;1;101;17;K1;", "1;01.07.2026;0,50;1;102;17;K1;", "1;01.07.2026;0,67;1;101;17;K\xd6 2;"}},
	} {
		got, err := lodasSuite().written(t, Settings{"consultant": "1234", "client": "1", "corrections": c.month, "cost_centre": c.cost}, slices.Clone(lines)...)
		if err != nil {
			t.Fatal(err)
		}
		_, bookings, _ := strings.Cut(got, "[Bewegungsdaten]\r\n")
		rows := strings.Split(strings.TrimSuffix(bookings, "\r\n"), "\r\n")
		slices.Sort(rows)
		slices.Sort(c.want)
		if !slices.Equal(rows, c.want) {
			t.Errorf("corrections %s, cost centre %s: %q, not %q", c.month, c.cost, rows, c.want)
		}
	}
}

func TestDATEVRefusesWhatItCannotKnowAnEmployerByNamingTheSetting(t *testing.T) {
	for _, c := range []struct{ consultant, client, key string }{
		{"123", "1", "consultant"}, {"12345678", "1", "consultant"}, {"12a4", "1", "consultant"}, {"1234", "123456", "client"}, {"1234", "0", "client"},
	} {
		for _, f := range []Format{datevLODAS{}, datevLUG{}} {
			if _, err := CheckSettings(f, Settings{"consultant": c.consultant, "client": c.client}); err == nil || !strings.Contains(err.Error(), "setting "+c.key) {
				t.Errorf("%s: %+v: %v", f.Name(), c, err)
			}
		}
	}
	for _, component := range []string{"", "0", "12345", "N", "1,2"} {
		if err := (datevLODAS{}).CheckComponent(component); err == nil {
			t.Errorf("wage type %q was taken", component)
		}
	}
}

func TestLODASRefusesWhatItCannotTell(t *testing.T) {
	cost := line(1, "17", at(1), "N", 60)
	cost.CostCentre = "Łódź"
	cut := line(1, "17", at(1), "N", 60)
	cut.CostCentre = "1;2"
	formula := line(1, "17", at(1), "N", 60)
	formula.CostCentre = "=cmd|' /C calc'!A0"
	nobody := line(1, "", at(1), "N", 60)
	nobody.Employee = 42
	old := line(1, "17", calendar.Date{Year: 2024, Month: 12, Day: 31}, "N", 60)
	for want, lines := range map[string][]Line{
		"employee number 17, 2024-12-31: LODAS calculates no month again": {old},
		"employee numbers 017 and 17 are one number":                      {line(1, "017", at(1), "N", 60), line(2, "17", at(1), "N", 60)},
		`employee number "123456"`:                                        {line(1, "123456", at(1), "N", 60)},
		"employee id 42 has no personnel number":                          {nobody},
		"'Ł' (U+0141)":                                                    {cost},
		"cost centre: \"=cmd|' /C calc'!A0\" is a formula":                {formula},
		`employee number 17, 2026-07-01, cost centre: "1;2"`:              {cut},
	} {
		_, err := lodasSuite().written(t, Settings{"consultant": "1234", "client": "1", "cost_centre": "yes"}, lines...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func FuzzLODASReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "K1", 90, -30)
	f.Add("00017", "Ö", 0, 1)
	f.Add("1;2", "a;b", 1, 1)
	f.Add("7", "*", 59, 1_000_000)
	f.Fuzz(func(t *testing.T, number, cost string, first, second int) {
		first, second = first%10_000_000, second%10_000_000
		a, b := line(1, number, at(1), "N", first), line(2, number, at(9), "N", second)
		a.CostCentre, b.CostCentre = cost, cost
		got, err := lodasSuite().written(t, Settings{"consultant": "1234", "client": "1", "cost_centre": "yes"}, a, b)
		if fine := checkDigits(number, 5) == nil && (checkPlain(cost, ";") == nil || hundredthsOf(first+second) == 0); fine != (err == nil) {
			t.Fatalf("number %q, cost centre %q: %v", number, cost, err)
		}
		if err != nil {
			return
		}
		bookings, err := lodasFile([]byte(got))
		if err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		if hundredthsOf(first+second) == 0 {
			if len(bookings) != 0 {
				t.Fatalf("nothing was booked as %v", bookings)
			}
			return
		}
		hours, err := germanHundredths(bookings[0]["bs_wert_butab#bwd"])
		if err != nil || len(bookings) != 1 || bookings[0]["pnr#bwd"] != number || bookings[0]["kostenstelle#bwd"] != norm.NFC.String(cost) || hours != hundredthsOf(first+second) {
			t.Errorf("number %q, cost centre %q, %d minutes were read as %v, %v", number, cost, first+second, bookings, err)
		}
	})
}
