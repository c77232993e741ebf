package breach

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/privacy"
)

var known = time.Date(2026, 9, 10, 8, 0, 0, 0, time.UTC)

func told(pairs ...any) (all []Step) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, Step{What: pairs[i].(StepKind), DoneAt: known.Add(time.Duration(pairs[i+1].(int)) * time.Hour)})
	}
	return all
}

func TestTheClockStopsWhenBothWaysWereUsed(t *testing.T) { // W-4.16
	cases := map[string]struct {
		steps []Step
		now   int
		state State
		late  bool
	}{
		"nobody told yet":                    {nil, 24, Untold, false},
		"nobody told in time":                {nil, 25, Untold, true},
		"by telephone only":                  {told(Telephone, 1), 25, HalfWay, true},
		"by both, the second on the hour":    {told(Telephone, 1, Email, 24), 90, Told, false},
		"by both, the second too late":       {told(Email, 1, Telephone, 25), 90, Told, true},
		"somebody else was told":             {told(Other, 1), 2, Untold, false},
		"a second call doesn't move it":      {told(Telephone, 1, Email, 2, Telephone, 30), 90, Told, false},
		"a call in time, written down last":  {told(Email, 2, Telephone, 30, Telephone, 1), 90, Told, false},
		"no breach after all, never told of": {told(Dismissed, 3), 90, None, false},
		"closed":                             {told(Telephone, 1, Email, 2, Closed, 50), 90, Shut, false},
		"opened again":                       {told(Telephone, 1, Email, 2, Closed, 50, Reopened, 60), 90, Told, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := Breach{Known: known, Hours: 24, Versions: []Version{{}}, Steps: c.steps}
			if now := known.Add(time.Duration(c.now) * time.Hour); b.State() != c.state || b.Late(now) != c.late {
				t.Errorf("%s, late %v", b.State(), b.Late(now))
			}
		})
	}
}

func TestOnlyWhatHappenedIsABreach(t *testing.T) {
	now := known.Add(time.Hour)
	cases := map[string]struct {
		known time.Time
		f     Facts
		field string
	}{
		"a sentence is enough":        {known, Facts{Nature: "A laptop is gone."}, ""},
		"no sentence":                 {known, Facts{Nature: " "}, "nature"},
		"known in the future":         {now.Add(time.Second), Facts{Nature: "x"}, "known"},
		"it will happen":              {known, Facts{Nature: "x", From: now.Add(time.Hour)}, "from"},
		"it ended before it began":    {known, Facts{Nature: "x", From: known, Until: known.Add(-time.Hour)}, "until"},
		"fewer at most than at least": {known, Facts{Nature: "x", Least: 5, Most: 4}, "most"},
		"a negative number":           {known, Facts{Nature: "x", Least: -1}, "least"},
		"fewer records than none":     {known, Facts{Nature: "x", Records: -1}, "records"},
		"an absurd number":            {known, Facts{Nature: "x", Most: mostPeople + 1}, "most"},
		"a kind nobody declared":      {known, Facts{Nature: "x", Kinds: []privacy.Kind{"health"}}, "kinds"},
		"a text without end":          {known, Facts{Nature: "x", Cause: strings.Repeat("é", textLength+1)}, "cause"},
		"a null character":            {known, Facts{Nature: "x", Taken: "a\x00b"}, "taken"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.f.check(c.known, now)
			var no *privacy.Refused
			if got := errors.As(err, &no); got != (c.field != "") || got && no.Field != c.field {
				t.Errorf("%v, want %q", err, c.field)
			}
		})
	}
}

func TestANoticeHasEveryPrescribedFieldInBothLanguages(t *testing.T) { // W-4.17, P-7.4, GDPR 33(3)
	f := Facts{Nature: "NATURE", Cause: "CAUSE", From: known, Until: known.Add(time.Hour), Learned: "LEARNED", Groups: "GROUPS", Least: 3, Most: 12, Records: 4711,
		Kinds: []privacy.Kind{privacy.Name}, Consequences: "CONSEQUENCES", Taken: "TAKEN", Planned: "PLANNED", Contact: "CONTACT"}
	b := Breach{ID: 4, Known: known, Hours: 24, Versions: []Version{{Facts: f}}, Steps: []Step{{What: Telephone, DoneAt: known, Whom: "ILSE"}, {What: Other, DoneAt: known, Whom: "COUNCIL"}}}
	p := Parties{Controller: "Acme", To: "TO", Kind: func(k privacy.Kind) string { return "KIND-" + string(k) }}
	for lang, words := range map[string][]string{"nl": {"verwerkingsverantwoordelijke", "minimaal 3, maximaal 12", "betrokkenen"}, "en": {"controller", "at least 3, at most 12", "data subjects"}} {
		d := b.Notice(lang, p, known.Add(2*time.Hour))
		text := d.Text()
		for _, want := range append(words, "NATURE", "CAUSE", "LEARNED", "GROUPS", "4711", "KIND-name", "CONSEQUENCES", "TAKEN", "PLANNED", "CONTACT", "ILSE", "COUNCIL", "TO", "10 sep 2026 08:00", "11 sep 2026 08:00") {
			if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
				t.Errorf("%s lacks %q", lang, want)
			}
		}
		var pdf bytes.Buffer
		if err := d.PDF(&pdf); err != nil || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF")) {
			t.Errorf("%s: %v", lang, err)
		}
	}
}

func TestANoticeSaysWhatIsNotKnownYet(t *testing.T) { // GDPR 33(4)
	b := Breach{ID: 4, Known: known, Hours: 48, Versions: []Version{{Facts: Facts{Nature: "x"}}}}
	text := b.Notice("en", Parties{Controller: "Acme"}, known).Text()
	if n := strings.Count(text, "Not known yet."); n != 12 {
		t.Errorf("%d fields are said to be unknown:\n%s", n, text)
	}
	if missing := b.Now().Missing(); len(missing) != 10 {
		t.Errorf("missing: %v", missing)
	}
}

func TestBothLanguagesHaveTheSameWords(t *testing.T) {
	nl, en := dutch(), english()
	for key := range nl {
		if en[key] == "" || nl[key] == "" {
			t.Errorf("%q has no words in both languages", key)
		}
	}
	if len(nl) != len(en) {
		t.Errorf("%d Dutch words, %d English", len(nl), len(en))
	}
}
