package incident

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/api/sla/notice"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/press"
)

// Event is what a customer is told of an incident; webhooks have it as their
// type.
type Event string

// reported is the event of a report; that of a step bears its name.
const reported Event = "incident.reported"

func (s Step) event() Event {
	return Event("incident." + strings.ReplaceAll(string(s.What), "-", "_"))
}

// told says whether the customer is told of a step by itself. That it arose
// earlier changes what is counted, and stands on its page.
func (s Step) told() bool { return s.What != Earlier }

// News is something that a customer is told.
type News struct {
	Event Event
	About string // which report or step: everybody is told of it once
	At    time.Time
}

// addressees are those who are told: the customer's administrators and whoever
// wrote the incident down, as far as they can sign in and have an address; where
// there is none, the fixed address of the contract (N-B8, OB-H13).
func addressees(c notice.Customer, by audit.Actor) []people.Account {
	return c.Addressees(func(a people.Account) bool {
		return a.Has(people.Administrator) || by.Kind == audit.Account && by.ID == a.ID
	})
}

// letters tell addressees of news about an incident. They hold nothing that
// somebody typed, which may be about people (OB-P14): that stands on the page.
func letters(i Incident, n News, to []people.Account, service window.Window) (all []mail.Letter, err error) {
	for _, a := range to {
		say, err := press.WordsOf(texts, a.Reads())
		if err != nil {
			return nil, fmt.Errorf("telling of an incident: %w", err)
		}
		all = append(all, mail.Letter{About: n.About, Account: a.ID, To: a.Email, Language: say.Language,
			Subject: say.Say("subject", i.ID, say.Say(string(n.Event))), Body: strings.Join(body(say, i, n, service), "\n") + "\n"})
	}
	return all, nil
}

//go:embed text/*.json
var texts embed.FS

// bothWords are the words of letters in Dutch and in English.
func bothWords() (nl, en press.Words, err error) {
	if nl, err = press.WordsOf(texts, "nl"); err == nil {
		en, err = press.WordsOf(texts, "en")
	}
	return nl, en, err
}

func body(w press.Words, i Incident, n News, service window.Window) []string {
	moment := func(t time.Time) string {
		return window.Write(t.In(service.Zone), w.Say("layout")) + " (" + service.Zone.String() + ")"
	}
	lines := []string{w.Say("told", i.ID, w.Say(string(n.Event)), moment(n.At)), "",
		w.Say("priority", w.Say("priority."+string(i.Now())), i.Category), w.Say("arose", moment(i.Arose()))}
	c := i.Clock(service)
	for _, clock := range []struct {
		name string
		Due
	}{{"answer-by", c.Answer}, {"solve-by", c.Solve}} {
		if by := clock.open(); i.IsOpen() && !by.IsZero() {
			lines = append(lines, w.Say(clock.name, moment(by)))
		}
	}
	return slices.Concat(lines, []string{"", w.Say("where", i.ID), "", w.Say("why")})
}
