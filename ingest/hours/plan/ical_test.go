package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"pgregory.net/rapid"

	"tikklok/ingest/hours/calendar"
)

const weekly = `BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Europe/Amsterdam
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:night@example.nl
SEQUENCE:2
DTSTART;TZID=Europe/Amsterdam:20261023T220000
DTEND;TZID=Europe/Amsterdam:20261024T060000
RRULE:FREQ=DAILY;COUNT=4
EXDATE;TZID=Europe/Amsterdam:20261025T220000
SUMMARY:1042 night
 shift
CATEGORIES:OPROEP
X-TIKKLOK-BREAK:30
LOCATION:Noord
BEGIN:VALARM
TRIGGER:-PT15M
DURATION:PT5M
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:night@example.nl
SEQUENCE:3
RECURRENCE-ID;TZID=Europe/Amsterdam:20261026T220000
DTSTART;TZID=Europe/Amsterdam:20261026T230000
DURATION:PT7H
SUMMARY:1042: late
END:VEVENT
END:VCALENDAR
`

// vevent gives a calendar with one event of these lines.
func vevent(lines ...string) string {
	return "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\nEND:VCALENDAR\n"
}

func TestACalendarIsReadAsProgramsWriteIt(t *testing.T) {
	day := "1 work 2026-11-10 08:00+01 to 2026-11-10 16:30+01, 510, break 0, site 0"
	for name, c := range map[string]struct{ file, want string }{
		"occurrences over the night on which the clock goes back, one left out and one moved": {weekly, "" +
			"1 call 2026-10-23 22:00+02 to 2026-10-24 06:00+02, 480, break 30, site 7\n" +
			"1 call 2026-10-24 22:00+02 to 2026-10-25 06:00+01, 540, break 30, site 7\n" +
			"1 work 2026-10-26 23:00+01 to 2026-10-27 06:00+01, 420, break 0, site 0"},
		"UTC, by e-mail":                 {vevent("UID:1", "DTSTART:20261110T070000Z", "DTEND:20261110T153000Z", "ATTENDEE;CN=\"Bakker; J\":mailto:bakker@example.nl"), day},
		"floating, lower case":           {strings.ToLower(vevent("UID:1", "DTSTART:20261110T080000", "DURATION:PT8H30M", "SUMMARY:1042")), day},
		"by property, CR LF":             {strings.ReplaceAll(vevent("UID:1", "DTSTART;TZID=W. Europe Standard Time:20261110T080000", "DURATION:PT8H30M", "SUMMARY:Early shift", "X-TIKKLOK-EMPLOYEE:1042"), "\n", "\r\n"), day},
		"a zone with a prefix":           {vevent("UID:1", "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Amsterdam:20261110T080000", "DURATION:P0DT8H30M", "SUMMARY:1042"), day},
		"others' addresses are nobody's": {vevent("UID:1", "DTSTART:20261110T070000Z", "DTEND:20261110T153000Z", "ATTENDEE:mailto:boss@example.nl", "ATTENDEE:mailto:BAKKER@example.nl"), day},
		"by weekdays until":              {vevent("UID:1", "DTSTART;TZID=Europe/Amsterdam:20261110T080000", "DURATION:PT8H30M", "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261112T065959Z", "SUMMARY:1042"), day},
		"long ago is left":               {vevent("UID:1", "DTSTART:20200110T070000Z", "DTEND:20200110T153000Z", "SUMMARY:1042"), ""},
		"cancelled":                      {vevent("UID:1", "DTSTART:20261110T070000Z", "DTEND:20261110T153000Z", "STATUS:CANCELLED"), "0 2026-11-10 nothing"},
		"with dates besides":             {vevent("UID:1", "DTSTART:20261110T070000Z", "DURATION:PT1H", "RDATE:20261112T070000Z,20261111T070000Z", "SUMMARY:1042"), "1 work 2026-11-10 08:00+01 to 2026-11-10 09:00+01, 60, break 0, site 0\n1 work 2026-11-11 08:00+01 to 2026-11-11 09:00+01, 60, break 0, site 0\n1 work 2026-11-12 08:00+01 to 2026-11-12 09:00+01, 60, break 0, site 0"},
	} {
		if got := told(t, c.file); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestACalendarIsRefusedByLine(t *testing.T) {
	start, end, who := "DTSTART:20261110T070000Z", "DTEND:20261110T153000Z", "SUMMARY:1042"
	for name, c := range map[string]struct{ file, want string }{
		"cut off":            {"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "line 1: this is not a calendar as RFC 5545 has it: END:VEVENT is missing; export it again"},
		"crossed":            {"BEGIN:VCALENDAR\nEND:VEVENT\n", "line 2: this is not a calendar as RFC 5545 has it: this END has no BEGIN; export it again"},
		"no line":            {vevent("UID"), "line 3, UID: this is not a calendar as RFC 5545 has it: a line is NAME:value; export it again\nline 2, UID: the event has no UID; give it one\nline 2, DTSTART: the event has no DTSTART; give it one\nline 2: it can't be told whose shift this is; add X-TIKKLOK-EMPLOYEE with the personnel number, an ATTENDEE with an employee's e-mail address, or begin the SUMMARY with the personnel number"},
		"no UID":             {vevent(start, end, who), "line 2, UID: the event has no UID; give it one"},
		"UID twice":          {vevent("UID:1", start, end, who)[:len(vevent("UID:1", start, end, who))-len("END:VCALENDAR\n")] + "BEGIN:VEVENT\nUID:1\nDTSTART:20261111T070000Z\nDTEND:20261111T153000Z\nSUMMARY:1042\nEND:VEVENT\nEND:VCALENDAR\n", "line 8, UID: the event stands on line 2 too, with the same UID; remove one"},
		"no end":             {vevent("UID:1", start, who), "line 2, DTEND: the event has neither DTEND nor DURATION; give it one"},
		"all day":            {vevent("UID:1", "DTSTART;VALUE=DATE:20261110", who), "line 4, DTSTART: the event lasts all day; a shift has a start and an end"},
		"no stamp":           {vevent("UID:1", "DTSTART:tomorrow", end, who), `line 4, DTSTART: "TOMORROW" is not a date and time; write 20261110T080000, with Z for UTC or a TZID`},
		"no year":            {vevent("UID:1", "DTSTART:00010101T080000", end, who), "line 4, DTSTART: plans lie between 2015 and 2100"},
		"unknown zone":       {vevent("UID:1", "DTSTART;TZID=Mars:20261110T080000", end, who), `line 4, DTSTART: time zone "Mars" is unknown; use one of IANA's, such as Europe/Amsterdam`},
		"the machine's zone": {vevent("UID:1", "DTSTART;TZID=Local:20261110T080000", end, who), `line 4, DTSTART: time zone "Local" is unknown; use one of IANA's, such as Europe/Amsterdam`},
		"ends before":        {vevent("UID:1", start, "DTEND:20261110T060000Z", who), "line 2: the shift ends before it starts; correct it"},
		"three days":         {vevent("UID:1", start, "DTEND:20261113T060000Z", who), "line 2: the shift is longer than 24 hours; make several of it"},
		"no duration":        {vevent("UID:1", start, "DURATION:-PT1H", who), `line 5, DURATION: "-PT1H" is no duration of a shift; write PT8H30M`},
		"skipped time":       {vevent("UID:1", "DTSTART;TZID=Europe/Amsterdam:20270328T023000", "DURATION:PT1H", who), "line 2: 2027-03-28 02:30 does not exist in Europe/Amsterdam, as the clock goes forward then; write 01:59 at the latest, 03:00 at the earliest"},
		"repeated time":      {vevent("UID:1", "DTSTART:20261025T023000", "DURATION:PT1H", who), "line 2: 2026-10-25 02:30 comes twice in Europe/Amsterdam, as the clock goes back then; write it with its offset: 02:30+02, 02:30+01"},
		"every year":         {vevent("UID:1", start, end, who, "RRULE:FREQ=YEARLY"), `line 7, RRULE: "FREQ=YEARLY" is not taken up; a shift may repeat by FREQ=DAILY, WEEKLY or MONTHLY with INTERVAL up to 100, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYSETPOS and WKST: export other ones as single events`},
		"every second":       {vevent("UID:1", start, end, who, "RRULE:FREQ=SECONDLY"), `line 7, RRULE: "FREQ=SECONDLY" is not taken up; a shift may repeat by FREQ=DAILY, WEEKLY or MONTHLY with INTERVAL up to 100, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYSETPOS and WKST: export other ones as single events`},
		"and all later ones": {vevent("UID:1", start, end, who, "RECURRENCE-ID;RANGE=THISANDFUTURE:20261110T070000Z"), "line 7, RECURRENCE-ID: a change of this and all later occurrences is not taken up; export the series again"},
		"nobody's":           {vevent("UID:1", start, end, "SUMMARY:"), "line 2: it can't be told whose shift this is; add X-TIKKLOK-EMPLOYEE with the personnel number, an ATTENDEE with an employee's e-mail address, or begin the SUMMARY with the personnel number"},
		"two employees'":     {vevent("UID:1", start, end, "ATTENDEE:mailto:bakker@example.nl", "ATTENDEE:mailto:devries@example.nl"), "line 2: the event is of several employees; make one for each"},
		"sequence":           {vevent("UID:1", start, end, who, "SEQUENCE:-1"), `line 2, SEQUENCE: "-1" is no SEQUENCE; write a whole number`},
	} {
		if got := told(t, c.file); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestAHostileCalendarIsBounded(t *testing.T) {
	endless := "BEGIN:VEVENT\nUID:%d\nDTSTART:20150101T070000Z\nDURATION:PT1H\nSUMMARY:1042\nRRULE:FREQ=DAILY\nEND:VEVENT\n"
	var events, over, counted strings.Builder
	for n := range 100_000 {
		fmt.Fprintf(&events, endless, n)
		fmt.Fprintf(&over, strings.Replace(endless, "=DAILY", "=MONTHLY;BYMONTHDAY=31;UNTIL=20251231", 1), n)
		fmt.Fprintf(&counted, strings.Replace(endless, "=DAILY", "=DAILY;COUNT=60000;UNTIL=20251231", 1), n)
	}
	one := vevent("UID:1", "DTSTART:20261110T070000Z", "DURATION:PT1H", "SUMMARY:1042")
	for name, c := range map[string]struct{ file, want string }{
		"100,000 endless events": {"BEGIN:VCALENDAR\n" + events.String()[:9<<20] + "END:VCALENDAR\n", "more than 20000 shifts; split it"},
		"20,000 that are over":   {"BEGIN:VCALENDAR\n" + over.String()[:strings.Index(over.String(), "BEGIN:VEVENT\nUID:20000\n")] + "END:VCALENDAR\n", ""},
		"20,000 that count":      {"BEGIN:VCALENDAR\n" + strings.ReplaceAll(counted.String()[:9<<20], ";UNTIL=20251231", "") + "END:VCALENDAR\n", "more than 20000 shifts"},
		"20,000 for ten years":   {"BEGIN:VCALENDAR\n" + strings.ReplaceAll(counted.String()[:9<<20], ";COUNT=60000;UNTIL=20251231", ";COUNT=3900") + "END:VCALENDAR\n", "more than 1000000 shifts"},
		"only parameters":        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + strings.Repeat("DTSTART"+strings.Repeat(";A=b", 100)+strings.Repeat("x", 7000)+":\n", 1300) + "END:VEVENT\nEND:VCALENDAR\n", "the event has no UID"},
		"only values":            {"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + strings.Repeat("DTSTART;A="+strings.Repeat("b,", 3900)+"b:\n", 1300) + "END:VEVENT\nEND:VCALENDAR\n", "or has more than 100 parameters"},
		"100,000 small events":   {"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nEND:VEVENT\n", 100_000) + "END:VCALENDAR\n", "the event has no UID"},
		"deep":                   {"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:A\n", 1_000_000), "nested too deeply"},
		"a long line":            {strings.Replace(one, "SUMMARY:", "SUMMARY:"+strings.Repeat("x\n x", 1<<20), 1), "longer than 8000 bytes"},
		"many parameters":        {strings.Replace(one, "DTSTART:", "DTSTART"+strings.Repeat(";A=b", 1_000)+":", 1), "or has more than 100 parameters"},
		"a long line unread":     {strings.Replace(one, "SUMMARY:", "DESCRIPTION:"+strings.Repeat("x\n ", 2<<20)+"\nSUMMARY:", 1), "1 work 2026-11-10"},
		"folds only":             {"BEGIN:VCALENDAR\n" + strings.Repeat(" \n", 4<<20), "longer than 8000 bytes or END:VCALENDAR is missing"},
		"exceptions only":        {strings.Replace(one, "SUMMARY:", strings.Repeat("EXDATE:20261110T070000Z\n", 300_000)+"SUMMARY:", 1), "1 work 2026-11-10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := told(t, c.file)
			if !strings.Contains(got, c.want) && !(name == "folds only" && strings.Contains(got, "END:VCALENDAR is missing")) {
				t.Errorf("%.300s", got)
			}
		})
	}
}

// What the library writes, folded and escaped, is read as it was meant.
func TestACalendarThatALibraryWroteIsRead(t *testing.T) {
	zone := amsterdam(t)
	c := ics.NewCalendar()
	start := time.Date(2026, 11, 10, 8, 0, 0, 0, zone)
	for n := range 3 {
		e := c.AddEvent(fmt.Sprintf("shift-%d, with a comma; and a very long identifier that has to be folded by whoever writes it@example.nl", n))
		e.SetStartAt(start.AddDate(0, 0, n))
		e.SetEndAt(start.AddDate(0, 0, n).Add(8 * time.Hour))
		e.SetSummary("Dienst, vroeg")
		e.SetDescription(strings.Repeat("free text; ", 40))
		e.AddAttendee("bakker@example.nl", ics.WithCN("Bakker, J."), ics.ParticipationStatusNeedsAction)
		e.SetSequence(n)
	}
	want := "1 work 2026-11-10 08:00+01 to 2026-11-10 16:00+01, 480, break 0, site 0\n" +
		"1 work 2026-11-11 08:00+01 to 2026-11-11 16:00+01, 480, break 0, site 0\n" +
		"1 work 2026-11-12 08:00+01 to 2026-11-12 16:00+01, 480, break 0, site 0"
	if got := told(t, c.Serialize()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Days counted one by one, as RFC 5545 says it, whatever is skipped of those
// long ago.
func TestRecurrencesAreThoseCountedByHand(t *testing.T) {
	weekdays := []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
	c := cal{file: File{from: calendar.On(2026, 11, 1), to: calendar.On(2027, 3, 1)}}
	rapid.Check(t, func(t *rapid.T) {
		start := calendar.On(2026, 11, 1).AddDays(rapid.IntRange(-4000, 60).Draw(t, "start"))
		at := Local{Date: start, Minute: 8 * 60, Zone: time.UTC}
		weekly, week := rapid.Bool().Draw(t, "weekly"), "MO"
		rule := map[bool]string{true: "FREQ=WEEKLY", false: "FREQ=DAILY"}[weekly]
		interval := rapid.IntRange(1, 6).Draw(t, "interval")
		if interval > 1 {
			rule += fmt.Sprintf(";INTERVAL=%d", interval)
		}
		days := rapid.SliceOfNDistinct(rapid.SampledFrom(weekdays), 0, 4, rapid.ID[string]).Draw(t, "days")
		if len(days) > 0 {
			rule += ";BYDAY=" + strings.Join(days, ",")
		}
		if rapid.Bool().Draw(t, "wkst") {
			week = rapid.SampledFrom(weekdays).Draw(t, "week")
			rule += ";WKST=" + week
		}
		count, until := 1<<30, c.file.to
		switch rapid.IntRange(0, 3).Draw(t, "end") {
		case 1:
			count = rapid.IntRange(1, 3000).Draw(t, "count")
			rule += fmt.Sprintf(";COUNT=%d", count)
		case 2:
			until = start.AddDays(rapid.IntRange(0, 4000).Draw(t, "until"))
			rule += ";UNTIL=" + strings.ReplaceAll(until.String(), "-", "")
		case 3:
			until = start.AddDays(rapid.IntRange(0, 4000).Draw(t, "until"))
			hour := rapid.IntRange(7, 9).Draw(t, "hour")
			rule += fmt.Sprintf(";UNTIL=%sT%02d0000Z", strings.ReplaceAll(until.String(), "-", ""), hour)
			if hour < 8 {
				until = until.AddDays(-1)
			}
		}
		weekday := func(d calendar.Date) int { return (int(d.Weekday()) + 6) % 7 }
		weekStart := func(d calendar.Date) calendar.Date {
			return d.AddDays(-((weekday(d) - slices.Index(weekdays, week) + 7) % 7))
		}
		var want, got []string
		for d := start; !until.Before(d) && !c.file.to.Before(d) && count > 0; d = d.AddDays(1) {
			on := d.Sub(start)%interval == 0
			if weekly {
				on = weekStart(d).Sub(weekStart(start))/7%interval == 0 && (len(days) > 0 || weekday(d) == weekday(start))
			}
			if on && (len(days) == 0 || slices.Contains(days, weekdays[weekday(d)])) {
				if count--; !d.Before(c.file.from) {
					want = append(want, d.String())
				}
			}
		}
		r := c.rule(rule, at)
		if r == nil {
			t.Fatal(rule, "is refused")
		}
		for _, at := range r.All() {
			if d := calendar.DateOf(at); !d.Before(c.file.from) {
				got = append(got, d.String())
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s from %s\ngot  %v\nwant %v", rule, start, got, want)
		}
	})
}

func TestMonthsAndDatesInOtherZones(t *testing.T) {
	begin := []string{"UID:1", "DTSTART;TZID=Europe/Amsterdam:20261109T080000", "DURATION:PT1H", "SUMMARY:1042"}
	for rule, want := range map[string]string{
		"RRULE:FREQ=MONTHLY;COUNT=3":                                         "2026-11-09 2026-12-09 2027-01-09",
		"RRULE:FREQ=MONTHLY;BYDAY=2MO;COUNT=3":                               "2026-11-09 2026-12-14 2027-01-11",
		"RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2;COUNT=3":                     "2026-11-09 2026-12-14 2027-01-11",
		"RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20261231":                    "2026-11-30 2026-12-31",
		"RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;UNTIL=20270131": "2026-11-30 2026-12-31 2027-01-29",
		"RRULE:FREQ=DAILY;UNTIL=20261111T070000Z\nEXDATE:20261110T070000Z":   "2026-11-09 2026-11-11",
		"RRULE:FREQ=DAILY;UNTIL=20261111T065959Z":                            "2026-11-09 2026-11-10",
		"RRULE:FREQ=WEEKLY;UNTIL=99991231T000000Z;INTERVAL=50":               "2026-11-09 2027-10-25",
	} {
		var got []string
		f, problems := Parse(strings.NewReader(vevent(append(begin, rule)...)), testNow)
		for _, r := range f.Rows {
			got = append(got, r.From.Date.String())
		}
		if strings.Join(got, " ") != want || len(problems) > 0 {
			t.Errorf("%s: %v, %v; want %s", rule, got, problems, want)
		}
	}
}

// The library would look for these until the year 9999, or cost more than a
// shift is worth.
func TestARuleThatMayNeverComeIsRefused(t *testing.T) {
	for _, rule := range []string{
		"FREQ=DAILY;INTERVAL=7;BYDAY=MO", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=0",
		"FREQ=MONTHLY;BYDAY=6MO", "FREQ=MONTHLY;BYDAY=5MO;INTERVAL=48", "FREQ=MONTHLY;BYDAY=3MO;BYMONTHDAY=1", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
		"FREQ=MONTHLY;BYSETPOS=2", "FREQ=DAILY;BYMONTHDAY=31", "FREQ=DAILY;BYMONTH=2", "FREQ=WEEKLY;BYDAY=2MO", "FREQ=DAILY;INTERVAL=101", "FREQ=DAILY;INTERVAL=0",
		"FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=1;UNTIL=20261111", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;BYHOUR=1", "FREQ=SECONDLY", "FREQ=YEARLY", "FREQ=", "", "COUNT=1",
		"FREQ=WEEKLY;BYDAY=" + strings.Repeat("MO,", 100) + "MO", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;UNTIL=soon",
	} {
		c := cal{file: File{from: calendar.On(2026, 11, 1), to: calendar.On(2027, 3, 1)}}
		if c.rule(rule, Local{Date: calendar.On(2026, 11, 9)}) != nil {
			t.Errorf("%q is taken up", rule)
		}
	}
}
