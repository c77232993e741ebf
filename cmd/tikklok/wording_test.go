package main

import (
	"testing"

	"tikklok/ingest/privacy/wording"
)

func TestEveryTableAboutPeopleHasWords(t *testing.T) { // I7, OB-P11: nobody reads the name of a column
	for _, language := range wording.Languages() {
		words, err := wording.In(language)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range words.Missing(catalogue()) {
			t.Errorf("ingest/privacy/wording/text/%s.json lacks %q", language, key)
		}
	}
}
