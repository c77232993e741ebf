package payroll

import (
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

// card is what one employee gets from one period.
type card struct {
	employee int64
	period   calendar.Period
}

// cardsOf gives the cards of the lines of which something was sent.
func cardsOf(lines []format.Line, sent map[card]bool) []card {
	seen := map[card]bool{}
	var cards []card
	for _, l := range lines {
		if c := (card{l.Employee, l.Period}); sent[c] && !seen[c] {
			seen[c], cards = true, append(cards, c)
		}
	}
	return cards
}

// keepAssignments gives what corrects a day's hours at a site the site's name,
// the assignment and cost centre that those were sent with, whatever they are
// by now: so each assignment adds up too (I8).
func keepAssignments(lines, sent []format.Line) {
	type place struct {
		employee int64
		day      calendar.Date
		site     int64
	}
	was := map[place]format.Line{}
	for _, l := range sent {
		was[place{l.Employee, l.Day, l.SiteID}] = l
	}
	for i, l := range lines {
		if before, ok := was[place{l.Employee, l.Day, l.SiteID}]; ok {
			lines[i].Site, lines[i].CostCentre, lines[i].Assignment = before.Site, before.CostCentre, before.Assignment
		}
	}
}

// nameComponents gives each line its component. What corrects a total goes to
// the component that the total was sent as, whatever the code is mapped to by
// now: so each component adds up too (I8).
func nameComponents(lines, sent []format.Line, codes map[string]string) {
	was := map[format.Total]string{}
	for _, l := range sent {
		was[l.Total()] = l.Component
	}
	for i, l := range lines {
		component, ok := was[l.Total()]
		if !ok {
			component = codes[l.Code]
		}
		lines[i].Component = component
	}
}
