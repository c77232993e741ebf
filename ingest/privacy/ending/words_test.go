package ending

import (
	"testing"

	"tikklok/ingest/press"
)

func TestTotalsAreReadInTheReadersWords(t *testing.T) {
	w, err := press.WordsOf(texts, "nl")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"120": "120", "MEER": "MEER", "OPROEP added": "OPROEP, bijgeschreven", "absent absent": "afwezig", "ADV absent": "ADV, afwezig", "premium-30 supplement": "premium-30, toeslag"} {
		if got := line(w, key); got != want {
			t.Errorf("%q reads %q, want %q", key, got, want)
		}
	}
}

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
