package api

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/payroll"
)

// say renders a message on a page; one without words fails.
func say(t *testing.T, language string, m page.Message) string {
	t.Helper()
	pages, err := page.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := pages.Render(&b, &page.Failure{Frame: page.Frame{Language: language}, Status: 400, Detail: &m}); err != nil {
		t.Errorf("%s: %v", language, err)
	}
	return b.String()
}

func TestEveryRefusalIsToldInBothLanguages(t *testing.T) {
	for _, language := range page.Languages() {
		for sentinel := range refusals() {
			if text := say(t, language, told(fmt.Errorf("doing something: %w", sentinel))); strings.Contains(text, sentinel.Error()) && language == "nl" {
				t.Errorf("%q is told as it is", sentinel)
			}
		}
		for _, field := range []string{"number", "surname", "first_name", "email", "contract", "from", "until", "zone", "name", "language", "role", "scope", "employee", "person"} {
			say(t, language, told(&people.Invalid{Field: field}))
		}
		for _, kind := range people.ProblemKinds() {
			say(t, language, importProblemOf(people.Problem{Kind: kind, Values: []int{2, 3}}))
		}
		for _, name := range calendar.HolidayNames() {
			say(t, language, page.Say("rule.holiday."+name))
		}
		for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"} {
			say(t, language, bandWhen(rule.Band{Days: []string{day}}))
		}
		say(t, language, told(fmt.Errorf("%w: no such thing", payroll.ErrFormat)))
		say(t, language, told(fmt.Errorf("something internal")))
	}
}

func TestWhatIsInternalIsNotTold(t *testing.T) {
	if text := say(t, "nl", told(fmt.Errorf("relation employee does not exist"))); strings.Contains(text, "relation") {
		t.Error("an internal error is on the page")
	}
}
