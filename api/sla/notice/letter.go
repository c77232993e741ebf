package notice

import (
	"cmp"
	"embed"
	"fmt"
	"strings"
	"time"

	"tikklok/api/sla/window"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/press"
)

//go:embed text/*.json
var texts embed.FS

// letters are those of an event, one to each account that can sign in and has
// an address: "to all users" (P-A3.4). Who signs in by a name that is no address
// sees it on the page.
func letters(m Maintenance, e Event, accounts []people.Account, zone *time.Location) (all []mail.Letter, err error) {
	drafts := map[string]mail.Letter{}
	for _, language := range []string{"nl", "en"} {
		if drafts[language], err = draft(m, e, language, zone); err != nil {
			return nil, err
		}
	}
	everybody := func(people.Account) bool { return true }
	for _, a := range Addressees(accounts, people.Account{}, everybody) {
		l := drafts[a.Reads()]
		l.Account, l.To = a.ID, a.Email
		all = append(all, l)
	}
	return all, nil
}

// Addressees are the accounts that something concerns, as far as they can sign
// in and have an address; where there is none, the fallback, if it has one.
func Addressees(accounts []people.Account, fallback people.Account, concerns func(people.Account) bool) (all []people.Account) {
	for _, a := range accounts {
		if concerns(a) && a.Closed == nil && mail.Reaches(a.Email) {
			all = append(all, a)
		}
	}
	if len(all) == 0 && mail.Reaches(fallback.Email) {
		all = append(all, fallback)
	}
	return all
}

// draft is a letter to nobody yet.
func draft(m Maintenance, e Event, language string, zone *time.Location) (mail.Letter, error) {
	say, err := press.WordsOf(texts, language)
	if err != nil {
		return mail.Letter{}, fmt.Errorf("announcing maintenance: %w", err)
	}
	words := m.In(language)
	lines := []string{say.Say(string(e)), "", words.Title, span(say, m, zone)}
	if e == Announced && words.Changes != "" {
		lines = append(lines, "", say.Say("changes"), words.Changes)
	}
	lines = append(lines, "", say.Say("why"))
	return mail.Letter{About: m.About(e), Language: language, Subject: say.Say(string(e)+".subject", words.Title),
		Body: strings.Join(lines, "\n") + "\n", Until: m.Until}, nil
}

// span says from when until when, with the zone where the clock changes between
// or the reader may be elsewhere.
func span(say press.Words, m Maintenance, zone *time.Location) string {
	moment := func(t time.Time) string { return window.Write(t.In(zone), say.Say("layout")) }
	return say.Say("span", moment(m.From), moment(m.Until), cmp.Or(zone.String(), "UTC"))
}
