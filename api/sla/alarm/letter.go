package alarm

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"tikklok/api/sla/notice"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/press"
)

//go:embed text/*.json
var texts embed.FS

// most is how many alarms of a kind a letter names.
const most = 20

// Letter says a turn in a language, nl or en. Times are shown in the zone.
func (t Turn) Letter(language string, zone *time.Location) (subject, body string, err error) {
	say, err := press.WordsOf(texts, language)
	if err != nil {
		return "", "", fmt.Errorf("telling alarms: %w", err)
	}
	var b strings.Builder
	list(&b, say, "begun", loudOf(t.Begun), zone)
	list(&b, say, "over", loudOf(t.Over), zone)
	list(&b, say, "lasts", loudOf(t.Lasts), zone)
	b.WriteString(say.Say("end") + "\n")
	return t.subject(say), b.String(), nil
}

func loudOf(all []Alarm) []Alarm {
	return slices.DeleteFunc(slices.Clone(all), func(a Alarm) bool { return a.Quiet })
}

// list names alarms under a head; of what is over it says until when it was.
func list(b *strings.Builder, say press.Words, head string, all []Alarm, zone *time.Location) {
	if len(all) == 0 {
		return
	}
	moment := func(t time.Time) string { return t.In(zone).Format(say.Say("layout") + " MST") }
	fmt.Fprintf(b, "%s:\n\n", say.Say(head))
	for _, a := range all[:min(most, len(all))] {
		when := say.Say("since", moment(a.Since))
		if head == "over" {
			when = say.Say("until", moment(a.Since), moment(a.Clear))
		}
		fmt.Fprintf(b, "- %s (%s; %s)\n", a.In(say.Language), when, a.Key)
	}
	if left := len(all) - most; left > 0 {
		fmt.Fprintf(b, "- %s\n", say.Say("others", left))
	}
	b.WriteString("\n")
}

// subject is the first thing that happened, and how many others there are.
func (t Turn) subject(say press.Words) string {
	begun, over, lasts := loudOf(t.Begun), loudOf(t.Over), loudOf(t.Lasts)
	key, all := "subject.lasts", lasts
	switch {
	case len(begun) > 0:
		key, all = "subject.begun", begun
	case len(over) > 0:
		key, all = "subject.over", over
	}
	if len(all) == 0 {
		return say.Say(key + ".none")
	}
	text, _, _ := strings.Cut(all[0].In(say.Language), ". ")
	text = clip(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text), 120)
	if n := len(begun) + len(over) + len(lasts) - 1; n > 0 {
		text += " (+" + fmt.Sprint(n) + ")"
	}
	return say.Say(key, text)
}

// clip cuts a text to so many characters.
func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// letters are those to whoever administers a customer, each in their language.
func letters(t Turn, c notice.Customer, now time.Time) (all []mail.Letter, err error) {
	for _, a := range c.Addressees(func(a people.Account) bool { return a.Has(people.Administrator) }) {
		subject, body, err := t.Letter(a.Reads(), c.Zone)
		if err != nil {
			return nil, err
		}
		all = append(all, mail.Letter{About: "alarm " + now.UTC().Format(time.RFC3339Nano), Account: a.ID, To: a.Email, Language: a.Reads(), Subject: subject, Body: body})
	}
	return all, nil
}
