package notice

import (
	"cmp"
	netmail "net/mail"
	"strings"
	"time"

	"tikklok/ingest/mail"
	"tikklok/ingest/people"
)

// letters are those of an event, one to each account that can sign in and has
// an address: "to all users" (P-A3.4).
func letters(m Maintenance, e Event, accounts []people.Account, zone *time.Location) []mail.Letter {
	var all []mail.Letter
	for _, a := range accounts {
		at, err := netmail.ParseAddress(a.Email)
		if a.Closed != nil || err != nil || at.Address != a.Email || strings.HasSuffix(a.Email, ".invalid") {
			continue // who signs in by a name that is no address (RFC 2606: .invalid) sees it on the page
		}
		all = append(all, letter(m, e, a, zone))
	}
	return all
}

func letter(m Maintenance, e Event, a people.Account, zone *time.Location) mail.Letter {
	language := "en"
	if a.Language == "nl" {
		language = "nl"
	}
	say, words := phrases()[language], m.In(language)
	lines := []string{say.announced, "", words.Title, say.span(m, zone)}
	subject := say.subject
	if e == Cancelled {
		lines, subject = []string{say.cancelled, "", words.Title, say.span(m, zone)}, say.subjectCancelled
	} else if words.Changes != "" {
		lines = append(lines, "", say.changes, words.Changes)
	}
	lines = append(lines, "", say.why)
	return mail.Letter{About: m.About(e), Account: a.ID, To: a.Email, Language: language,
		Subject: subject + words.Title, Body: strings.Join(lines, "\n") + "\n", Until: m.Until}
}

// phrase holds the fixed words of letters in one language.
type phrase struct {
	subject, subjectCancelled, announced, cancelled, changes, why string
	until                                                         string
	day                                                           string // layout of time
}

func phrases() map[string]phrase {
	return map[string]phrase{
		"nl": {"Onderhoud: ", "Onderhoud gaat niet door: ", "Er is onderhoud aangekondigd. Tikklok kan in die tijd onbereikbaar zijn; tikken worden bewaard en komen later binnen.",
			"Dit onderhoud gaat niet door:", "Wat er verandert:", "U krijgt dit bericht omdat u een account bij Tikklok hebt. Antwoorden worden niet gelezen.", " tot ", "02-01-2006 15:04"},
		"en": {"Maintenance: ", "Maintenance cancelled: ", "Maintenance has been announced. Tikklok may be out of reach during it; taps are kept and come in later.",
			"This maintenance has been cancelled:", "What changes:", "You get this message because you have an account with Tikklok. Nobody reads answers.", " until ", "2 January 2006 15:04"},
	}
}

// span says from when until when, with the zone where the clock changes between
// or the reader may be elsewhere.
func (p phrase) span(m Maintenance, zone *time.Location) string {
	from, until := m.From.In(zone), m.Until.In(zone)
	return from.Format(p.day) + p.until + until.Format(p.day+" ") + "(" + cmp.Or(zone.String(), "UTC") + ")"
}
