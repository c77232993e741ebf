package api

import (
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/ingest/audit"
)

// earliestYear is how far back the page leads.
const earliestYear = 2020

func (m serviceMonth) draw(v *page.Service) {
	r := m.report
	v.Month, v.Running, v.Known = r.From, !r.Over(), r.Count().Measured() > 0
	if r.Month.Add(-1).Year >= earliestYear {
		v.Before = r.Month.Add(-1).String()
	}
	if r.Month.Before(sla.MonthOf(v.Now)) {
		v.After = r.Month.Add(1).String()
	}
	v.Parts = each(r.Parts, m.part)
	v.Outages = each(r.Outages, m.outage)
	v.Map.Days = each(r.Days, func(d sla.Day) page.HeatDay {
		return page.HeatDay{At: d.At, Hours: each(d.Hours, func(h sla.Hour) page.HeatHour {
			return page.HeatHour{At: h.At, Up: h.Count.Up, Down: h.Count.Down, Other: h.Count.Other, Lacking: h.Count.Unmeasured, Beside: h.Count.Outside + h.Count.LeftOut}
		})}
	})
	v.Taps, v.Issues = tapsText(r.Taps), m.issued()
	for _, p := range r.Parts {
		v.Office = v.Office || p.Terms.Office
	}
	v.Hours, v.HoursForm = hoursText(m.office.Window), hoursForm(m.office, v.Now)
}

// part is what one promise came to.
func (m serviceMonth) part(p sla.Part) page.ServicePart {
	return page.ServicePart{From: p.From, To: p.To.AddDate(0, 0, -1), Known: p.Ratio.Known(), Ratio: page.Share(p.Ratio), Worst: page.Share(p.Worst),
		Credit: m.credit(p), CreditOf: m.creditOf(p), Promise: promiseOf(p.Terms), Notes: m.notes(p), Alarm: m.alarm(p), Facts: partFacts(p)}
}

func (m serviceMonth) credit(p sla.Part) page.Message {
	return page.Say("availability.percent", p.Credit(p.Ratio).Percent)
}

// creditOf says of what the credit is a share, and from when.
func (m serviceMonth) creditOf(p sla.Part) page.Message {
	of := m.report.Month
	if p.Terms.Table == sla.Discount {
		of = of.Add(1)
	}
	key := "availability.credit." + string(p.Terms.Table)
	if len(m.report.Parts) > 1 {
		key += ".part"
	}
	return page.Say(key, page.Month(of.In(time.UTC)), of.Year)
}

func (m serviceMonth) outage(o sla.Outage) page.ServiceOutage {
	out := page.ServiceOutage{From: o.From, To: o.To, Down: o.Down, Excused: o.Excused, Cause: string(o.Cause()), Claimed: o.Ruling.Claimed(), GoesOn: o.GoesOn, Unsettled: o.Unsettled}
	for _, d := range []sla.Decision{o.Ruling.Supplier, o.Ruling.Customer} {
		if d.Cause != sla.Undecided {
			out.Said = append(out.Said, page.ServiceSaid{Party: string(d.Party()), By: m.by(d.By), Cause: string(d.Cause), Reason: d.Reason, At: d.At.In(o.From.Location())})
		}
	}
	return out
}

// by names who did something, where a person did.
func (m serviceMonth) by(a audit.Actor) string {
	if a.Kind == audit.Account {
		return m.names[a.ID]
	}
	return ""
}

// shareText writes thousandths of a percent as the contract page does.
func shareText(share int) string { return percent(float64(share) / 1000) }

func promiseOf(t sla.Terms) page.Message {
	key := "availability.promise.always"
	if t.Office {
		key = "availability.promise.office"
	}
	if t.LeaveOut {
		key += "-work"
	}
	return page.Say(key, shareText(t.Least), int(t.Notice/time.Hour))
}

// notes are what a reader has to know beside the figure.
func (m serviceMonth) notes(p sla.Part) (out []page.Message) {
	say := func(key string, values ...any) { out = append(out, page.Say("availability.note."+key, values...)) }
	c := p.Count
	switch {
	case p.Version == 0:
		say("contract")
	case len(m.report.Parts) > 1:
		say("part", p.Version)
	}
	if b := p.Credit(p.Ratio).Bound; b > 0 {
		say("bound."+string(p.Terms.Table), shareText(b), p.Credit(p.Ratio).Percent)
	}
	if c.Unmeasured > 0 && p.Ratio.Known() {
		say("unmeasured", page.Whole(c.Unmeasured), page.Share(p.Worst), p.Credit(p.Worst).Percent)
	}
	if n := m.undecided(p); n > 0 {
		say("undecided", n)
	}
	if c.Contested > 0 {
		say("contested", page.Whole(c.Contested), page.Share(p.Yielded), p.Credit(p.Yielded).Percent)
	}
	if c.Claimed > 0 {
		say("claimed", page.Whole(c.Claimed), page.Share(p.Objected), p.Credit(p.Objected).Percent)
	}
	if p.Terms.Office && m.office.Version == 0 {
		say("office", hoursText(m.office.Window))
	}
	if n := len(p.Late); n > 0 {
		say("late", n, int(p.Terms.Notice/time.Hour))
	}
	return out
}

// undecided counts the outages that nobody decided and that count in a part.
func (m serviceMonth) undecided(p sla.Part) (n int) {
	part := slices.IndexFunc(m.report.Parts, func(o sla.Part) bool { return o.From.Equal(p.From) })
	for _, o := range m.report.Outages {
		if o.Cause() == sla.Undecided && o.Parts[part] > 0 {
			n++
		}
	}
	return n
}

// alarm warns of a budget that is spent too fast, or was overspent.
func (m serviceMonth) alarm(p sla.Part) page.Message {
	running := !m.report.Over() && m.report.Until.Before(p.To)
	switch burn := p.Budget.Burn(); {
	case burn == sla.Overrun, running && burn == sla.Slow:
		return page.Say("availability.alarm." + string(burn))
	case running && burn == sla.Fast:
		return page.Say("availability.alarm.fast", p.Budget.Hour, p.Budget.SixHours)
	}
	return page.Message{}
}

// partFacts are the lines of the reckoning.
func partFacts(p sla.Part) (out []page.ServiceFact) {
	add := func(name string, text page.Message) {
		out = append(out, page.ServiceFact{Label: "availability.fact." + name, Text: text})
	}
	minutes := func(name string, n int) { add(name, page.Say("availability.minutes", page.Whole(n))) }
	c, b := p.Count, p.Budget
	minutes("promised", p.Promised)
	minutes("up", c.Up)
	minutes("down", c.Down)
	minutes("other", c.Other)
	minutes("unmeasured", c.Unmeasured)
	if c.Outside > 0 {
		minutes("outside", c.Outside)
	}
	if p.Terms.LeaveOut {
		minutes("left-out", c.LeftOut)
	}
	if p.Ratio.Known() {
		add("ratio", page.Say("availability.ratio", page.Whole(p.Ratio.Up), page.Whole(p.Ratio.Of)))
	}
	budget := page.Say("availability.budget", page.Whole(b.Left()), page.Whole(b.Allowed))
	if b.Left() < 0 {
		budget = page.Say("availability.budget.over", page.Whole(-b.Left()), page.Whole(b.Allowed))
	}
	add("budget", budget)
	return out
}

func tapsText(t sla.Taps) page.Message {
	if t.Arrived+t.Lost == 0 {
		return page.Say("availability.taps.none")
	}
	return page.Say("availability.taps", page.Whole(t.Arrived), page.Whole(t.Lost))
}
