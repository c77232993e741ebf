package wording

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

func all(t *testing.T) map[string]words {
	t.Helper()
	out := map[string]words{}
	for _, language := range Languages() {
		w, err := load(language)
		if err != nil {
			t.Fatal(err)
		}
		out[language] = w
	}
	return out
}

func TestEveryLanguageHasEverySentenceWithTheSamePlaces(t *testing.T) {
	place := regexp.MustCompile(`\{\w+\}`)
	places := func(text string) []string {
		return slices.Compact(slices.Sorted(slices.Values(place.FindAllString(text, -1))))
	}
	catalogues := all(t)
	for language, w := range catalogues {
		for key, text := range catalogues["nl"] {
			if w[key] == "" {
				t.Errorf("%s has no %q", language, key)
			} else if got, want := places(w[key]), places(text); !slices.Equal(got, want) {
				t.Errorf("%s %q has the places %v, want %v", language, key, got, want)
			}
		}
		if len(w) != len(catalogues["nl"]) {
			t.Errorf("%s has %d sentences, nl %d", language, len(w), len(catalogues["nl"]))
		}
		if n, m := len(strings.Fields(w["weekdays"])), len(strings.Fields(w["months"])); n != 7 || m != 12 {
			t.Errorf("%s knows %d weekdays and %d months", language, n, m)
		}
	}
}

// TestEveryKindHasASentence reads the kinds from the source of hours, so that
// one that was added there is missed here.
func TestEveryKindHasASentence(t *testing.T) {
	nobodys := []string{"unknown_fob", "unheld_fob", "blocked_fob", "lost_fob"} // of no employee's day
	variants := map[string][]string{
		"overtime": {"overtime.day", "overtime.week", "overtime.period"}, "travel": {"travel.shift", "travel.day"},
		"tap": {"tap", "tap.planned"}, "rounding": {"rounding", "rounding.none"},
	}
	found := 0
	for prefix, kind := range map[string]string{"step": "StepKind", "role": "Role", "known": "Known", "question": "ExceptionKind", "decision": "DecisionKind", "line": "LineKind"} {
		for _, name := range constants(t, kind) {
			if name == "" || slices.Contains(nobodys, name) {
				continue
			}
			found++
			keys := []string{name}
			if v := variants[name]; v != nil && prefix == "step" {
				keys = v
			}
			for _, key := range keys {
				for language, w := range all(t) {
					if w[prefix+"."+key] == "" {
						t.Errorf("%s has no sentence for the %s %q: %s.%s", language, kind, name, prefix, key)
					}
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d kinds were found in the source of hours", found)
	}
	for _, name := range calendar.HolidayNames() {
		for language, w := range all(t) {
			if w["holiday."+name] == "" {
				t.Errorf("%s has no name for the holiday %q", language, name)
			}
		}
	}
}

// constants gives the values of the constants of a type of package hours.
func constants(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				return true
			}
			typ, named := spec.Type.(*ast.Ident)
			value, literal := spec.Values[0].(*ast.BasicLit)
			if named && literal && typ.Name == kind && value.Kind == token.STRING {
				text, err := strconv.Unquote(value.Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, text)
			}
			return true
		})
	}
	return out
}

func TestALanguageThatNobodyWroteIsRefused(t *testing.T) {
	if _, err := Text(hours.Explanation{}, "fr", time.UTC); !errors.Is(err, ErrLanguage) {
		t.Errorf("French: %v", err)
	}
}

// night is a shift over midnight with a double tap, an automatic break and an
// out that somebody filled in.
func night(t *testing.T) (hours.Explanation, *time.Location) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute, second int) time.Time {
		return time.Date(2026, 11, day, hour, minute, second, 0, zone)
	}
	minute := func(day, hour, min int) int64 { return at(day, hour, min, 0).Unix() / 60 }
	in, out := at(10, 21, 58, 59), at(11, 6, 2, 0)
	d := hours.Day{Employee: 1, Date: calendar.On(2026, 11, 10), Zone: zone.String(), Rules: 1, Minutes: 454,
		Punches: []hours.Punch{
			{Tap: "1/1/1", At: in.UnixMilli(), Uncertainty: 96, Known: hours.KnownDisciplined, Role: hours.RoleIn, Site: 3, ReaderName: "Hal 3", SiteName: "Venlo"},
			{Tap: "1/1/2", At: in.Add(4 * time.Second).UnixMilli(), Uncertainty: 14_001, Known: hours.KnownEstimated, Role: hours.RoleDouble, Window: 90, Site: 3, ReaderName: "Hal 3", SiteName: "Venlo"},
			{Decision: 7, At: out.UnixMilli(), Known: hours.KnownDecided, Role: hours.RoleOut, Site: 3, SiteName: "Venlo"},
		},
		Shifts: []hours.Shift{{State: hours.Complete, Taps: []hours.TapID{"1/1/1"}, Worked: []hours.Worked{{Code: "140", Site: 3}}}},
		Lines:  []hours.DayLine{{Site: 3, Code: "140", Minutes: 454}, {Code: "AFW", Kind: hours.LineAbsent, Minutes: 30}},
		Exceptions: []hours.Exception{{Kind: hours.TooLong, At: out.UnixMilli(), Minutes: 484},
			{Kind: "something new", At: out.UnixMilli()}},
		Decisions: []int64{7},
	}
	return hours.Explanation{Day: d,
		Steps: []hours.Step{
			{Kind: hours.StepAttended, From: minute(10, 21, 58), To: minute(11, 6, 2), Minutes: 484},
			{Kind: hours.StepAuto, From: minute(11, 1, 45), To: minute(11, 2, 15), Above: 330, Minutes: -30},
			{Kind: hours.StepRounding},
			{Kind: hours.StepOvertime, Per: "week", Of: 2490, Above: 2400, Code: "125", Moved: 90},
			{Kind: hours.StepAbsent, Code: "AFW", Minutes: 30},
			{Kind: hours.StepCode, Code: "140", Minutes: 454}, {Kind: hours.StepTotal, Minutes: 454},
		},
		Decisions: []hours.Decision{{ID: 7, Kind: hours.AddPunch, At: out, Mode: hours.Out, Reason: "vergeten te tikken", ByName: "Anna de Vries", Made: at(11, 9, 14, 0)}},
	}, zone
}

func TestADayIsExplainedInDutch(t *testing.T) {
	x, zone := night(t)
	want := `dinsdag 10 november 2026: 7:34

Tikken
  21:58:59  In, Hal 3, Venlo (± 0,1 s, de klok van het apparaat loopt gelijk)
  21:59:03  Dubbel: telt niet, want binnen 90 s na een andere tik, Hal 3, Venlo (± 15 s, geschat vanaf één bekende tijd)
  06:02:00 (dag erna)  Uit, Venlo (door iemand ingevuld)

Berekening
    8:04  In 21:58, uit 06:02 (dag erna)
   -0:30  Automatische pauze 01:45 (dag erna)–02:15 (dag erna), want meer dan 5:30 gewerkt
    0:00  Niet afgerond
    0:00  In deze week is 41:30 gewerkt; boven 40:00 geldt code 125: 1:30
    7:34  Code 140
    7:34  Samen

Daarnaast
    0:30  Afwezig, code AFW

Uren
    7:34  Gewerkt, code 140, Venlo, uit de tikken van 21:58
    0:30  Afwezig, code AFW, uit een besluit

Nog na te kijken
  Een lange dienst: klopt de tik van 06:02 (dag erna)?
  Er moet nog iemand naar deze dag kijken.

Wat iemand besliste
  Uit ingevuld: 06:02 (dag erna). Anna de Vries, 11 november 2026 09:14: “vergeten te tikken”

Regels
  Hele minuten tellen: een tik om 07:58:59 telt als 07:58.
  Tijden in Europe/Amsterdam.
`
	if got, err := Text(x, "nl", zone); err != nil || got != want {
		t.Errorf("%v, got:\n%s\nwant:\n%s", err, got, want)
	}
}

func TestADayIsExplainedInEveryLanguageWithNothingLeftOpen(t *testing.T) {
	x, zone := night(t)
	for _, role := range constants(t, "Role") {
		x.Day.Punches = append(x.Day.Punches, hours.Punch{At: x.Day.Punches[0].At, Role: hours.Role(role), Known: hours.KnownArrival, Uncertainty: hours.Unbounded})
	}
	for _, kind := range constants(t, "StepKind") {
		x.Steps = append(x.Steps, hours.Step{Kind: hours.StepKind(kind), Per: "day", Name: "christmas", Role: hours.RoleIn})
	}
	for _, kind := range constants(t, "DecisionKind") {
		x.Decisions = append(x.Decisions, hours.Decision{Kind: hours.DecisionKind(kind), Mode: hours.In})
	}
	for _, language := range Languages() {
		got, err := Text(x, language, zone)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(got, "{}") {
			t.Errorf("%s leaves a place open:\n%s", language, got)
		}
		if strings.Contains(got, "_") {
			t.Errorf("%s shows a name of the program:\n%s", language, got)
		}
	}
}

func TestANumberThatNobodyKnowsIsNoError(t *testing.T) {
	x, zone := night(t)
	x.Steps = []hours.Step{{Kind: "a_new_step", Code: "9"}}
	if got, err := Text(x, "en", zone); err != nil || !strings.Contains(got, "a new step 9") {
		t.Errorf("%v:\n%s", err, got)
	}
}
