package report

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/notice"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/press"
)

//go:embed text/*.json
var texts embed.FS

// text is a letter in one language.
type text struct {
	subject string
	lines   []string  // what happened
	month   sla.Month // under which it stands on the page
	last    string    // what is to be known of it
}

// saying writes a text with a language's words, at times of a zone.
type saying func(w press.Words, zone *time.Location) text

func decisionText(d sla.Decision) saying {
	return func(w press.Words, zone *time.Location) text {
		day, party := w.Say("day"), string(d.Party())
		return text{w.Say("decided.subject." + party), []string{
			w.Say("decided."+party, window.Write(d.From.In(zone), day), window.Write(d.To.In(zone), day), w.Say("cause."+string(d.Cause))),
			w.Say("zone", zone)}, sla.MonthOf(d.From.In(zone)), w.Say("decided.rule")}
	}
}

func issueText(i sla.Issue) saying {
	return func(w press.Words, zone *time.Location) text {
		lines := []string{w.Say("reported.first", monthText(w, i.Month), i.Number, window.Write(i.At.In(zone), w.Say("day"))+" ("+zone.String()+")"), ""}
		for _, p := range i.Figures.Parts {
			lines = append(lines, partText(w, p))
		}
		lines = append(lines, "", w.Say("reported.hash", fmt.Sprintf("%x", i.Hash)))
		return text{w.Say("reported.subject", monthText(w, i.Month), i.Number), lines, i.Month, w.Say("reported.stays")}
	}
}

func monthText(w press.Words, m sla.Month) string {
	return fmt.Sprintf("%s %d", strings.Fields(w.Say("months"))[m.Month-1], m.Year)
}

// partText says what the days of one promise came to.
func partText(w press.Words, p sla.FiguresPart) string {
	outcome := w.Say("reported.none")
	if p.Ratio().Known() {
		outcome = w.Say("reported.outcome", strings.ReplaceAll(p.Ratio().String(), ".", w.Say("decimal")), p.Credit)
	}
	date := func(t time.Time) string { return t.Format(w.Say("date")) }
	return w.Say("reported.part", date(p.From.In(time.UTC)), date(p.To.AddDays(-1).In(time.UTC)), outcome)
}

// letters are those of news, each in its reader's language.
func letters(n news, to []people.Account, zone *time.Location) (all []mail.Letter, err error) {
	for _, a := range to {
		w, err := press.WordsOf(texts, a.Reads())
		if err != nil {
			return nil, err
		}
		t := n.say(w, zone)
		lines := append(slices.Clone(t.lines), "", w.Say("where", monthText(w, t.month))+" "+t.last, "", w.Say("why"))
		all = append(all, mail.Letter{About: n.about, Account: a.ID, To: a.Email, Language: w.Language, Subject: t.subject, Body: strings.Join(lines, "\n") + "\n"})
	}
	return all, nil
}

// addressees are the administrators who can sign in and have an address, or the
// fixed address of the contract where there is none (OB-H13), without who did it.
func addressees(c notice.Customer, by audit.Actor) []people.Account {
	to := c.Addressees(func(a people.Account) bool { return a.Has(people.Administrator) })
	return slices.DeleteFunc(to, func(a people.Account) bool { return by.Kind == audit.Account && by.ID == a.ID })
}
