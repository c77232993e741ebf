package api

import (
	"fmt"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

func decided(d hours.Decision, zone *time.Location) page.Message {
	clock := page.Clock(d.At.In(zone))
	switch d.Kind {
	case hours.AddPunch:
		return page.Say("decided.add", page.Say("mode."+string(d.Mode)), clock)
	case hours.SetTime:
		return page.Say("decided.set", clock)
	case hours.IgnoreTap:
		return page.Say("decided.ignore")
	case hours.AssignTap:
		return page.Say("decided.assign")
	case hours.Absent:
		return page.Say("decided.absent", page.Minutes(d.Minutes))
	case hours.AddMinutes:
		return page.Say("decided.minutes", page.Minutes(d.Minutes), d.Code)
	case hours.UndoOf:
		return page.Say("panel.undone")
	}
	return page.Say("decided.accept")
}

// cardOf asks a person one question about a day. Its hidden values come back
// to postDecide.
func cardOf(e hours.Exception, d hours.Day, zone *time.Location, language string) page.ExceptionCard {
	c := cardMaking{e: e, day: d.Date, zone: zone, language: language}
	card := page.ExceptionCard{Kind: string(e.Kind), At: c.at(), What: c.what(siteNameOf(d, e.Site)), Day: d.Date.String()}
	c.choices(&card)
	c.propose(&card)
	return card
}

// siteNameOf gives what a site is called, as far as the day's punches say it.
func siteNameOf(d hours.Day, site int64) string {
	for _, p := range d.Punches {
		if p.Site == site && p.SiteName != "" {
			return p.SiteName
		}
	}
	return ""
}

type cardMaking struct {
	e        hours.Exception
	day      calendar.Date
	zone     *time.Location
	language string
}

// at is the instant that times of the day are given near to.
func (c cardMaking) at() time.Time {
	if c.e.At == 0 {
		return c.day.In(c.zone).Add(12 * time.Hour)
	}
	return time.UnixMilli(c.e.At).In(c.zone)
}

// hidden gives what a form sends besides; empty values are left out.
func (c cardMaking) hidden(pairs ...string) []page.Hidden {
	list := []page.Hidden{{Name: "near", Value: c.at().Format(time.RFC3339Nano)}, {Name: "about", Value: string(c.e.Kind)}}
	if c.e.Request != 0 {
		pairs = append(pairs, "request", positive(c.e.Request))
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			list = append(list, page.Hidden{Name: pairs[i], Value: pairs[i+1]})
		}
	}
	return list
}

// what says what happened.
func (c cardMaking) what(site string) page.Message {
	e := c.e
	clock := page.Clock(c.at())
	switch e.Kind {
	case hours.MissingIn, hours.MissingOut, hours.MissingBreak, hours.MissingTap, hours.Uncertain, hours.Impossible, hours.NotEmployed,
		hours.SealedDay:
		return page.Say("what."+string(e.Kind), clock)
	case hours.TooLong, hours.TooShort:
		return page.Say("what."+string(e.Kind), page.Minutes(e.Minutes))
	case hours.TooMany:
		return page.Say("what.too_many", e.Count)
	case hours.NoShow, hours.LateWithdrawal:
		return page.Say("what."+string(e.Kind), page.Minutes(e.Minutes))
	case hours.TwoSites, hours.Overlap:
		return page.Say("what."+string(e.Kind), clock, siteOr(site))
	case hours.DoubleHolder:
		return page.Say("what.double_holder", clock)
	case hours.Law:
		return page.Say("what.law", lawMessage(e.Rule, e.Minutes, e.Count))
	case hours.SequenceHole:
		return holeMessage(e.Hole)
	}
	return page.Message{}
}

// requestMessage says what an employee asked.
func requestMessage(r hours.Request, zone *time.Location) page.Message {
	m := page.Say("what.asked-" + string(r.What))
	if !r.At.IsZero() {
		m = page.Say("what.asked-at", m, page.Clock(r.At.In(zone)))
	}
	if r.Text != "" {
		m = page.Say("what.asked-text", m, r.Text)
	}
	return m
}

func siteOr(name string) page.Message {
	if name == "" {
		return page.Say("what.other-site")
	}
	return page.Plain(name)
}

// holeMessage names the taps that are missing (I2).
func holeMessage(h *hours.Hole) page.Message {
	switch {
	case h == nil:
		return page.Message{}
	case h.To == 0:
		return page.Say("what.sequence_tail", h.Device)
	}
	return page.Say("what.sequence_hole", h.Device, h.From, h.To)
}

// choices fills in what can be done besides taking the proposal over.
func (c cardMaking) choices(card *page.ExceptionCard) {
	tap := string(c.e.Tap)
	ignore := c.hidden("kind", string(hours.IgnoreTap), "tap", tap, "reason", words(c.language, "niet meegeteld", "not counted"))
	if tap != "" {
		switch c.e.Kind {
		case hours.MissingIn, hours.MissingOut, hours.MissingTap, hours.MissingBreak, hours.Uncertain, hours.Impossible, hours.Overlap, hours.SealedDay:
			card.Ignore = ignore
		}
	}
	switch c.e.Kind {
	case hours.MissingIn:
		card.Other = c.hidden("kind", string(hours.AddPunch), "mode", string(hours.In))
	case hours.MissingOut, hours.Overlap:
		card.Other = c.hidden("kind", string(hours.AddPunch), "mode", string(hours.Out))
	case hours.MissingBreak:
		card.Other = c.hidden("kind", string(hours.AddPunch), "mode", string(hours.Break))
	case hours.MissingTap, hours.TooLong, hours.Requested:
		card.Other, card.Modes = c.hidden("kind", string(hours.AddPunch)), modeOptions(c.language)
	case hours.Uncertain, hours.Impossible:
		card.Other = c.hidden("kind", string(hours.SetTime), "tap", tap)
	case hours.NoShow:
		card.Absent = c.hidden("kind", string(hours.Absent), "on", c.day.String())
	case hours.SequenceHole:
		card.Link, card.LinkText = page.PathDevices, "exceptions.to-devices"
	case hours.NotEmployed:
		card.Link, card.LinkText = page.PathPeople, "exceptions.to-people"
	}
	if c.e.More > 0 {
		m := page.Say("exceptions.more", c.e.More)
		card.Hole = &m
	}
	if h := c.e.Hole; h != nil && c.e.Kind != hours.SequenceHole {
		m := holeMessage(h)
		card.Hole = &m
	}
	if c.e.Acceptable() {
		card.Leave = c.hidden("kind", string(hours.Accept), "tap", tap, "moment", c.moment(), "on", c.onDay(), "answers", string(c.e.About()))
	}
}

// moment and onDay are how an accept names what it is about: by its instant,
// or by its day.
func (c cardMaking) moment() string {
	if c.e.At == 0 {
		return ""
	}
	return time.UnixMilli(c.e.At).UTC().Format(time.RFC3339Nano)
}

func (c cardMaking) onDay() string {
	if c.e.At != 0 {
		return ""
	}
	return c.day.String()
}

// propose fills in the proposal.
func (c cardMaking) propose(card *page.ExceptionCard) {
	p := c.e.Proposal
	if p == nil {
		return
	}
	d := p.Decision
	m := proposed(d, c.zone)
	card.Proposed = &m
	if p.Basis.Kind != hours.BasisAsIs {
		card.Why = []page.Message{why(p.Basis, c.language)}
	}
	card.Accept = c.hidden(decisionPairs(d, reasonOf(p.Basis, c.language))...)
	if d.Kind == hours.Accept {
		card.Leave = nil
	}
}

// decisionPairs writes a decision as the values of a form; see decisionOf.
func decisionPairs(d hours.Decision, reason string) []string {
	moment, on, minutes := "", "", ""
	if !d.At.IsZero() {
		moment = d.At.Format(time.RFC3339Nano)
	}
	if (d.Day != calendar.Date{}) {
		on = d.Day.String()
	}
	if d.Minutes != 0 {
		minutes = strconv.Itoa(d.Minutes)
	}
	return []string{"kind", string(d.Kind), "tap", string(d.Tap), "mode", string(d.Mode), "site", positive(d.Site), "moment", moment,
		"on", on, "minutes", minutes, "code", d.Code, "answers", string(d.About), "proposed", "yes", "reason", reason}
}

// proposed says what a proposal would do.
func proposed(d hours.Decision, zone *time.Location) page.Message {
	clock := page.Clock(d.At.In(zone))
	switch d.Kind {
	case hours.AddPunch, hours.SetTime:
		return page.Say("panel.proposal", clock)
	case hours.IgnoreTap:
		return page.Say("proposed.ignore")
	case hours.AssignTap:
		return page.Say("proposed.assign")
	case hours.Absent:
		return page.Say("proposed.absent", page.Minutes(d.Minutes))
	case hours.AddMinutes:
		return page.Say("proposed.minutes", page.Minutes(d.Minutes), d.Code)
	}
	if d.About == hours.TooMany {
		return page.Say("proposed.bounds")
	}
	return page.Say("panel.as-it-is")
}

func positive(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func modeOptions(language string) []page.Option {
	return []page.Option{
		{Value: string(hours.In), Label: "in"},
		{Value: string(hours.Out), Label: words(language, "uit", "out")},
		{Value: string(hours.Break), Label: words(language, "pauze", "break")},
	}
}

// words picks what is stored in a reader's own language: reasons of decisions
// and labels that no catalogue knows.
func words(language, dutch, english string) string {
	if language == "en" {
		return english
	}
	return dutch
}

func weekdayName(day int, language string) string {
	if language == "en" {
		return time.Weekday(day).String()
	}
	return []string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}[day%7]
}

func dayMinute(m int) page.Clock { return page.Clock(time.Date(2000, 1, 1, 0, m, 0, 0, time.UTC)) }

// why gives a proposal's reason to the reader.
func why(b hours.Basis, language string) page.Message {
	switch b.Kind {
	case hours.BasisUsual:
		return page.Say("why.usual", b.Days, weekdayName(b.Weekday, language), dayMinute(b.Earliest), dayMinute(b.Latest))
	case hours.BasisRecent:
		return page.Say("why.recent", b.Days, dayMinute(b.Earliest), dayMinute(b.Latest))
	case hours.BasisContract, hours.BasisDevice, hours.BasisEstimate, hours.BasisPlan, hours.BasisBreak, hours.BasisHolder, hours.BasisLost,
		hours.BasisAsked, hours.BasisFirst, hours.BasisLater, hours.BasisBounds:
		return page.Say("why." + string(b.Kind))
	}
	return page.Say("why.as-is")
}

// reasonOf is the reason that is recorded when somebody takes a proposal over.
func reasonOf(b hours.Basis, language string) string {
	if language == "en" {
		return "proposal: " + basisText(b)
	}
	from, to := time.Time(dayMinute(b.Earliest)).Format("15:04"), time.Time(dayMinute(b.Latest)).Format("15:04")
	switch b.Kind {
	case hours.BasisUsual:
		return fmt.Sprintf("voorstel: de vorige %d keer op %s %s–%s", b.Days, weekdayName(b.Weekday, language), from, to)
	case hours.BasisRecent:
		return fmt.Sprintf("voorstel: de laatste %d dagen %s–%s", b.Days, from, to)
	}
	dutch := map[hours.BasisKind]string{
		hours.BasisContract: "een vijfde van het contract", hours.BasisBreak: "de pauze die de regels vragen", hours.BasisPlan: "het rooster",
		hours.BasisDevice: "de klok van het apparaat", hours.BasisEstimate: "de beste schatting", hours.BasisHolder: "wie de sleutel het laatst had",
		hours.BasisLost: "wie een verloren sleutel vindt, is niet de medewerker", hours.BasisAsked: "de medewerker zegt het",
		hours.BasisFirst: "de eerste van de twee telt", hours.BasisLater: "de laatste van de twee telt", hours.BasisBounds: "de eerste en de laatste tik",
	}
	if text, ok := dutch[b.Kind]; ok {
		return "voorstel: " + text
	}
	return "voorstel: zoals het staat"
}
