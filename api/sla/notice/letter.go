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
// an address: "to all users" (P-A3.4).
func letters(m Maintenance, e Event, accounts []people.Account, zone *time.Location) (all []mail.Letter, err error) {
	drafts := map[string]mail.Letter{}
	for _, language := range []string{"nl", "en"} {
		if drafts[language], err = draft(m, e, language, zone); err != nil {
			return nil, err
		}
	}
	everybody := func(people.Account) bool { return true }
	for _, a := range reachable(accounts, everybody) {
		l := drafts[a.Reads()]
		l.Account, l.To = a.ID, a.Email
		all = append(all, l)
	}
	return all, nil
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
