package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/hours/wording"
	"tikklok/ingest/pg"
)

// ExplainDay gives a day minute by minute (I5). Who opened it is written down
// (OB-C4).
func (o operations) ExplainDay(ctx context.Context, r openapi.ExplainDayRequestObject) (openapi.ExplainDayResponseObject, error) {
	x, err := o.explain(ctx, r.Id, calendar.DateOf(r.Date.Time))
	return openapi.ExplainDay200JSONResponse(explanationView(x)), err
}

// ExplainDayInWords gives the same in sentences.
func (o operations) ExplainDayInWords(ctx context.Context, r openapi.ExplainDayInWordsRequestObject) (openapi.ExplainDayInWordsResponseObject, error) {
	x, err := o.explain(ctx, r.Id, calendar.DateOf(r.Date.Time))
	if err != nil {
		return nil, err
	}
	if or(r.Params.Format) == openapi.ExplainDayInWordsParamsFormatJson {
		return openapi.ExplainDayInWords200JSONResponse(explanationView(x)), nil
	}
	text, err := wording.Text(x, readIn(r.Params.Language), zoneOf(x.Day.Zone))
	return openapi.ExplainDayInWords200TextResponse(text), err
}

// DrawDay gives the picture of a day.
func (o operations) DrawDay(ctx context.Context, r openapi.DrawDayRequestObject) (openapi.DrawDayResponseObject, error) {
	x, err := o.explain(ctx, r.Id, calendar.DateOf(r.Date.Time))
	if err != nil {
		return nil, err
	}
	picture, err := o.pages.Picture(readIn(r.Params.Language), pictureOf(x, zoneOf(x.Day.Zone), o.cfg.Now()))
	return openapi.DrawDay200ImagesvgXmlResponse{Body: bytes.NewReader(picture), ContentLength: int64(len(picture))}, err
}

func readIn[T ~string](language *T) string { return cmp.Or(string(or(language)), "nl") }

func (s *Server) explain(ctx context.Context, employee int64, day calendar.Date) (x hours.Explanation, err error) {
	return x, s.inTenant(ctx, func(tx pg.Tx) error {
		if err := s.reaches(ctx, tx, employee, day); err != nil {
			return err
		}
		if x, err = hours.Explain(ctx, tx, employee, day); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Action: "day.open", SubjectKind: "employee", SubjectID: employee,
			By: callerOf(ctx).actor(), Payload: map[string]any{"day": day}})
	})
}

// recomputeWithin bounds how long a decision waits for its hours; whoever
// computes in the background does the rest.
const recomputeWithin = 5 * time.Second

// CreateDecision records what a person decided (I3).
func (o operations) CreateDecision(ctx context.Context, r openapi.CreateDecisionRequestObject) (openapi.CreateDecisionResponseObject, error) {
	b := r.Body
	a := ruling{request: or(b.RequestId), Decision: hours.Decision{
		Employee: b.EmployeeId, Kind: hours.DecisionKind(b.Kind), Tap: hours.TapID(or(b.Tap)), At: or(b.At), Mode: hours.Mode(or(b.Mode)),
		Site: or(b.SiteId), Minutes: or(b.Minutes), Code: or(b.Code), About: hours.ExceptionKind(or(b.About)), Proposed: or(b.Proposed), Reason: b.Reason,
	}}
	if b.Date != nil {
		a.Day = calendar.DateOf(b.Date.Time)
	}
	made, err := o.answer(ctx, a)
	if err != nil {
		return nil, err
	}
	return openapi.CreateDecision201JSONResponse{Id: made[0]}, nil
}

// UndoDecision records that a decision no longer holds.
func (o operations) UndoDecision(ctx context.Context, r openapi.UndoDecisionRequestObject) (openapi.UndoDecisionResponseObject, error) {
	return openapi.UndoDecision204Response{}, o.undo(ctx, r.Id)
}

// decide records decisions, all or none, and gives their ids.
func (s *Server) decide(ctx context.Context, decisions ...hours.Decision) (made []int64, err error) {
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		for _, d := range decisions {
			d.By = callerOf(ctx).actor()
			id, err := hours.Decide(ctx, tx, d, s.cfg.Now())
			if err != nil {
				return err
			}
			made = append(made, id)
		}
		return nil
	})
	if err == nil {
		s.recompute(ctx)
	}
	return made, err
}

func (s *Server) undo(ctx context.Context, ids ...int64) error {
	err := s.inTenant(ctx, func(tx pg.Tx) error {
		for _, id := range ids {
			d, err := hours.DecisionByID(ctx, tx, id)
			if err != nil {
				return err
			}
			if err := s.reachesDecision(ctx, tx, d); err != nil {
				return err
			}
			if _, err := hours.Undo(ctx, tx, id, callerOf(ctx).actor(), "undone", s.cfg.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.recompute(ctx)
	}
	return err
}

// recompute lets the caller see the hours of what was just committed. It may
// fail: the decision stands, and the background computes it.
func (s *Server) recompute(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, recomputeWithin)
	defer cancel()
	_, err := hours.Recompute(ctx, s.cfg.DB, callerOf(ctx).tenant.ID, s.cfg.Now())
	if err == nil {
		err = hours.CheckLaw(ctx, s.cfg.DB, callerOf(ctx).tenant.ID, s.cfg.Now())
	}
	if err != nil {
		s.log.WarnContext(ctx, "hours are computed later", "request", noteOf(ctx).id, "err", err)
	}
}

func exceptionView(employee int64, e hours.Exception) openapi.Exception {
	v := openapi.Exception{Kind: string(e.Kind), Tap: some(string(e.Tap)), About: some(string(e.About())), Acceptable: some(e.Acceptable()),
		Minutes: some(e.Minutes), Count: some(e.Count), SiteId: some(e.Site)}
	if e.At != 0 {
		at := time.UnixMilli(e.At).UTC()
		v.At = &at
	}
	if e.Proposal != nil {
		v.Proposal = proposalView(employee, *e.Proposal, e.Request)
	}
	return v
}

// proposalView gives a proposal as the decision that takes it over.
func proposalView(employee int64, p hours.Proposal, request int64) *openapi.NewDecision {
	d := p.Decision
	v := &openapi.NewDecision{
		Kind: openapi.DecisionKind(d.Kind), EmployeeId: employee, Tap: some(string(d.Tap)), Mode: some(openapi.PunchMode(d.Mode)),
		SiteId: some(d.Site), Minutes: some(d.Minutes), Code: some(d.Code), About: some(string(d.About)), RequestId: some(request),
		Proposed: some(true), Reason: basisText(p.Basis),
	}
	if !d.At.IsZero() {
		v.At = &d.At
	}
	if (d.Day != calendar.Date{}) {
		day := dateView(d.Day)
		v.Date = &day
	}
	return v
}

// basisText gives a proposal's reason to programs; pages have their own words.
func basisText(b hours.Basis) string {
	clock := func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
	switch b.Kind {
	case hours.BasisUsual:
		return fmt.Sprintf("the last %d %ss: %s–%s", b.Days, time.Weekday(b.Weekday), clock(b.Earliest), clock(b.Latest))
	case hours.BasisRecent:
		return fmt.Sprintf("the last %d days worked: %s–%s", b.Days, clock(b.Earliest), clock(b.Latest))
	case hours.BasisContract:
		return fmt.Sprintf("a fifth of the weekly contract: %s", clock(b.Minutes))
	case hours.BasisDevice:
		return "the device's own clock"
	case hours.BasisEstimate:
		return "the best estimate of the tap's time"
	case hours.BasisPlan:
		return "the plan"
	case hours.BasisBreak:
		return "the break that the rules ask for"
	case hours.BasisHolder:
		return "who held the fob last"
	case hours.BasisLost:
		return "whoever found a lost fob is not its employee"
	case hours.BasisAsked:
		return "what the employee says"
	case hours.BasisFirst:
		return "the first of the two counts"
	case hours.BasisLater:
		return "the later of the two counts"
	case hours.BasisBounds:
		return "the first and the last of too many taps"
	}
	return "as it stands"
}

func explanationView(x hours.Explanation) openapi.Explanation {
	d := x.Day
	rules := each(x.Sets, ruleVersionView)
	return openapi.Explanation{
		EmployeeId: x.Who.ID, Date: dateView(d.Date), Zone: d.Zone, RulesVersion: d.Rules, Rules: &rules, Minutes: d.Minutes,
		Punches: each(d.Punches, punchView), Shifts: each(d.Shifts, shiftView), Steps: each(x.Steps, stepView),
		Lines:      each(d.Lines, func(l hours.DayLine) openapi.ExplainedLine { return lineView(d, l) }),
		Exceptions: each(d.Exceptions, func(e hours.Exception) openapi.Exception { return exceptionView(x.Who.ID, e) }),
		Decisions:  each(x.Decisions, decisionView),
	}
}

// lineView gives a line with the taps it rests on (I5).
func lineView(d hours.Day, l hours.DayLine) openapi.ExplainedLine {
	return openapi.ExplainedLine{
		Code: l.Code, Minutes: l.Minutes, Kind: cmp.Or(string(l.Kind), "worked"), SiteId: some(l.Site),
		Taps: each(d.TapsOf(l), func(t hours.TapID) openapi.TapId { return openapi.TapId(t) }),
	}
}

func ruleVersionView(s rule.Set) openapi.RuleVersion {
	return openapi.RuleVersion{Version: s.Version, From: dateView(s.From), Scope: cmp.Or(string(s.Scope.Kind), string(rule.ScopeTenant)), ScopeId: some(s.Scope.ID)}
}

func punchView(p hours.Punch) openapi.Punch {
	v := openapi.Punch{
		At: p.Time().UTC(), Minute: time.Unix(p.Minute()*60, 0).UTC(), Role: string(p.Role), Mode: openapi.ReaderMode(p.Mode), Counts: p.Role.Counts(),
		Tap: some(string(p.Tap)), DecisionId: some(p.Decision), Known: string(p.Known), ReaderId: some(p.Reader), Reader: some(p.ReaderName),
		SiteId: some(p.Site), Site: some(p.SiteName), Arrived: moment(p.Arrived), Device: moment(p.Device), WindowSeconds: some(p.Window),
	}
	if p.Uncertainty < hours.Unbounded {
		v.UncertaintyMs = &p.Uncertainty
	}
	return v
}

func shiftView(s hours.Shift) openapi.Shift {
	return openapi.Shift{
		State: string(s.State), Start: minute(s.Span.From), End: minute(s.Span.To), Minutes: s.Minutes, Attended: s.Attended,
		TappedBreak: s.Tapped, AutomaticBreak: s.Auto, Rounding: s.Rounding,
		Taps: each(s.Taps, func(t hours.TapID) openapi.TapId { return openapi.TapId(t) }),
		Breaks: each(s.Breaks, func(p hours.Pause) openapi.Stretch {
			return openapi.Stretch{Start: *minute(p.From), End: or(minute(p.To)), Automatic: some(p.Automatic)}
		}),
		Worked: each(s.Worked, func(w hours.Worked) openapi.Stretch {
			return openapi.Stretch{Start: *minute(w.From), End: or(minute(w.To)), Code: some(w.Code)}
		}),
	}
}

func stepView(s hours.Step) openapi.Step {
	return openapi.Step{
		Kind: string(s.Kind), Beside: s.Beside(), Start: minute(s.From), End: minute(s.To), Code: some(s.Code), Minutes: s.Minutes, Role: some(string(s.Role)),
		Above: some(s.Above), Of: some(s.Of), Moved: some(s.Moved), Per: some(s.Per), RoundTo: some(s.RoundTo), Name: some(s.Name), DecisionId: some(s.Decision),
	}
}

func decisionView(d hours.Decision) openapi.Decision {
	v := openapi.Decision{
		Id: d.ID, Kind: string(d.Kind), Mode: some(string(d.Mode)), Tap: some(string(d.Tap)), SiteId: some(d.Site), Undoes: some(d.Undoes),
		Proposed: some(d.Proposed), Reason: d.Reason, By: some(d.ByName), Made: d.Made, Undone: d.Undone,
		Minutes: some(d.Minutes), Code: some(d.Code), About: some(string(d.About)),
	}
	if (d.Day != calendar.Date{}) {
		day := dateView(d.Day)
		v.Date = &day
	}
	if !d.At.IsZero() {
		v.At = &d.At
	}
	return v
}
