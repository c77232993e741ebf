package sla

import "fmt"

// Alarm is how fast the budget of the month that runs is spent: what has to be
// told before the promise is broken. It names no person.
type Alarm struct {
	Month  Month
	Burn   Burn // Slow, Fast or Overrun
	Budget Budget
	Least  int // of Whole: what is promised
}

// Alarm gives the alarm that holds at Until, of the part that it stands in; a
// month that is over has none.
func (r Report) Alarm() (a Alarm, holds bool) {
	for _, p := range r.Parts {
		if r.Over() || r.Until.Before(p.From) || !r.Until.Before(p.To) {
			continue
		}
		a = Alarm{Month: r.Month, Burn: p.Budget.Burn(), Budget: p.Budget, Least: p.Terms.Least}
	}
	return a, a.Burn != Calm
}

// Key names the alarm for as long as it is the same one: of a month and how
// urgent it is.
func (a Alarm) Key() string { return fmt.Sprintf("availability/%s/%s", a.Month, a.Burn) }

// Text gives the alarm's subject and sentence in Dutch ("nl") or else English.
func (a Alarm) Text(language string) (subject, body string) {
	b, promised := a.Budget, Ratio{Up: a.Least, Of: Whole}.String()
	if language == "nl" {
		subject = fmt.Sprintf("Beschikbaarheid van %s: budget gaat op", a.Month)
		switch a.Burn {
		case Overrun:
			return fmt.Sprintf("Beschikbaarheid van %s: belofte niet gehaald", a.Month),
				fmt.Sprintf("Er was %d minuten uitval; bij %s %% zijn er %d toegestaan.", b.Spent, promised, b.Allowed)
		case Fast:
			return subject, fmt.Sprintf("Er was %d minuten uitval in het laatste uur en %d in de laatste zes uur. Van de %d minuten die deze maand zijn toegestaan, zijn er nog %d over.", b.Hour, b.SixHours, b.Allowed, b.Left())
		}
		return subject, fmt.Sprintf("Er was %d minuten uitval in de laatste drie dagen. Van de %d minuten die deze maand zijn toegestaan, zijn er nog %d over.", b.ThreeDays, b.Allowed, b.Left())
	}
	subject = fmt.Sprintf("Availability of %s: the budget is being spent", a.Month)
	switch a.Burn {
	case Overrun:
		return fmt.Sprintf("Availability of %s: the promise is broken", a.Month),
			fmt.Sprintf("%d minutes were down; %s%% allows %d.", b.Spent, promised, b.Allowed)
	case Fast:
		return subject, fmt.Sprintf("%d minutes were down in the last hour and %d in the last six. Of the %d minutes that this month allows, %d are left.", b.Hour, b.SixHours, b.Allowed, b.Left())
	}
	return subject, fmt.Sprintf("%d minutes were down in the last three days. Of the %d minutes that this month allows, %d are left.", b.ThreeDays, b.Allowed, b.Left())
}
