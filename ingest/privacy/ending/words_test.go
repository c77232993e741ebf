package ending

import "testing"

func TestTotalsAreReadInTheReadersWords(t *testing.T) {
	for key, want := range map[string]string{"120": "120", "MEER": "MEER", "OPROEP added": "OPROEP, bijgeschreven", "absent absent": "afwezig", "ADV absent": "ADV, afwezig", "premium-30 supplement": "premium-30, toeslag"} {
		if got := wordsOf("nl").line(key); got != want {
			t.Errorf("%q reads %q, want %q", key, got, want)
		}
	}
}
