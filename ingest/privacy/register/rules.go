package register

import (
	"slices"
	"time"
	"unicode/utf8"

	"tikklok/ingest/privacy"
)

// Rules are what a contract says about the registers (OB-P8, OB-C15).
type Rules struct {
	Consent       bool                 // a sub-processor takes written consent beforehand (P-5.2)
	Notice        int                  // days before a sub-processor starts that the controller is told (N-C4.2a)
	Objection     int                  // days in which the controller may object (N-C4.2a)
	Urgent        int                  // working days in which an urgent one is told afterwards; 0: none may be urgent (N-C4.2b)
	Update        int                  // months in which the list is brought up to date once (D-6.8)
	AuditNotice   int                  // days between an audit's announcement and the audit (W-4.22)
	AuditsAYear   int                  // at most, without agreement; 0: any number (N-C6.2, W-4.22, P-10.2, D-5.3)
	Audits        []Entry              // all of the register, for AuditsAYear
	Restores      []Entry              // all of the register, for what is free of charge
	AuditorListed bool                 // the auditor is a registered EDP auditor (W-4.21)
	WorkingDay    func(time.Time) bool // nil: Monday to Friday
}

// Status is how an entry stands on a day.
type Status struct {
	Word string    // of states
	Due  time.Time // by when something has to be done, midnight UTC; zero: nothing waits
	What string    // what has to be done; "" with Due: until then it can't go on
	Late bool      // Due is past
	Next []string  // steps that may be taken, as its form has them
}

// Status says how an entry stands.
func (r Rules) Status(e Entry, today time.Time) Status {
	s := map[Book]func(Entry, time.Time) Status{
		Subprocessors: r.subprocessor, Instructions: instruction, Disclosures: disclosure,
		Audits: r.audit, Councils: council, Measures: measure, Restores: r.restore,
	}[e.Book](e, today)
	s.Late = s.What != "" && !s.Due.IsZero() && s.Due.Before(today)
	return s
}

func (r Rules) subprocessor(e Entry, _ time.Time) Status {
	start, _ := dayOf(e.Values["start"])
	told, isTold := e.Last(stepTold)
	started, isStarted := e.Last(stepStarted)
	switch {
	case e.has(stepEnded):
		return Status{Word: "ended"}
	case e.objected():
		return Status{Word: "objected", Next: []string{stepLifted, stepEnded}}
	case isStarted && !isTold && !e.has(stepConsented):
		return Status{Word: "in-use", What: stepTold, Due: r.workingDays(started.Day, r.Urgent), Next: []string{stepTold, stepObjected, stepEnded}}
	case isStarted:
		last, _ := e.Last(stepStarted, stepUpdated)
		return Status{Word: "in-use", What: stepUpdated, Due: last.Day.AddDate(0, r.Update, 0), Next: []string{stepUpdated, stepObjected, stepEnded}}
	case e.has(stepConsented):
		return Status{Word: "may-start", Next: []string{stepStarted, stepObjected, stepEnded}}
	case !isTold:
		next := []string{stepTold, stepConsented, stepObjected, stepEnded}
		if r.mayBeUrgent(e) {
			next = append(next, stepStarted)
		}
		return Status{Word: "proposed", What: stepTold, Due: start.AddDate(0, 0, -r.Notice), Next: next}
	case r.Consent:
		return Status{Word: "consent-needed", What: stepConsented, Due: start, Next: []string{stepConsented, stepObjected, stepEnded}}
	}
	return Status{Word: "told", Due: r.freeFrom(told.Day), Next: []string{stepStarted, stepConsented, stepObjected, stepEnded}}
}

// freeFrom is the first day on which one that was told, and not objected to,
// may start.
func (r Rules) freeFrom(told time.Time) time.Time {
	return told.AddDate(0, 0, max(r.Notice, r.Objection))
}

func (r Rules) mayBeUrgent(e Entry) bool {
	return e.Values["urgent"] == "yes" && !r.Consent && r.Urgent > 0
}

// workingDays gives the last day of n working days after one.
func (r Rules) workingDays(from time.Time, n int) time.Time {
	works := r.WorkingDay
	if works == nil {
		works = func(day time.Time) bool { return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday }
	}
	for day := from; ; n-- {
		if n == 0 {
			return day
		}
		for day = day.AddDate(0, 0, 1); !works(day); day = day.AddDate(0, 0, 1) {
		}
	}
}

func instruction(e Entry, _ time.Time) Status {
	switch state := InstructionOf(e).State; {
	case state == Objected:
		return Status{Word: "objected", Next: []string{stepLifted, stepWithdrawn}}
	case state == Withdrawn:
		return Status{Word: "withdrawn"}
	case e.has(stepDone):
		return Status{Word: "done", Next: []string{stepObjected, stepWithdrawn}}
	}
	return Status{Word: "in-force", Next: []string{stepObjected, stepDone, stepWithdrawn}}
}

func disclosure(e Entry, _ time.Time) Status {
	asked, _ := dayOf(e.Values["asked"])
	switch {
	case e.has(stepDisclosed) && e.has(stepTold):
		return Status{Word: "disclosed"}
	case e.has(stepDisclosed): // the law forbade telling before
		day, _ := e.Last(stepDisclosed)
		return Status{Word: "disclosed", What: stepTold, Due: day.Day, Next: []string{stepTold}}
	case e.has(stepRefused):
		return Status{Word: "refused"}
	case e.has(stepTold):
		return Status{Word: "told", Next: []string{stepDisclosed, stepRefused}}
	case e.Values["telling"] == "forbidden":
		return Status{Word: "asked", What: stepTold, Due: asked, Next: []string{stepTold, stepDisclosed, stepRefused}}
	}
	return Status{Word: "asked", What: stepTold, Due: asked, Next: []string{stepTold, stepRefused}}
}

func (r Rules) audit(e Entry, _ time.Time) Status {
	planned, _ := dayOf(e.Values["planned"])
	finding, some := e.Last(stepFinding)
	for _, s := range e.Steps { // the earliest day counts
		if s.What == stepFinding && s.Day.Before(finding.Day) {
			finding = s
		}
	}
	switch {
	case e.has(stepClosed):
		return Status{Word: "closed"}
	case some && e.count(stepFinding) > e.count(stepFollowed):
		return Status{Word: "findings", What: stepFollowed, Due: finding.Day, Next: []string{stepFollowed, stepFinding}}
	case e.has(stepHeld):
		return Status{Word: "held", Next: []string{stepFinding, stepClosed}}
	case r.agreementNeeded(e) && !e.has(stepAgreed):
		return Status{Word: "agreement-needed", What: stepAgreed, Due: planned, Next: []string{stepAgreed, stepClosed}}
	}
	return Status{Word: "announced", Due: planned, Next: []string{stepHeld, stepClosed}}
}

// agreementNeeded says whether an audit asks more than the contract gives: it
// is announced later, its auditor isn't registered, or there were enough of
// that calendar year before it.
func (r Rules) agreementNeeded(e Entry) bool {
	planned, _ := dayOf(e.Values["planned"])
	announced, _ := dayOf(e.Values["announced"])
	return planned.Before(announced.AddDate(0, 0, r.AuditNotice)) || r.AuditorListed && e.Values["registration"] == "" ||
		r.AuditsAYear > 0 && r.earlier(e, planned.Year()) >= r.AuditsAYear
}

// earlier counts the audits of a year that were written down before one, and
// not called off.
func (r Rules) earlier(e Entry, year int) (n int) {
	for _, other := range r.Audits {
		planned, _ := dayOf(other.Values["planned"])
		if other.ID < e.ID && planned.Year() == year && (other.has(stepHeld) || !other.has(stepClosed)) {
			n++
		}
	}
	return n
}

func council(e Entry, _ time.Time) Status {
	if e.has(stepWithdrawn) {
		return Status{Word: "withdrawn"}
	}
	return Status{Word: "in-force", Next: []string{stepWithdrawn}}
}

func measure(e Entry, _ time.Time) Status {
	if e.has(stepTold) {
		return Status{Word: "told"}
	}
	day, _ := dayOf(e.Values["day"])
	return Status{Word: "not-told", What: stepTold, Due: day, Next: []string{stepTold}}
}

// may says whether a step may be taken, as a *privacy.Refused.
func (r Rules) may(e Entry, s Step, today time.Time) error {
	f, err := FormOf(e.Book)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(f.Steps, func(known StepForm) bool { return known.What == s.What })
	switch {
	case i < 0:
		return privacy.Refuse("what", "unknown", "the register "+string(e.Book)+" has no such step")
	case s.Day.Year() < 1990 || s.Day.Year() > 2100:
		return privacy.Refuse("day", "day", "is not a day, such as 2026-07-01")
	case s.Day.After(today) && !f.Steps[i].Ahead:
		return privacy.Refuse("day", "ahead", "lies ahead; write down what happened")
	case f.Steps[i].Note && s.Note == "":
		return privacy.Refuse("note", "empty", "has to be filled in")
	case !utf8.ValidString(s.Note) || utf8.RuneCountInString(s.Note) > noteLength:
		return privacy.Refuse("note", "long", "takes at most 500 characters")
	case e.Book == Subprocessors && s.What == stepStarted:
		if err := r.mayStart(e, s.Day); err != nil {
			return err
		}
	}
	if !slices.Contains(r.Status(e, today).Next, s.What) {
		return privacy.Refuse("what", "not-now", "this can't be done as the entry stands now; look at its state")
	}
	return nil
}

// mayStart says why a sub-processor may not start on a day.
func (r Rules) mayStart(e Entry, day time.Time) error {
	told, isTold := e.Last(stepTold)
	agreement, _ := dayOf(e.Values["agreement"])
	switch consent, consented := e.Last(stepConsented); {
	case e.objected():
		return privacy.Refuse("what", "objected", "the controller objects; settle that first")
	case day.Before(agreement):
		return privacy.Refuse("day", "agreement", "the same duties are agreed in writing before it starts (GDPR article 28(4))")
	case consented && !day.Before(consent.Day), r.mayBeUrgent(e):
		return nil
	case r.Consent:
		return privacy.Refuse("what", "consent", "the contract asks for the controller's written consent beforehand")
	case !isTold:
		return privacy.Refuse("what", "notice", "the controller has to be told beforehand")
	case day.Before(r.freeFrom(told.Day)):
		return privacy.Refuse("day", "early", "the controller may still object until "+r.freeFrom(told.Day).Format(time.DateOnly))
	}
	return nil
}

func (e Entry) has(what string) bool { _, ok := e.Last(what); return ok }

func (e Entry) count(what string) (n int) {
	for _, s := range e.Steps {
		if s.What == what {
			n++
		}
	}
	return n
}

// objected says whether an objection stands.
func (e Entry) objected() bool {
	last, some := e.Last(stepObjected, stepLifted)
	return some && last.What == stepObjected
}
