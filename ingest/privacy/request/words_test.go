package request

import (
	"testing"

	"tikklok/ingest/press"
)

func TestLanguagesSayTheSame(t *testing.T) {
	nl, err := press.WordsOf(texts, "nl")
	if err != nil {
		t.Fatal(err)
	}
	en, err := press.WordsOf(texts, "en")
	if err != nil {
		t.Fatal(err)
	}
	if differ := press.Differences(nl, en); len(differ) > 0 {
		t.Errorf("nl and en differ in %v", differ)
	}
}
