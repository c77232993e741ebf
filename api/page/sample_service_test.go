package page

import "time"

func sampleServiceViews(lang string) map[string]View {
	frame := sampleFrame(lang, PathService)
	// Minutes: what is contested, undecided and still lasts is down.
	const promised, lacking, claimed, contested, undecided, lasts = 44700, 540, 60, 30, 40, 22
	const measured, down, allowed = promised - lacking, contested + undecided + lasts, (promised - lacking) / 100 // of 99 %
	october := time.Date(2026, time.October, 1, 0, 0, 0, 0, amsterdam())
	part := ServicePart{From: october, To: october.AddDate(0, 1, -1), Known: true, Ratio: Share{measured - down, measured}, Worst: Share{measured - down, promised},
		Credit: Say("availability.percent", 0), CreditOf: Say("availability.credit.restitution", Month(october), 2026),
		Promise: Say("availability.promise.always", "99"), Alarm: Say("availability.alarm.fast", 12, 40),
		Notes: []Message{Say("availability.note.unmeasured", Whole(lacking), Share{measured - down, promised}, 25), Say("availability.note.undecided", 2), Say("availability.note.claimed", Whole(claimed), Share{measured - down - claimed, measured}, 0)},
		Facts: []ServiceFact{{"availability.fact.promised", Say("availability.minutes", Whole(promised))}, {"availability.fact.budget", Say("availability.budget", Whole(allowed-down), Whole(allowed))}, {"availability.fact.ratio", Say("availability.ratio", Whole(measured-down), Whole(measured))}}}
	outcome, now := Parts{Say("availability.outcome", Share{measured - down, measured}, 0)}, Parts{Say("availability.outcome", Share{43000, measured}, 25)}
	v := &Service{Frame: frame, May: true, Month: october, Before: "2026-09", After: "2026-11", Known: true, Refused: 1, Parts: []ServicePart{part},
		Map: sampleHeat(october), Taps: Say("availability.taps", Whole(44000), Whole(12)),
		Outages: []ServiceOutage{
			{From: october.Add(50 * time.Hour), To: october.Add(51 * time.Hour), Down: claimed, Cause: "force_majeure", Claimed: true, Said: []ServiceSaid{{Party: "supplier", Cause: "force_majeure", Reason: "Stroomstoring in de hele wijk.", At: on(2, 9, 0)}}},
			{From: october.Add(90 * time.Hour), To: october.Add(90*time.Hour + contested*time.Minute), Down: contested, Cause: "contested", Said: []ServiceSaid{{Party: "supplier", Cause: "customer", Reason: "De firewall van de klant hield alles tegen.", At: on(2, 9, 0)}, {Party: "customer", By: "Ilse Verhoeven", Cause: "supplier", Reason: "De firewall stond open.", At: on(3, 9, 0)}}},
			{From: october.Add(500 * time.Hour), To: october.Add(500*time.Hour + (undecided+3)*time.Minute), Down: undecided, Excused: 3, Unsettled: true},
			{From: on(13, 13, 50), To: on(13, 14, 12), Down: lasts, GoesOn: true},
		},
		Issues: []ServiceIssue{
			{Number: 1, At: on(7, 9, 0), Kind: "system", Hash: "0f3a9b", Says: outcome, Now: now, Changed: true, Changes: Parts{Say("availability.changed.cause"), Say("availability.changed.minutes")}, Decided: []Message{Say("availability.decided.since", Moment{At: on(9, 9, 0)}, Say("availability.party.named", Say("availability.party.customer"), "Ilse Verhoeven"), Moment{At: october}, Say("availability.cause.supplier"), "De firewall stond open.")}},
			{Number: 2, At: on(9, 9, 0), Kind: "account", By: "Ilse Verhoeven", Hash: "77aa01", Says: now, Now: now},
		},
		Form: Form{Values: map[string]string{"cause": "supplier"}, Problems: map[string]Message{"reason": Say("availability.problem.reason")}},
	}
	office, other := *v, part
	office.Office, office.Running, office.May = true, true, false
	part.Promise, part.Alarm = Say("availability.promise.office-work", "99", 48), Message{}
	other.Notes, other.To, part.From = []Message{Say("availability.note.part", 2)}, october.AddDate(0, 0, 13), october.AddDate(0, 0, 14)
	other.CreditOf = Say("availability.credit.discount.part", Month(october), 2026)
	office.Parts = []ServicePart{other, part}
	office.Hours = Say("availability.hours.now", Say("availability.hours.week"), "08:30", "17:00")
	changes := office
	changes.May = true
	changes.HoursForm = Form{Values: map[string]string{"month": "2026-11"}, Problems: map[string]Message{"month": Say("availability.problem.hours")}}
	nothing := ServicePart{Promise: Say("availability.promise.always", "99"), Notes: []Message{Say("availability.note.contract")}}
	return map[string]View{"service": v, "service-office": &office, "service-hours": &changes,
		"service-none": &Service{Frame: frame, Month: october, Refused: -1, Parts: []ServicePart{nothing}, Taps: Say("availability.taps.none")}}
}

// sampleHeat is a month in which all kinds of hours are.
func sampleHeat(first time.Time) (m HeatMap) {
	for at := first; at.Month() == first.Month(); at = at.Add(time.Hour) {
		if n := len(m.Days); n == 0 || m.Days[n-1].At.Day() != at.Day() {
			m.Days = append(m.Days, HeatDay{At: at})
		}
		h := HeatHour{At: at, Up: 60}
		switch n := at.Day()*24 + at.Hour(); {
		case n == 74:
			h = HeatHour{At: at, Other: 60}
		case n == 520:
			h = HeatHour{At: at, Up: 20, Down: 40}
		case n == 521:
			h = HeatHour{At: at, Up: 30, Down: 30}
		case n == 522:
			h = HeatHour{At: at, Up: 38, Down: 22}
		case n > 300 && n < 310:
			h = HeatHour{At: at, Lacking: 60}
		case at.Day() > 29:
			h = HeatHour{At: at}
		case at.Weekday() == time.Sunday && at.Hour() < 6:
			h = HeatHour{At: at, Beside: 60}
		}
		day := &m.Days[len(m.Days)-1]
		day.Hours = append(day.Hours, h)
	}
	return m
}
