package alarm

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"tikklok/ingest/mail"
	"tikklok/ingest/people"
)

// most is how many alarms of a kind a letter names.
const most = 20

// Letter says a turn in a language: nl, or en for all others. Times are shown in
// the zone.
func (t Turn) Letter(language string, zone *time.Location) (subject, body string) {
	say := phrases(language)
	var b strings.Builder
	for _, part := range []struct {
		head string
		all  []Alarm
		over bool
	}{{say.begun, t.Begun, false}, {say.over, t.Over, true}, {say.lasts, t.Lasts, false}} {
		say.list(&b, part.head, loudOf(part.all), part.over, language, zone)
	}
	b.WriteString(say.end)
	return say.subject(t, language), b.String()
}

func loudOf(all []Alarm) []Alarm {
	return slices.DeleteFunc(slices.Clone(all), func(a Alarm) bool { return a.Quiet })
}

// phrase holds the fixed words of letters in one language.
type phrase struct {
	begun, over, lasts, since, until, others, end string
	first, ended, still                           string
	day                                           string // layout of time
}

func phrases(language string) phrase {
	if language == "nl" {
		return phrase{"Nieuw", "Voorbij", "Duurt nog voort", "sinds ", " tot ", "en %d andere",
			"Wat voortduurt wordt elke dag opnieuw gemeld, en eenmaal als het voorbij is. Antwoorden worden niet gelezen.\n",
			"Tikklok-alarm: ", "Tikklok-alarm voorbij: ", "Tikklok-alarm duurt voort: ", "02-01-2006 15:04"}
	}
	return phrase{"New", "Over", "Still lasts", "since ", " until ", "and %d others",
		"What lasts is told again each day, and once when it is over. Nobody reads answers.\n",
		"Tikklok alarm: ", "Tikklok alarm over: ", "Tikklok alarm lasts: ", "2 January 2006 15:04"}
}

func (p phrase) list(b *strings.Builder, head string, all []Alarm, over bool, language string, zone *time.Location) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n\n", head)
	for _, a := range all[:min(most, len(all))] {
		when := p.since + a.Since.In(zone).Format(p.day+" MST")
		if over {
			when += p.until + a.Clear.In(zone).Format(p.day+" MST")
		}
		fmt.Fprintf(b, "- %s (%s; %s)\n", a.In(language), when, a.Key)
	}
	if left := len(all) - most; left > 0 {
		fmt.Fprintf(b, "- "+p.others+"\n", left)
	}
	b.WriteString("\n")
}

// subject is the first thing that happened, and how many others there are.
func (p phrase) subject(t Turn, language string) string {
	begun, over, lasts := loudOf(t.Begun), loudOf(t.Over), loudOf(t.Lasts)
	head, all := p.still, lasts
	switch {
	case len(begun) > 0:
		head, all = p.first, begun
	case len(over) > 0:
		head, all = p.ended, over
	}
	if len(all) == 0 {
		return strings.TrimSuffix(strings.TrimSpace(head), ":")
	}
	text, _, _ := strings.Cut(all[0].In(language), ". ")
	text = clip(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text), 120)
	if n := len(begun) + len(over) + len(lasts) - 1; n > 0 {
		text += " (+" + fmt.Sprint(n) + ")"
	}
	return head + text
}

// clip cuts a text to so many characters.
func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// letters are those to a customer's administrators, each in their language.
func letters(t Turn, accounts []people.Account, zone *time.Location, now time.Time) (all []mail.Letter) {
	for _, a := range accounts {
		at, err := netmail.ParseAddress(a.Email)
		if a.Closed != nil || !a.Has(people.Administrator) || err != nil || at.Address != a.Email {
			continue // who signs in by a name that is no address sees it on the page
		}
		language := "en"
		if a.Language == "nl" {
			language = "nl"
		}
		subject, body := t.Letter(language, zone)
		all = append(all, mail.Letter{About: "alarm " + now.UTC().Format(time.RFC3339Nano), Account: a.ID, To: a.Email, Language: language, Subject: subject, Body: body})
	}
	return all
}
