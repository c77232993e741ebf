package incident

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
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
func addressees(accounts []people.Account, by audit.Actor, fallback people.Account) (all []people.Account) {
	for _, a := range accounts {
		concerned := a.Has(people.Administrator) || by.Kind == audit.Account && by.ID == a.ID
		if concerned && a.Closed == nil && mailable(a.Email) {
			all = append(all, a)
		}
	}
	if len(all) == 0 && mailable(fallback.Email) {
		all = append(all, fallback)
	}
	return all
}

func mailable(address string) bool {
	at, err := netmail.ParseAddress(address)
	return err == nil && at.Address == address && len(address) <= 254
}

// letters tell addressees of news about an incident. They hold nothing that
// somebody typed, which may be about people (OB-P14): that stands on the page.
func letters(i Incident, n News, to []people.Account, service window.Window) (all []mail.Letter) {
	for _, a := range to {
		language := "en"
		if a.Language == "nl" {
			language = "nl"
		}
		say := phrases()[language]
		all = append(all, mail.Letter{About: n.About, Account: a.ID, To: a.Email, Language: language,
			Subject: fmt.Sprintf(say.subject, i.ID, say.events[n.Event]), Body: strings.Join(say.body(i, n, service), "\n") + "\n"})
	}
	return all
}

// phrase holds the words of letters in one language.
type phrase struct {
	events                                          map[Event]string
	priorities                                      map[string]string
	subject, told, arose, priority, where, why, day string
	clocks                                          [2]string // response, solution
}

func (p phrase) body(i Incident, n News, service window.Window) []string {
	moment := func(t time.Time) string {
		return t.In(service.Zone).Format(p.day) + " (" + service.Zone.String() + ")"
	}
	lines := []string{fmt.Sprintf(p.told, i.ID, p.events[n.Event], moment(n.At)), "",
		fmt.Sprintf(p.priority, p.priorities[string(i.Now())], i.Category), fmt.Sprintf(p.arose, moment(i.Arose()))}
	c := i.Clock(service)
	for k, d := range []Due{c.Answer, c.Solve} {
		if i.IsOpen() && d.Was.IsZero() && !d.By.IsZero() && !d.Aim {
			lines = append(lines, fmt.Sprintf(p.clocks[k], moment(d.By)))
		}
	}
	return slices.Concat(lines, []string{"", fmt.Sprintf(p.where, i.ID), "", p.why})
}

func phrases() map[string]phrase {
	return map[string]phrase{
		"nl": {
			events: map[Event]string{reported: "gemeld", "incident.confirmed": "ontvangst bevestigd", "incident.answered": "oplossingsrichting gemeld", "incident.contact": "bericht over de voortgang",
				"incident.solved": "opgelost", "incident.reopened": "heropend", "incident.weighed": "andere prioriteit afgesproken", "incident.up_again": "inloggen lukt weer",
				"incident.duplicate": "dubbel", "incident.dismissed": "bleek geen storing van de dienst"},
			priorities: map[string]string{"high": "hoog", "medium": "middel", "low": "laag", "login": "inlogprobleem", "question": "vraag"},
			subject:    "Storing %d: %s", told: "Storing %d: %s, %s.", priority: "Prioriteit: %s (categorie %s).", arose: "Ontstaan: %s.",
			clocks: [2]string{"Oplossingsrichting uiterlijk: %s.", "Oplossing uiterlijk: %s."},
			where:  "Wat er is vastgelegd, staat in Tikklok bij Dienst, Storingen, Storing %d. Klopt er iets niet, meld het daar.",
			why:    "U krijgt dit bericht als beheerder of als melder. Antwoorden worden niet gelezen.", day: "02-01-2006 15:04"},
		"en": {
			events: map[Event]string{reported: "reported", "incident.confirmed": "receipt confirmed", "incident.answered": "direction of the solution reported", "incident.contact": "word on the progress",
				"incident.solved": "solved", "incident.reopened": "reopened", "incident.weighed": "another priority agreed", "incident.up_again": "signing in works again",
				"incident.duplicate": "duplicate", "incident.dismissed": "turned out to be none of the service"},
			priorities: map[string]string{"high": "high", "medium": "medium", "low": "low", "login": "log-in trouble", "question": "question"},
			subject:    "Incident %d: %s", told: "Incident %d: %s, %s.", priority: "Priority: %s (category %s).", arose: "Arose: %s.",
			clocks: [2]string{"Direction of the solution by: %s.", "Solution by: %s."},
			where:  "What was written down stands in Tikklok under Service, Incidents, Incident %d. If anything is wrong, say so there.",
			why:    "You get this message as an administrator or as who reported it. Nobody reads answers.", day: "2 January 2006 15:04"},
	}
}
