package ending

import (
	"testing"

	"tikklok/ingest/press"
	"tikklok/ingest/press/presstest"
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

func TestLanguagesSayTheSame(t *testing.T) { presstest.SayTheSame(t, texts) }
