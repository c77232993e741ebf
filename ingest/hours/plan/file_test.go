package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/privacy/refusal"
)

var testNow = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func directory(t testing.TB) Directory {
	return Directory{
		Employees: []Employee{
			{ID: 1, Number: "1042", Email: "Bakker@example.nl", Zone: amsterdam(t)},
			{ID: 2, Number: "1043", Email: "devries@example.nl", Zone: amsterdam(t)},
		},
		Sites: map[string]int64{"noord": 7},
	}
}

// told gives the shifts of a file as text, or its problems.
func told(t testing.TB, text string) string {
	t.Helper()
	f, problems := Parse(strings.NewReader(text), testNow)
	var rows []wanted
	if len(problems) == 0 {
		rows, problems = f.resolve(directory(t))
	}
	var out []string
	for _, p := range problems {
		out, rows = append(out, p.String()), nil
	}
	slices.SortStableFunc(rows, func(a, b wanted) int { return int(a.shift.From - b.shift.From) })
	for _, w := range rows {
		out = append(out, w.text(t))
	}
	return strings.Join(out, "\n")
}

func (w wanted) text(t testing.TB) string {
	if w.Off || w.cancelled {
		return fmt.Sprintf("%d %s nothing", w.shift.Employee, w.day)
	}
	at := func(minute int64) string {
		return time.Unix(minute*60, 0).In(amsterdam(t)).Format("2006-01-02 15:04-07")
	}
	return fmt.Sprintf("%d %s %s to %s, %d, break %d, site %d", w.shift.Employee, w.shift.Kind, at(w.shift.From), at(w.shift.To), w.shift.To-w.shift.From, w.shift.Break, w.shift.Site)
}

func TestATableIsReadAsPeopleWriteIt(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"English with commas": {"number,date,from,to,break,site,kind\n1042,2026-11-10,08:00,16:30,30,Noord,work\n",
			"1 work 2026-11-10 08:00+01 to 2026-11-10 16:30+01, 510, break 30, site 7"},
		"Dutch with semicolons, a mark at the start and CR LF": {"\ufeffPersoneelsnummer;Datum;Van;Tot;Pauze;Vestiging;Soort\r\n1042;10-11-2026;8:00;16:30;0:30;noord;oproep\r\n",
			"1 call 2026-11-10 08:00+01 to 2026-11-10 16:30+01, 510, break 30, site 7"},
		"over midnight": {"nummer;datum;van;tot\n1042;10/11/2026;22:00;06:00\n",
			"1 work 2026-11-10 22:00+01 to 2026-11-11 06:00+01, 480, break 0, site 0"},
		"over the night on which the clock goes back": {"nummer;datum;van;tot\n1042;24-10-2026;22:00;06:00\n",
			"1 work 2026-10-24 22:00+02 to 2026-10-25 06:00+01, 540, break 0, site 0"},
		"an offset where the clock goes back": {"nummer;datum;van;tot;soort\n1042;25-10-2026;02:30+01;10:00;consignatie\n",
			"1 standby 2026-10-25 02:30+01 to 2026-10-25 10:00+01, 450, break 0, site 0"},
		"a day off": {"nummer;datum;van;tot\n1042;10-11-2026;;\n", "1 2026-11-10 nothing"},
		"two shifts a day": {"nummer;datum;van;tot\n1042;10-11-2026;13:00;17:00\n1042;10-11-2026;8:00;12:00\n",
			"1 work 2026-11-10 08:00+01 to 2026-11-10 12:00+01, 240, break 0, site 0\n1 work 2026-11-10 13:00+01 to 2026-11-10 17:00+01, 240, break 0, site 0"},
	} {
		if got := told(t, c.file); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestATableIsRefusedByLine(t *testing.T) {
	head := "number;date;from;to;break;site;kind\n"
	for name, c := range map[string]struct{ file, want string }{
		"nothing":          {" \n", "line 1: the file is empty; its first line names the columns, or is BEGIN:VCALENDAR"},
		"unknown column":   {"number;date;from;to;mood\n", "line 1, mood: this column is unknown; known are number, date, from, to, break, site and kind"},
		"sick note":        {"number;date;from;to;Krankmeldung\n", "line 1, Krankmeldung: " + refusal.Special.Why()},
		"citizen numbers":  {head + "123456782;2026-11-10;;;;;\n111222333;2026-11-10;;;;;\n249566758;2026-11-10;;;;;\n10000008;2026-11-10;;;;;\n", "line 1, number: these are citizen service numbers: " + refusal.National.Why()},
		"column missing":   {"number;date;from\n", "line 1, to: this column is missing; add it"},
		"column twice":     {"number;nummer;date;from;to\n", "line 1, nummer: this column stands there twice; remove one"},
		"quotes":           {head + "1042;\"2026;;;;;\n", "line 2: the quotes don't match; correct them"},
		"too few columns":  {head + "1042;2026-11-10\n", "line 2: the line has 2 columns and the header 7"},
		"no number":        {head + ";2026-11-10;8:00;9:00;;;\n", "line 2, number: there is no personnel number; write it"},
		"unknown number":   {head + "9;2026-11-10;8:00;9:00;;;\n", `line 2: nobody has personnel number "9"; correct it, or add the employee first`},
		"no date":          {head + "1042;31-02-2026;8:00;9:00;;;\n", `line 2, date: "31-02-2026" is not a date; write 2026-01-31 or 31-01-2026`},
		"half a day off":   {head + "1042;2026-11-10;8:00;;;;\n", `line 2, to: "" is not a time; write 08:00, and nothing in both from and to for a day off`},
		"skipped time":     {head + "1042;2027-03-28;02:30;9:00;;;\n", "line 2: 2027-03-28 02:30 does not exist in Europe/Amsterdam, as the clock goes forward then; write 01:59 at the latest, 03:00 at the earliest"},
		"repeated time":    {head + "1042;2026-10-25;02:30;9:00;;;\n", "line 2: 2026-10-25 02:30 comes twice in Europe/Amsterdam, as the clock goes back then; write it with its offset: 02:30+02, 02:30+01"},
		"long break":       {head + "1042;2026-11-10;8:00;9:00;60;;\n", "line 2: the break of 60 minutes does not fit in the shift; correct it"},
		"no break":         {head + "1042;2026-11-10;8:00;9:00;ten;;\n", `line 2, break: "ten" is not a number of minutes from 0 to 1439; write 30 or 0:30`},
		"unknown site":     {head + "1042;2026-11-10;8:00;9:00;;Zuid;\n", `line 2: there is no site "Zuid"; correct it, or add the site first`},
		"unknown kind":     {head + "1042;2026-11-10;8:00;9:00;;;holiday\n", `line 2, kind: "holiday" is none of work, call and standby`},
		"overlap":          {head + "1042;2026-11-10;8:00;17:00;;;\n1042;2026-11-10;9:00;10:00;;;\n1042;2026-11-10;16:00;18:00;;;\n", "line 3: the employee is planned at that time on line 2 too; remove one\nline 4: the employee is planned at that time on line 2 too; remove one"},
		"off and a shift":  {head + "1042;2026-11-10;;;;;\n1042;2026-11-10;8:00;9:00;;;\n", "line 2: this day is off here and has a shift on line 3; remove one"},
		"overlap at night": {head + "1042;2026-11-10;22:00;6:00;;;\n1042;2026-11-11;5:00;9:00;;;\n", "line 3: the employee is planned at that time on line 2 too; remove one"},
	} {
		if got := told(t, c.file); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestAHugeFileIsRefusedAndCostsNoMoreThanItsLength(t *testing.T) {
	row := "1042;2026-11-10;8:00;9:00\n"
	if got := told(t, "number;date;from;to\n"+strings.Repeat(row, maxRows+1)); !strings.Contains(got, "more than 20000 shifts; split it") {
		t.Errorf("too many rows: %.200s", got)
	}
	if got := told(t, strings.Repeat("x", maxFile+1)); got != "line 1: the file is larger than 10 MiB; split it" {
		t.Errorf("too large: %.200s", got)
	}
	if got := told(t, "number;date;from;to\n"+strings.Repeat("bad\n", maxRows)); strings.Count(got, "\n") != maxProblems-1 {
		t.Errorf("%d lines of problems", strings.Count(got, "\n"))
	}
}

func TestATableTellsTheWholeOfTheDaysThatItNames(t *testing.T) {
	zone := amsterdam(t)
	zones := map[int64]*time.Location{1: zone, 2: zone}
	shift := func(id, employee int64, day int, from, to string) stored {
		a, b, err := Between(calendar.On(2026, 11, day), from, to, zone)
		if err != nil {
			t.Fatal(err)
		}
		return stored{Shift: Shift{ID: id, Employee: employee, Kind: Work, From: a, To: b}}
	}
	standing := []stored{
		shift(1, 1, 10, "08:00", "12:00"), shift(2, 1, 10, "13:00", "17:00"), shift(3, 1, 11, "08:00", "17:00"),
		shift(4, 1, 12, "08:00", "17:00"), shift(5, 1, 13, "08:00", "17:00"), shift(6, 2, 10, "08:00", "17:00"),
	}
	f, problems := Parse(strings.NewReader("nummer;datum;van;tot\n1042;10-11-2026;8:00;12:00\n1042;11-11-2026;9:00;17:00\n1042;12-11-2026;;\n1042;14-11-2026;8:00;9:00\n"), testNow)
	rows, more := f.resolve(directory(t))
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	var got []string
	for _, c := range f.diff(rows, standing, zones) {
		got = append(got, fmt.Sprintf("%s %d", c.Kind, c.Old.ID))
	}
	want := []string{"same 1", "withdrawn 2", "moved 3", "withdrawn 4", "added 0"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v; want %v", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("number;date;from;to;break;site;kind\n1042;2026-11-10;8:00;9:00;30;Noord;oproep\n")
	f.Add("nummer,datum,van,tot\n1042,25-10-2026,02:30+02,03:00\n1042,26-10-2026,,\n")
	f.Add(weekly)
	f.Add(strings.ReplaceAll(weekly, "TZID=Europe/Amsterdam:", ":") + "\nBEGIN:VCALENDAR\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, problems := Parse(strings.NewReader(text), testNow)
		if len(problems) > 0 {
			return
		}
		rows, problems := file.resolve(directory(t))
		if len(problems) > 0 {
			return
		}
		var standing []stored
		for i, w := range rows {
			if w.Off || w.cancelled {
				continue
			}
			if err := w.shift.Check(); err != nil {
				t.Fatalf("a row without a problem is no shift: %v", err)
			}
			s := stored{Shift: w.shift, key: w.key, sequence: w.sequence}
			s.ID = int64(i + 1)
			standing = append(standing, s)
		}
		zones := map[int64]*time.Location{1: amsterdam(t), 2: amsterdam(t)}
		for _, c := range file.diff(rows, standing, zones) {
			if c.Kind != Same {
				t.Errorf("taken up again, line %d is %s", c.Line, c.Kind)
			}
		}
	})
}
