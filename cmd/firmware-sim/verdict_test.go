package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

var key = wire.Enrolment{TokenKey: wire.TokenKey{Version: 1, Secret: make([]byte, 32)}}

func token(fob uint64) wire.Token { return key.TokenKey.Token(sim.Fob(fob)) }

func instant(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.000", "2026-11-10 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

func stored(seq uint64, fob uint64) sim.Line {
	return sim.Line{Outcome: sim.Stored, Fob: sim.Number(fob), Origin: 1 << 40, Epoch: 7, Seq: seq}
}

func named(seq uint64, fob uint64) row {
	return row{name: wire.Name{Stream: wire.Stream{Origin: 1 << 40, Epoch: 7}, Seq: seq}, token: token(fob)}
}

func presented(clock string) sim.Line {
	return sim.Line{Outcome: sim.Presented, Fob: 5, At: instant(clock)}
}

func read(clock string) row {
	return row{key: deskName, token: token(5), wall: instant(clock).UnixMilli()}
}

func TestTapsAreHeldAgainstTheLedger(t *testing.T) {
	for _, c := range []struct {
		name                         string
		lines                        []sim.Line
		rows                         []row
		kills                        []time.Time
		lost, duplicates, unstorable int
	}{
		{name: "all there", lines: []sim.Line{stored(1, 5), stored(2, 6)}, rows: []row{named(1, 5), named(2, 6)}},
		{name: "one lost", lines: []sim.Line{stored(1, 5), stored(2, 6)}, rows: []row{named(1, 5)}, lost: 1},
		{name: "one twice", lines: []sim.Line{stored(1, 5)}, rows: []row{named(1, 5), named(1, 5)}, duplicates: 1},
		{name: "a name nobody gave", lines: []sim.Line{stored(1, 5)}, rows: []row{named(1, 5), named(2, 5)}, duplicates: 1},
		{name: "another fob under the name", lines: []sim.Line{stored(1, 5)}, rows: []row{named(1, 6)}, lost: 1},
		{name: "refused by a full reader", lines: []sim.Line{{Outcome: sim.Refused}}},
		{name: "desk: there", lines: []sim.Line{presented("08:00:00.000")}, rows: []row{read("08:00:00.070")}},
		{name: "desk: lost", lines: []sim.Line{presented("08:00:00.000")}, lost: 1},
		{name: "desk: too late to be it", lines: []sim.Line{presented("08:00:00.000")}, rows: []row{read("08:00:09.000")}, lost: 1, duplicates: 1},
		{name: "desk: twice", lines: []sim.Line{presented("08:00:00.000")}, rows: []row{read("08:00:00.010"), read("08:00:00.075")}, duplicates: 1},
		{name: "desk: on the line when the gateway was killed", lines: []sim.Line{presented("08:00:00.000")},
			kills: []time.Time{instant("08:00:00.100")}, unstorable: 1},
		{name: "desk: killed too long after to be an excuse", lines: []sim.Line{presented("08:00:00.000")},
			kills: []time.Time{instant("08:00:00.900")}, lost: 1},
		{name: "desk: nobody there", lines: []sim.Line{{Outcome: sim.Unstorable, Fob: 5}}, unstorable: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verdict{lines: c.lines}
			v.compareTaps(c.rows, key, c.kills)
			if v.lost != c.lost || v.duplicates != c.duplicates || v.unstorable != c.unstorable {
				t.Errorf("lost=%d duplicates=%d unstorable=%d, want %d %d %d", v.lost, v.duplicates, v.unstorable, c.lost, c.duplicates, c.unstorable)
			}
		})
	}
}

// aDay is a day from 08:00:30 to 17:00:10 with a break of 20 minutes by the
// taps, as the server should explain it: 9:00 less 30 minutes.
const aDay = `{"minutes":510,"punches":[
	{"at":"2026-11-10T08:00:30Z","role":"in","counts":true,"uncertainty_ms":100},
	{"at":"2026-11-10T12:00:00Z","role":"break_start","counts":true,"uncertainty_ms":100},
	{"at":"2026-11-10T12:20:00Z","role":"break_end","counts":true,"uncertainty_ms":100},
	{"at":"2026-11-10T17:00:10Z","role":"out","counts":true,"uncertainty_ms":100}],
	"shifts":[{"state":"complete","start":"2026-11-10T08:00:00Z","end":"2026-11-10T17:00:00Z","minutes":510,"tapped_break":20}],
	"lines":[{"code":"100","minutes":510,"kind":"worked"}]}`

func TestMinutesAreHeldAgainstTheLedger(t *testing.T) {
	for _, c := range []struct {
		name             string
		replace, with    string
		explained, wrong int
	}{
		{name: "as it was"},
		{name: "paid too much", replace: `"minutes":510,"tapped`, with: `"minutes":511,"tapped`, wrong: 2},
		{name: "parts that miss the whole", replace: `"code":"100","minutes":510`, with: `"code":"100","minutes":500`, wrong: 10},
		{name: "a start that its bound does not explain", replace: `"start":"2026-11-10T08:00:00Z"`, with: `"start":"2026-11-10T08:01:00Z"`, wrong: 2},
		{name: "a minute of break that the bounds explain", replace: `"tapped_break":20`, with: `"tapped_break":21`, explained: 1},
		{name: "no shift at all", replace: `"shifts":[{`, with: `"shifts":[],"was":[{`, wrong: 511},
	} {
		t.Run(c.name, func(t *testing.T) {
			var x explanation
			if err := json.Unmarshal([]byte(strings.Replace(aDay, c.replace, c.with, 1)), &x); err != nil {
				t.Fatal(err)
			}
			var v verdict
			v.compareDay("", x, sim.Shifts([]sim.Line{
				{At: instant("08:00:30.000"), Kind: sim.In}, {At: instant("12:00:00.000"), Kind: sim.Break},
				{At: instant("12:20:00.000"), Kind: sim.Break}, {At: instant("17:00:10.000"), Kind: sim.Out}}))
			if v.explained != c.explained || v.wrong != c.wrong {
				t.Errorf("explained=%d wrong=%d, want %d %d: %v", v.explained, v.wrong, c.explained, c.wrong, v.notes)
			}
		})
	}
}

func TestAPunchJustBeyondItsMinuteIsExplainedByItsBound(t *testing.T) {
	var x explanation
	day := strings.NewReplacer("T08:00:30Z", "T08:01:00.040Z", `"start":"2026-11-10T08:00:00Z"`, `"start":"2026-11-10T08:01:00Z"`,
		"510", "509").Replace(aDay)
	if err := json.Unmarshal([]byte(day), &x); err != nil {
		t.Fatal(err)
	}
	var v verdict
	v.compareDay("", x, sim.Shifts([]sim.Line{
		{At: instant("08:00:59.980"), Kind: sim.In}, {At: instant("12:00:00.000"), Kind: sim.Break},
		{At: instant("12:20:00.000"), Kind: sim.Break}, {At: instant("17:00:10.000"), Kind: sim.Out}}))
	if v.explained != 1 || v.wrong != 0 {
		t.Errorf("explained=%d wrong=%d, want 1 0: %v", v.explained, v.wrong, v.notes)
	}
}

func TestExportedHoursAreHeldAgainstTheTimesheets(t *testing.T) {
	file := "nr;datum;code;component;minuten;uren\n1;2026-11-10;100;1000;500;8.33\n1;2026-11-11;100;1000;500;8.34\n"
	for _, c := range []struct {
		name    string
		minutes int
		diff    int
	}{
		{"the same", 1000, 0},
		{"a minute more was approved", 1001, 2}, // in the minutes, and beyond half a unit in the decimals
		{"nothing was approved", 0, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verdict{}
			if c.minutes > 0 {
				v.sheets = []timesheet{{Number: "1", Codes: []codeMinutes{{"100", c.minutes}}}}
			}
			if err := v.compareCSV([]byte(file), v.approved()); err != nil {
				t.Fatal(err)
			}
			if v.exportDiff != c.diff {
				t.Errorf("difference %d, want %d: %v", v.exportDiff, c.diff, v.notes)
			}
		})
	}
}

func TestWhatTheRulesAddIsCountedAgain(t *testing.T) {
	door, yard := []sim.Shift{{Lines: []sim.Line{{Reader: doorName}}}}, []sim.Shift{{Lines: []sim.Line{{Reader: yardName}}}}
	travel := []explainedLine{{codeMinutes{"100", 480}, worked}, {codeMinutes{travelCode, travelMinutes}, "added"}}
	for _, c := range []struct {
		name  string
		truth []sim.Shift
		lines []explainedLine
		wrong int
	}{
		{"at the door", door, travel[:1], 0},
		{"travel that nobody made", door, travel, travelMinutes},
		{"at the hirer's", yard, travel, 0},
		{"travel that is missing", yard, travel[:1], travelMinutes},
		{"nobody worked", nil, nil, 0},
		{"absence that nobody entered", nil, []explainedLine{{codeMinutes{"absent", 480}, "absent"}}, 480},
	} {
		var v verdict
		if v.compareBeside("", explanation{Lines: c.lines}, c.truth); v.wrong != c.wrong {
			t.Errorf("%s: %d minutes wrong, want %d", c.name, v.wrong, c.wrong)
		}
	}
}

func TestOvertimeIsCountedAgain(t *testing.T) {
	for _, c := range []struct {
		name    string
		pattern sim.Pattern
		codes   map[string]int
		wrong   int
	}{
		{"forty hours and the grace", sim.Day, map[string]int{"100": 2430}, 0},
		{"a minute more, as overtime", sim.Day, map[string]int{"100": 2430, "150": 1}, 0},
		{"a minute more, unpaid as such", sim.Day, map[string]int{"100": 2431}, 1},
		{"evenings are overtime too", sim.Late, map[string]int{"100": 1700, "120": 730, "150": 70}, 0},
		{"a Sunday keeps its premium", sim.Night, map[string]int{"140": 2000, "200": 480}, 0},
		{"more than the contract", sim.PartTime, map[string]int{"100": 1470, "MEER": 15}, 0},
		{"more than the contract, unpaid as such", sim.Split, map[string]int{"100": 2200}, 10},
		{"above both", sim.Split, map[string]int{"100": 2190, "MEER": 240, "150": 5}, 0},
	} {
		var v verdict
		if v.compareWeek("", c.codes, c.pattern); v.wrong != c.wrong {
			t.Errorf("%s: %d minutes wrong, want %d: %v", c.name, v.wrong, c.wrong, v.notes)
		}
	}
}
