package page

import (
	"testing"

	"tikklok/ingest/hours/law"
)

func TestEveryRowAndFigureOfTheActHasWords(t *testing.T) {
	w := catalogues(t)[fallbackLanguage]
	for _, row := range law.Rows() {
		for _, key := range []string{"law." + string(row), "law.name." + string(row)} {
			if w.text[key] == "" {
				t.Errorf("%s has no words", key)
			}
		}
	}
	for _, g := range law.List() {
		if w.text["law.figure."+g.Name] == "" {
			t.Errorf("law.figure.%s has no words", g.Name)
		}
	}
	for _, s := range []law.Severity{law.Breach, law.Edge, law.Unknown} {
		if w.text["severity."+string(s)] == "" || w.text["law.tally."+string(s)] == "" {
			t.Errorf("severity %s has no words", s)
		}
	}
}
