package wording_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"testing"

	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/wording"
)

func read(t *testing.T, language string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("text/" + language + ".json")
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]string{}
	if err := json.Unmarshal(raw, &text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestLanguagesSayTheSameThings(t *testing.T) {
	for _, folder := range []string{"", "log/"} {
		sameThings(t, read(t, folder+"nl"), read(t, folder+"en"))
	}
}

func sameThings(t *testing.T, nl, en map[string]string) {
	t.Helper()
	if a, b := slices.Sorted(maps.Keys(nl)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) {
		t.Errorf("nl and en differ: %v, %v", a, b)
	}
	for key, text := range nl {
		if text == "" || en[key] == "" {
			t.Errorf("%s is empty", key)
		}
	}
}

func TestEveryWordOfTheVocabularyIsSaid(t *testing.T) {
	for _, language := range wording.Languages() {
		w, err := wording.In(language)
		if err != nil {
			t.Fatal(err)
		}
		if missing := w.Missing(privacy.Catalogue(privacy.Tables())); len(missing) > 0 {
			t.Errorf("%s lacks %v", language, missing)
		}
		for _, e := range []privacy.Erasure{privacy.EraseRows, privacy.EraseValues, privacy.EraseStays, privacy.EraseByRoom} {
			if w.Erasure(e) == string(e) {
				t.Errorf("%s has no words for the erasure %q", language, e)
			}
		}
	}
}

func TestAMissingWordIsNamed(t *testing.T) {
	w, err := wording.In("nl")
	if err != nil {
		t.Fatal(err)
	}
	c := privacy.Catalogue{{Name: "nobody_wrote_this", Fields: []privacy.Field{{Column: "x"}}, Erase: privacy.EraseRows}, {Name: "plain", Plain: []string{"x"}}}
	if got := w.Missing(c); !slices.Equal(got, []string{"table.nobody_wrote_this", "column.x"}) {
		t.Errorf("missing: %v", got)
	}
	if got := w.Column("some_new_column"); got != "some new column" {
		t.Errorf("a column without words is called %q", got)
	}
}

func TestAnotherLanguageIsRefused(t *testing.T) {
	for _, language := range []string{"", "pl", "NL", "../nl"} {
		if _, err := wording.In(language); !errors.Is(err, wording.ErrLanguage) {
			t.Errorf("%q: %v", language, err)
		}
	}
}
