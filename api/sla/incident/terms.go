package incident

import (
	"slices"
	"time"

	"tikklok/api/sla/window"
	"tikklok/ingest/tenant"
)

// Terms are what a contract promises of incidents, kept with each as they were
// on the day of its report.
type Terms struct {
	Profile    tenant.ProfileName `json:"profile"`
	FromReport bool               `json:"from_report"` // time runs from the report (W-3.13), not from when it arose (N-B4.12)
	Confirm    int                `json:"confirm"`     // working days until a person confirmed the receipt (W-3.12); 0: not promised
	Aim        int                `json:"aim"`         // working days in which a bookkeeping question is answered: striven for (W-3.14)
	Promises   []Promise          `json:"promises"`
	Hours      *Hours             `json:"hours,omitempty"` // in which support is open, where the contract leaves them to be published (W-3.6); nil: the service window
}

// Hours are those in which support is open, in the customer's zone, but for
// Dutch holidays.
type Hours struct {
	Opens  int         `json:"opens"`  // minutes since midnight, 0…1439
	Closes int         `json:"closes"` // not included, after Opens, at most 1440
	Days   window.Days `json:"days"`
}

// in gives the hours as a window of a zone.
func (h Hours) in(zone *time.Location) window.Window {
	return window.Window{From: h.Opens, To: h.Closes, Days: h.Days, Zone: zone}
}

// window gives when the incident's contract has support open.
func (t Terms) window(service window.Window) window.Window {
	if t.Hours == nil {
		return service
	}
	return t.Hours.in(service.Zone)
}

// Promise is how soon an incident of a priority is answered and solved.
type Promise struct {
	Priority tenant.Priority `json:"priority"`
	Answer   time.Duration   `json:"answer"` // 0: not promised
	Solve    time.Duration   `json:"solve"`  // 0: not promised
	Days     int             `json:"days"`   // working days until the diagnosis; 0: Answer counts
	AllHours bool            `json:"all_hours"`
	Share    int             `json:"share"` // percent that is solved in time
}

// hours are those in which the promise counts.
func (p Promise) hours(service window.Window) window.Window {
	if p.AllHours {
		return window.Always(service.Zone)
	}
	return service
}

// TermsOf takes what is about incidents out of a contract's profile. W's days
// to confirm and to answer bookkeeping questions hold wherever log-in trouble
// has a promise of its own: in W, and in what is the strictest of all.
func TermsOf(p tenant.Profile) Terms {
	t := Terms{Profile: p.Name, FromReport: p.Name == tenant.WinBase}
	for _, r := range p.Responses {
		t.Promises = append(t.Promises, Promise{Priority: r.Priority, Answer: r.Answer, Solve: r.Solve, Days: r.WorkingDays, AllHours: r.AllHours, Share: r.Share})
	}
	if t.has(tenant.Login) {
		t.Confirm, t.Aim = 1, 7
	}
	return t
}

// Priorities gives those that the contract knows.
func (t Terms) Priorities() (all []tenant.Priority) {
	for _, p := range t.Promises {
		all = append(all, p.Priority)
	}
	return all
}

func (t Terms) has(p tenant.Priority) bool { return slices.Contains(t.Priorities(), p) }

// nearest is the first that the contract knows; else the last of its own.
func (t Terms) nearest(wanted ...tenant.Priority) tenant.Priority {
	for _, p := range wanted {
		if t.has(p) {
			return p
		}
	}
	if len(t.Promises) == 0 {
		return ""
	}
	return t.Promises[len(t.Promises)-1].Priority
}

// promise is that of a priority; without promises where there is none.
func (t Terms) promise(of tenant.Priority) Promise {
	i := slices.IndexFunc(t.Promises, func(p Promise) bool { return p.Priority == of })
	if i < 0 {
		return Promise{Priority: of, Share: 100}
	}
	return t.Promises[i]
}
