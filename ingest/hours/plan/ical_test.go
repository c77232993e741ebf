package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
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
		"every month":        {vevent("UID:1", start, end, who, "RRULE:FREQ=MONTHLY"), `line 7, RRULE: "FREQ=MONTHLY" is not taken up; a shift may repeat by FREQ=DAILY or WEEKLY with INTERVAL, COUNT, UNTIL, BYDAY and WKST: export other ones as single events`},
		"every second":       {vevent("UID:1", start, end, who, "RRULE:FREQ=SECONDLY"), `line 7, RRULE: "FREQ=SECONDLY" is not taken up; a shift may repeat by FREQ=DAILY or WEEKLY with INTERVAL, COUNT, UNTIL, BYDAY and WKST: export other ones as single events`},
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
	var events strings.Builder
	for n := range 100_000 {
		fmt.Fprintf(&events, endless, n)
	}
	one := vevent("UID:1", "DTSTART:20261110T070000Z", "DURATION:PT1H", "SUMMARY:1042")
	for name, c := range map[string]struct{ file, want string }{
		"100,000 endless events": {"BEGIN:VCALENDAR\n" + events.String()[:9<<20] + "END:VCALENDAR\n", "more than 20000 shifts; split it"},
		"100,000 small events":   {"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nEND:VEVENT\n", 100_000) + "END:VCALENDAR\n", "the event has no UID"},
		"deep":                   {"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:A\n", 1_000_000), "nested too deeply"},
		"a long line":            {strings.Replace(one, "SUMMARY:", "SUMMARY:"+strings.Repeat("x\n x", 1<<20), 1), "longer than 8000 bytes"},
		"many parameters":        {strings.Replace(one, "DTSTART:", "DTSTART"+strings.Repeat(";A=b", 1_000)+":", 1), "a line is NAME:value"},
		"a long line unread":     {strings.Replace(one, "SUMMARY:", "DESCRIPTION:"+strings.Repeat("x\n ", 2<<20)+"\nSUMMARY:", 1), "1 work 2026-11-10"},
		"folds only":             {"BEGIN:VCALENDAR\n" + strings.Repeat(" \n", 4<<20), "longer than 8000 bytes or END:VCALENDAR is missing"},
		"exceptions only":        {strings.Replace(one, "SUMMARY:", strings.Repeat("EXDATE:20261110T070000Z\n", 300_000)+"SUMMARY:", 1), "1 work 2026-11-10"},
	} {
		got := told(t, c.file)
		if !strings.Contains(got, c.want) && !(name == "folds only" && strings.Contains(got, "END:VCALENDAR is missing")) {
			t.Errorf("%s: %.300s", name, got)
		}
	}
}

// An independent program's files are read as it meant them.
func TestACalendarOfAnotherLibraryIsRead(t *testing.T) {
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

// Days that an independent implementation of RFC 5545's recurrence counts.
func TestRecurrencesAreThoseOfAnotherLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(-60, 60).Draw(t, "start"))
		rule := "FREQ=" + rapid.SampledFrom([]string{"DAILY", "WEEKLY"}).Draw(t, "freq")
		if n := rapid.IntRange(1, 5).Draw(t, "interval"); n > 1 {
			rule += fmt.Sprintf(";INTERVAL=%d", n)
		}
		if days := rapid.SliceOfNDistinct(rapid.SampledFrom(weekdays), 0, 4, rapid.ID[string]).Draw(t, "days"); len(days) > 0 {
			rule += ";BYDAY=" + strings.Join(days, ",")
		}
		if rapid.Bool().Draw(t, "wkst") {
			rule += ";WKST=" + rapid.SampledFrom(weekdays).Draw(t, "week")
		}
		switch rapid.IntRange(0, 2).Draw(t, "end") {
		case 1:
			rule += fmt.Sprintf(";COUNT=%d", rapid.IntRange(1, 30).Draw(t, "count"))
		case 2:
			rule += ";UNTIL=" + start.AddDate(0, 0, rapid.IntRange(0, 90).Draw(t, "until")).Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "hour"))*time.Hour).Format("20060102T150405Z")
		}
		last := start.AddDate(0, 0, 120)
		option, err := rrule.StrToROption(rule)
		if err != nil {
			t.Fatal(rule, err)
		}
		option.Dtstart = start
		other, err := rrule.NewRRule(*option)
		if err != nil {
			t.Fatal(rule, err)
		}
		var want, got []string
		for _, at := range other.Between(start, last, true) {
			want = append(want, calendar.DateOf(at).String())
		}
		r := repeat{interval: 1}
		if !r.parse(rule, Local{Minute: 8 * 60, Zone: time.UTC}) {
			t.Fatal(rule, "is refused")
		}
		first := dayNumber(calendar.DateOf(start))
		r.each(first, first, dayNumber(calendar.DateOf(last)), func(day int) bool {
			got = append(got, dateOf(day).String())
			return true
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%s from %s\ngot  %v\nwant %v", rule, start.Format(time.DateOnly), got, want)
		}
	})
}
