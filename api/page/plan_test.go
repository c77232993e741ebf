package page

import (
	"testing"

	"tikklok/ingest/hours/plan"
)

func TestEveryProblemOfAPlanHasWords(t *testing.T) {
	for lang, w := range catalogues(t) {
		for _, kind := range plan.ProblemKinds() {
			if _, ok := w.text["plan-problem."+kind]; !ok {
				t.Errorf("%s has no words for %s", lang, kind)
			}
		}
	}
}
