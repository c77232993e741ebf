package press

import (
	"errors"
	"slices"
	"testing"
	"testing/fstest"
)

func words(t *testing.T, text string) Words {
	t.Helper()
	w, err := WordsOf(fstest.MapFS{"text/nl.json": {Data: []byte(text)}}, "nl")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestASentenceIsFilledInOnce(t *testing.T) {
	w := words(t, `{"kept": "{0} weken, tot {1}", "kept.one": "één week, tot {1}"}`)
	for _, c := range []struct {
		want string
		said string
	}{
		{"3 weken, tot {0}", w.Say("kept", 3, "{0}")},
		{"één week, tot vrijdag", w.Say("kept", 1, "vrijdag")},
		{"lost", w.Say("lost", 3)},
	} {
		if c.said != c.want {
			t.Errorf("it says %q, want %q", c.said, c.want)
		}
	}
}

func TestALanguageThatNobodyWroteIsRefused(t *testing.T) {
	if _, err := WordsOf(fstest.MapFS{}, "fr"); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestDifferencesOfLanguagesAreNamed(t *testing.T) {
	a, b := words(t, `{"both": "{0} {1}", "places": "{0}", "only": "x"}`), words(t, `{"both": "{1} of {0}", "places": "{1}", "empty": ""}`)
	if got := Differences(a, b); !slices.Equal(got, []string{"empty", "only", "places"}) {
		t.Error(got)
	}
}
