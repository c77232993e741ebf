package tenant

import (
	"slices"
	"time"
)

// Profiles gives the presets, the strict one last.
func Profiles() []Profile {
	return []Profile{nedap(), winBase(), direct(), planning(), strict()}
}

// ProfileOf gives the preset of a name.
func ProfileOf(name ProfileName) (Profile, bool) {
	all := Profiles()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return all[i], true
}

// strict is the strictest of all documents (obligations.md, table of
// conflicts). The others start from it, for what they are silent on.
func strict() Profile {
	return Profile{
		Name:          Strict,
		Precedence:    []Document{Processing, Agreed, ServiceLvl, Conditions}, // N-C9.1, D-13.1: of personal data
		Availability:  Availability{Percent: 99, Bands: nedapBands()},
		Responses:     append(nedapResponses(), Response{Priority: Login, Answer: 2 * time.Hour, Solve: 4 * time.Hour, AllHours: true, Share: 100}),
		Keep:          Span{Months: 3}, // D-10.1
		Breach:        BreachTerms{Within: 24 * time.Hour},
		SubProcessors: SubProcessorTerms{Consent: true, Notice: Span{Days: 30}, Objection: Span{Days: 30}, Updated: Span{Months: 12}},
		Statistics:    NoStatistics,
		Regions:       []Region{NL},
		Notice:        Notice{Months: 3},
		Indexation:    Indexation{Month: time.April, Day: 1, Ahead: Span{Months: 1}},
		ChangedTerms:  Span{Months: 3},
		ForceMajeure:  30,
		FirstUse:      Span{Months: 6},
		Audit:         AuditTerms{AYear: 1, Yearly: true},
		UpdateNotice:  48 * time.Hour,
		BackupsKept:   14,
		Reminders:     2, // W-2.14
	}
}

// nedap is N: terms, service levels (B) and processing agreement (C). Its
// articles C8.1 and C8.3, on the breach, are missing from our copy: strict.
func nedap() Profile {
	p := strict()
	p.Name = Nedap
	p.Precedence = []Document{Processing, Agreed, ServiceLvl, Conditions} // N-B3.1, N-C9.1
	p.Responses = nedapResponses()                                        // N-B8
	p.SubProcessors = SubProcessorTerms{Notice: Span{Days: 30}, Objection: Span{Days: 30}, UrgentDays: 7, Updated: Span{Months: 12}}
	p.Regions = []Region{EEA} // N-C4.5
	p.Reminders = 0           // N-A3.9
	return p
}

// winBase is W: a service level and a processing agreement in one.
func winBase() Profile {
	p := strict()
	p.Name = WinBase
	p.Precedence = []Document{Agreed, ServiceLvl, Processing, Conditions} // W-5.7; the second and third are one document
	p.Availability = Availability{Percent: 99, OfficeHours: true, Maintenance: true, Bands: []Band{{95, 100}, {96, 75}, {97, 50}, {98, 25}, {99, 10}}}
	p.Responses = []Response{
		{Priority: Login, Answer: 0, Solve: 4 * time.Hour, AllHours: true, Share: 100}, // W-3.13, W-3.23
		{Priority: Question, WorkingDays: 3, Share: 100},                               // W-3.14
	}
	p.End = EndTerms{Access: Span{Months: 3}, Data: Span{Months: 3}, Backups: Span{Days: 14}} // W-2.3, W-2.6; of backups: P-A1.6
	p.Breach = BreachTerms{Within: 48 * time.Hour}                                            // W-4.15
	p.SubProcessors = SubProcessorTerms{Notice: Span{Days: 30}, Objection: Span{Days: 30}, Updated: Span{Months: 12}}
	p.Statistics = Anonymous // W-4.2
	p.Regions = []Region{EU} // W-4.7
	p.Notice = Notice{Months: 1, ToMonth: true, OfMonths: 6}
	p.Indexation = Indexation{Ahead: Span{Months: 1}} // W-2.11: yearly, on no fixed day
	p.Audit = AuditTerms{AYear: 1, Announced: Span{Days: 28}, Registered: true, Yearly: true}
	return p
}

// direct is D, a processing agreement. It gives data back or destroys it
// directly after processing, as the customer chooses (D-10.3): chosen.
func direct() Profile {
	p := strict()
	p.Name = Direct
	p.Breach = BreachTerms{Within: 24 * time.Hour, Aim: true} // D-6.1
	p.Regions = []Region{EEA}                                 // D-7.1
	// D-6.4: general consent, told of each change, which may be objected to.
	p.SubProcessors = SubProcessorTerms{Notice: Span{Days: 30}, Objection: Span{Days: 30}, Updated: Span{Months: 12}}
	return p
}

// planning is P, a processing agreement.
func planning() Profile {
	p := strict()
	p.Name = Planning
	p.End = EndTerms{Access: Span{Months: 1}, Data: Span{Months: 1}, Backups: Span{Days: 14}} // P-A1.6
	return p
}

func nedapBands() []Band { return []Band{{95, 100}, {96, 75}, {97, 50}, {99, 25}} }

func nedapResponses() []Response {
	return []Response{
		{Priority: High, Answer: 2 * time.Hour, Solve: 8 * time.Hour, AllHours: true, Share: 100},
		{Priority: Medium, Answer: 4 * time.Hour, Solve: 12 * time.Hour, Share: 90},
		{Priority: Low, Answer: 4 * time.Hour, Solve: 16 * time.Hour, Share: 90},
	}
}
