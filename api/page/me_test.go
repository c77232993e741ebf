package page

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestAnEmployeesPagesRenderInFiveLanguages(t *testing.T) {
	r := renderer(t)
	for _, lang := range OwnLanguages() {
		for name, view := range sampleOwnViews(lang) {
			got := rendered(t, r, view)
			if !strings.Contains(got, `<html lang="`+lang+`"`) {
				t.Errorf("%s/%s is not in %s: %.120q", lang, name, lang, got)
			}
			if strings.Contains(got, "{0}") || strings.Contains(got, "{1}") {
				t.Errorf("%s/%s leaves a place open", lang, name)
			}
		}
	}
}

func ownTexts(t *testing.T, lang, file string) map[string]string {
	t.Helper()
	raw, err := textFiles.ReadFile("text/" + lang + "/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var text map[string]string
	if err := json.Unmarshal(raw, &text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatAnEmployeeReadsIsInFiveLanguages(t *testing.T) {
	for _, file := range []string{"me.json", "picture.json"} {
		want := ownTexts(t, "nl", file)
		for _, lang := range OwnLanguages() {
			got := ownTexts(t, lang, file)
			for key, text := range want {
				if got[key] == "" {
					t.Errorf("%s has no %q", lang, key)
				} else if a, b := places(got[key]), places(text); !slices.Equal(a, b) {
					t.Errorf("%s %q has places %v, want %v", lang, key, a, b)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s: %d texts in %s, nl has %d", lang, len(got), file, len(want))
			}
		}
	}
}

func TestTheFrameIsWhereTheOfficeHasIt(t *testing.T) {
	house := catalogues(t)[fallbackLanguage]
	first := ownTexts(t, "pl", "frame.json")
	for _, lang := range []string{"pl", "de", "ro"} {
		frame := ownTexts(t, lang, "frame.json")
		delete(frame, "day.sign") // of those that write one
		for key, text := range frame {
			if got, want := places(text), places(house.text[key]); house.text[key] == "" || !slices.Equal(got, want) {
				t.Errorf("%s %q: %q where the office has %q", lang, key, text, house.text[key])
			}
		}
		if a, b := slices.Sorted(maps.Keys(frame)), slices.Sorted(maps.Keys(first)); !slices.Equal(a, b) {
			t.Errorf("%s has other texts than pl", lang)
		}
	}
}

func TestAPageOfTheOfficeIsNeverHalfTranslated(t *testing.T) {
	for _, lang := range []string{"pl", "de", "ro"} {
		for name, view := range sampleViews(lang) {
			if _, own := view.(interface{ own() }); own {
				continue
			}
			if got := rendered(t, renderer(t), view); !strings.Contains(got, `<html lang="nl"`) {
				t.Errorf("%s in %s begins with %.80q", name, lang, got)
			}
		}
	}
}

func TestAnEmployeeIsOfferedNothingOfTheOffice(t *testing.T) {
	for name, view := range sampleOwnViews("nl") {
		got := rendered(t, renderer(t), view)
		for _, path := range []string{PathToday, PathTimesheets, PathPeople, PathDevices, PathExports, PathRules, PathLog, PathAccounts} {
			if strings.Contains(got, `"`+path) {
				t.Errorf("%s leads to %s", name, path)
			}
		}
	}
}

func TestWhatAnEmployeeTypedIsEscaped(t *testing.T) {
	const typed = `"><script>alert(1)</script>`
	day := sampleOwnDay("nl")
	day.Asked[0].Text, day.Asked[0].Answer, day.Form.Values = typed, typed, map[string]string{"text": typed, "at": typed}
	day.Why.Taps[0].Where, day.Why.Decisions[0].By = typed, typed
	if got := rendered(t, renderer(t), day); strings.Contains(got, "<script>alert") {
		t.Error("the page holds a script that somebody typed")
	}
}
