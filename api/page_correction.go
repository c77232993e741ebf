package api

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

// correctionOf gives the arithmetic of an approved week: what was approved,
// what is computed now, and what was sent (I5, I8); nil: nothing changed.
func (s *Server) correctionOf(ctx context.Context, t hours.Timesheet) (*page.Correction, error) {
	if t.State != hours.StateApproved || len(t.Pending) == 0 {
		return nil, nil
	}
	var sent []payroll.SentMinutes
	err := s.inTenant(ctx, func(tx pg.Tx) (err error) {
		sent, err = payroll.SentOf(ctx, tx, t.Who.ID, t.Week.Monday(), t.Week.Sunday())
		return err
	})
	if err != nil {
		return nil, err
	}
	c := &page.Correction{}
	for _, day := range t.Days {
		for _, l := range day.Lines {
			c.Of(l.Code).Now += l.Minutes
		}
	}
	for _, d := range t.Pending {
		c.Of(d.Code).Pending += d.Minutes
	}
	for _, m := range sent {
		c.Of(m.Code).Sent += m.Minutes
		if s.may(ctx, "GetRun") {
			c.Run = max(c.Run, m.Run)
		}
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		l.Approved, l.ToSend = l.Now-l.Pending, l.Now-l.Sent
	}
	slices.SortFunc(c.Lines, func(a, b page.CorrectionLine) int { return strings.Compare(a.Code, b.Code) })
	return c, nil
}

// byHand gives the choices for what somebody decides about a day by hand.
func (s *Server) byHand(ctx context.Context, day calendar.Date, rules rule.Rules, sites []fleet.Site) (b page.ByHand) {
	if !s.may(ctx, "CreateDecision") || day.In(s.cfg.Now().Location()).After(s.cfg.Now()) {
		return b
	}
	for _, code := range rules.Codes() {
		b.Codes = append(b.Codes, page.Option{Value: code, Label: code})
	}
	b.Absences = []page.Option{{Label: words(callerOf(ctx).account.Language, "afwezig", "absent"), Chosen: true}}
	for _, code := range rules.TakeUpCodes {
		b.Absences = append(b.Absences, page.Option{Value: code, Label: code})
	}
	if len(sites) > 1 || ofSomeHirers(ctx) { // hours at no site are of no hirer
		for _, site := range sites {
			b.Sites = append(b.Sites, page.Option{Value: strconv.FormatInt(site.ID, 10), Label: site.Name})
		}
	}
	return b
}
