package incident

import (
	"slices"

	"tikklok/api/sla/window"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/privacy"
	"tikklok/ingest/tenant"
)

// Category is how grave an incident is, as the contract defines it (N-B10).
type Category string

// The categories.
const (
	A Category = "A" // standstill, or a serious error in an essential processing period
	B Category = "B" // an essential function is seriously disturbed, and there is no way round
	C Category = "C" // the rest
)

// Disturbance is what doesn't work.
type Disturbance string

// The disturbances.
const (
	Standstill Disturbance = "standstill" // everything
	Serious    Disturbance = "serious"    // an essential function
	Minor      Disturbance = "minor"      // something else
)

// Disturbances gives all.
func Disturbances() []Disturbance { return []Disturbance{Standstill, Serious, Minor} }

// Impact is whom and what an incident disturbs: the two questions, and the
// share of users.
type Impact struct {
	Disturbance Disturbance `json:"disturbance"`
	CutOff      bool        `json:"cut_off"`    // payroll closes: an essential processing period
	Workaround  bool        `json:"workaround"` // for the time being
	Hit         int         `json:"hit"`        // users
	Users       int         `json:"users"`      // all there are; more than 0
}

// Extent is how many users are hit.
type Extent string

// The extents (N-B8).
const (
	All   Extent = "all"
	Group Extent = "group" // more than 10 %; exactly 10 stands in neither row: the higher
	Some  Extent = "some"
)

// Category follows from what is disturbed and the two questions (OB-S6).
func (m Impact) Category() Category {
	switch {
	case m.Disturbance == Standstill, m.Disturbance == Serious && m.CutOff:
		return A
	case m.Disturbance == Serious && !m.Workaround:
		return B
	}
	return C
}

// Extent follows from the share of users, exactly.
func (m Impact) Extent() Extent {
	switch {
	case m.Hit >= m.Users:
		return All
	case int64(m.Hit)*10 >= int64(m.Users):
		return Group
	}
	return Some
}

func (m Impact) check() error {
	switch {
	case !slices.Contains(Disturbances(), m.Disturbance):
		return privacy.Refuse("disturbance", "unknown", "say what is disturbed")
	case m.Users < 1 || m.Users > mostUsers:
		return privacy.Refuse("users", "number", "is how many users there are, at least 1")
	case m.Hit < 0 || m.Hit > m.Users:
		return privacy.Refuse("hit", "number", "is how many users are hit, at most all there are")
	}
	return nil
}

// Closing gives the days on which payroll of a pay period is closed: from the
// last working day in it until the first one after its cut-off, the day by which
// hours have to be approved. Without a cut-off it is five working days after the
// period's end, or one where pay is by the week. What an essential processing
// period is (N-B10) the contract doesn't say: this is a proposal of ours, which
// a person confirms.
func Closing(p calendar.Period, cutOff calendar.Date) calendar.Period {
	from := p.To
	for !window.WorkingDay(from) && p.From.Before(from) {
		from = from.AddDays(-1)
	}
	switch {
	case cutOff != calendar.Date{} && p.To.Before(cutOff):
		return calendar.Period{From: from, To: window.AddWorkingDays(cutOff, 1)}
	case p.Days() <= 7:
		return calendar.Period{From: from, To: window.AddWorkingDays(p.To, 1)}
	}
	return calendar.Period{From: from, To: window.AddWorkingDays(p.To, 5)}
}

// Propose gives the category, and the priority that the parties are asked to
// agree on (N-B8: the text has them agree, and leaves how category and share
// of users make a priority open; the table here is ours).
func Propose(kind Kind, m Impact, t Terms) (Category, tenant.Priority) {
	category := m.Category()
	switch {
	case kind == Login && t.has(tenant.Login):
		return category, tenant.Login
	case kind == Question || kind == Bookkeeping || !t.has(tenant.High):
		return category, t.nearest(tenant.Question, tenant.Low)
	case category == A, category == B && m.Extent() == All:
		return category, tenant.High
	case category == B, m.Extent() == All:
		return category, tenant.Medium
	}
	return category, tenant.Low
}
