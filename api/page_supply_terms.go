package api

import (
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/tenant"
)

// supplyTerms puts every value of a contract in words, and whence it is.
func supplyTerms(a tenant.Agreement) []page.SupplyTerm {
	var out []page.SupplyTerm
	for _, t := range tenant.Terms() {
		line := page.SupplyTerm{Key: string(t), Values: termValues(a.Terms, t), From: "strict"}
		switch where := tenant.Article(a.Profile, t); {
		case a.Own.Changes(t):
			line.From = "own"
		case where != "":
			line.From, line.Where = "article", where
		}
		out = append(out, line)
	}
	return out
}

func termValues(p tenant.Profile, t tenant.Term) []page.Message {
	one := func(m page.Message) []page.Message { return []page.Message{m} }
	switch t {
	case tenant.TermPrecedence:
		return one(precedence(p.Precedence))
	case tenant.TermAvailability:
		return availability(p.Availability)
	case tenant.TermResponse:
		return each(p.Responses, response)
	case tenant.TermKeep:
		return one(page.Say("supply.instructed", span(p.Keep)))
	case tenant.TermEnd:
		return endTerms(p.End)
	case tenant.TermBreach:
		return one(page.Say(either(p.Breach.Aim, "supply.aim", "supply.within"), hoursSaid(p.Breach.Within)))
	case tenant.TermSubProcessors:
		return subProcessors(p.SubProcessors)
	case tenant.TermStatistics:
		return one(page.Say("supply.statistics." + string(p.Statistics)))
	case tenant.TermRegion:
		return each(p.Regions, func(r tenant.Region) page.Message { return page.Say("supply.region." + string(r)) })
	}
	return laterTerms(p, t)
}

// laterTerms are those about the contract itself.
func laterTerms(p tenant.Profile, t tenant.Term) []page.Message {
	switch t {
	case tenant.TermNotice:
		return noticeTerms(p.Notice)
	case tenant.TermIndexation:
		if p.Indexation.Month == 0 {
			return []page.Message{page.Say("supply.index.yearly", span(p.Indexation.Ahead))}
		}
		day := time.Date(2000, p.Indexation.Month, p.Indexation.Day, 0, 0, 0, 0, time.UTC)
		return []page.Message{page.Say("supply.index.on", page.Date(day), span(p.Indexation.Ahead))}
	case tenant.TermChanged:
		return []page.Message{page.Say("supply.ahead", span(p.ChangedTerms))}
	case tenant.TermMajeure:
		return []page.Message{page.Say("supply.majeure", page.Say("supply.days", p.ForceMajeure))}
	case tenant.TermFirstUse:
		return []page.Message{page.Say("supply.first", span(p.FirstUse))}
	case tenant.TermAudit:
		return auditTerms(p.Audit)
	case tenant.TermUpdates:
		return []page.Message{page.Say("supply.updates", hoursSaid(p.UpdateNotice))}
	case tenant.TermBackups:
		return []page.Message{page.Say("supply.kept", page.Say("supply.days", p.BackupsKept))}
	}
	return nil
}

func precedence(all []tenant.Document) page.Message {
	var said page.Message
	for i, d := range all {
		next := page.Say("supply.document." + string(d))
		if said = page.Say("supply.before", said, next); i == 0 {
			said = next
		}
	}
	return said
}

func availability(a tenant.Availability) []page.Message {
	out := []page.Message{page.Say(either(a.OfficeHours, "supply.percent.office", "supply.percent"), percent(a.Percent))}
	for i := len(a.Bands) - 1; i >= 0; i-- {
		out = append(out, page.Say("supply.credit", percent(a.Bands[i].Below), a.Bands[i].Credit))
	}
	return out
}

func percent(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) }

func response(r tenant.Response) page.Message {
	who := page.Say("supply.priority." + string(r.Priority))
	said := page.Say("supply.answer", who, hoursSaid(r.Answer), hoursSaid(r.Solve))
	switch {
	case r.WorkingDays > 0:
		said = page.Say("supply.diagnosis", who, r.WorkingDays)
	case r.Answer == 0:
		said = page.Say("supply.solve", who, hoursSaid(r.Solve))
	}
	if r.Share < 100 {
		return page.Say("supply.share", said, r.Share)
	}
	return said
}

func endTerms(e tenant.EndTerms) []page.Message {
	if !e.Chosen() {
		return []page.Message{page.Say("supply.end.open")}
	}
	out := []page.Message{page.Say("supply.end.data", span(e.Data)), page.Say("supply.end.backups", span(e.Backups))}
	if !e.Access.IsZero() {
		out = append([]page.Message{page.Say("supply.end.access", span(e.Access))}, out...)
	}
	return out
}

func subProcessors(s tenant.SubProcessorTerms) []page.Message {
	out := []page.Message{page.Say("supply.object", span(s.Notice), span(s.Objection))}
	if s.Consent {
		out = []page.Message{page.Say("supply.consent")}
	}
	if s.UrgentDays > 0 {
		out = append(out, page.Say("supply.urgent", s.UrgentDays))
	}
	return out
}

func noticeTerms(n tenant.Notice) []page.Message {
	out := []page.Message{page.Say("supply.notice.months", span(tenant.Span{Months: n.Months}))}
	if n.ToMonth {
		out = []page.Message{page.Say("supply.notice.month-end")}
	}
	if n.OfMonths > 0 {
		out = append(out, page.Say("supply.notice.least", span(tenant.Span{Months: n.OfMonths})))
	}
	return out
}

func auditTerms(a tenant.AuditTerms) []page.Message {
	out := []page.Message{page.Say("supply.audit", a.AYear)}
	if !a.Announced.IsZero() {
		out = append(out, page.Say("supply.audit.announced", span(a.Announced)))
	}
	if a.Registered {
		out = append(out, page.Say("supply.audit.registered"))
	}
	if a.Yearly {
		out = append(out, page.Say("supply.audit.yearly"))
	}
	return out
}

// span says a time by the calendar.
func span(s tenant.Span) page.Message {
	if s.Months > 0 {
		return page.Say("supply.months", s.Months)
	}
	return page.Say("supply.days", s.Days)
}

func hoursSaid(d time.Duration) page.Message { return page.Say("supply.hours", int(d/time.Hour)) }

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
