package page

import (
	"maps"
	"time"
)

func sampleIncidentViews(lang string) map[string]View {
	frame := sampleFrame(lang, "/service/incidents")
	clock := func(what string, left int, late, all bool) IncidentClock {
		return IncidentClock{What: what, By: on(13, 16, 30), Left: left, Late: late, AllHours: all}
	}
	was := IncidentClock{What: "answer", By: on(12, 11, 0), Was: on(12, 10, 20)}
	tooLate := IncidentClock{What: "solve", By: on(12, 11, 0), Was: on(12, 12, 20), Late: true}
	contact, aim := clock("contact", 200, false, false), clock("solve", 3000, false, false)
	aim.Aim = true
	high := IncidentLine{ID: 7, Kind: "login", Category: "A", Priority: "high", State: "open", Arose: on(13, 13, 50), Clocks: []IncidentClock{clock("answer", 98, false, true), clock("solve", 458, false, true)}, Contact: &contact, Call: 2}
	late := IncidentLine{ID: 6, Message: "De urenstaat van de nachtploeg opent niet.", Kind: "fault", Category: "B", Priority: "medium", State: "answered", Arose: on(10, 9, 0), Clocks: []IncidentClock{was, clock("solve", 75, true, false)}, Contact: &contact}
	asks := IncidentLine{ID: 5, Message: "Hoe boek ik reistijd?", Kind: "bookkeeping", Category: "C", Priority: "question", State: "open", Arose: on(9, 9, 0), Clocks: []IncidentClock{clock("confirm", 10, false, false), clock("answer", 30, false, false), aim}, Contact: &contact}
	solved := IncidentLine{ID: 4, Message: "Lezer 7 geeft geen groen licht.", Kind: "fault", Category: "C", Priority: "low", State: "solved", Arose: on(12, 8, 40), Clocks: []IncidentClock{was, tooLate}}
	none := IncidentLine{ID: 3, Message: "Geen internet in de hal.", Kind: "fault", Category: "C", Priority: "low", State: "dismissed", Arose: on(11, 8, 40), Clocks: []IncidentClock{was}}
	choices := IncidentChoices{
		Kinds: []Option{{Value: "fault", Label: "incident.kind.fault"}, {Value: "login", Label: "incident.kind.login"}}, Channels: []Option{{Value: "page", Label: "incident.channel.page", Chosen: true}},
		Disturbances: []Option{{Value: "standstill", Label: "incident.disturbance.standstill"}, {Value: "serious", Label: "incident.disturbance.serious"}}, CutOff: []Option{{Value: "no", Label: "incident.no"}, {Value: "yes", Label: "incident.yes"}},
		Workaround: []Option{{Value: "no", Label: "incident.no"}}, Priorities: []Option{{Label: "incident.priority.proposed"}, {Value: "high", Label: "incident.priority.high"}},
	}
	form := Form{Values: map[string]string{"arose": "2026-11-13T14:00", "reported": "2026-11-13T14:10", "hit": "3", "users": "40"}}
	refused := Form{Values: map[string]string{"hit": "41", "users": "40"}, Problems: map[string]Message{"hit": Say("incident.refused.number"), "message": Say("incident.refused.empty"), "kind": Say("incident.refused.unknown"), "why": Say("incident.refused.empty")}}
	duty := []IncidentDuty{{Step: 1, Name: "Wacht Haarlem", Telephone: "+31 88 000 0001", Until: on(14, 8, 0)}, {Step: 2, Name: "Teamleider", Telephone: "+31 88 000 0002", Until: on(14, 8, 0)}}
	months := []IncidentMonth{{Month: on(1, 0, 0), Lines: []IncidentAttained{
		{Priorities: []string{"high"}, Share: 100, Met: true, Solved: IncidentTally{InTime: 2, Judged: 2, Waiting: 1}, Answered: IncidentTally{InTime: 2, Judged: 2}},
		{Priorities: []string{"medium", "low"}, Share: 90, Solved: IncidentTally{InTime: 8, Judged: 9}, Answered: IncidentTally{InTime: 9, Judged: 9}},
		{Priorities: []string{"question"}, Share: 100, Met: true, Answered: IncidentTally{Waiting: 1}}}}, {Month: on(1, 0, 0).AddDate(0, -1, 0)}}
	promises := []IncidentPromise{{Priority: "high", Answer: 120, Solve: 480, AllHours: true, Share: 100}, {Priority: "medium", Answer: 240, Solve: 720, Share: 90}, {Priority: "login", Solve: 240, AllHours: true, Share: 100}, {Priority: "question", Days: 3, Share: 100}}
	whole := &Incidents{Frame: frame, Profile: "nedap", Promises: promises, Confirm: 1, Aim: 7, Closing: &IncidentGap{on(12, 0, 0), on(16, 0, 0)}, Duty: duty, Gaps: []IncidentGap{{on(14, 8, 0), on(15, 8, 0)}},
		Open: []IncidentLine{late, high, asks}, Past: []IncidentLine{solved, none}, Months: months, Form: form, Choices: choices, May: true}
	wrong := *whole
	wrong.Form, wrong.Open, wrong.Duty, wrong.Gaps = refused, nil, nil, nil
	all := map[string]View{"incidents": whole, "incidents-refused": &wrong, "incidents-none": &Incidents{Frame: frame, Profile: "winbase", Promises: promises, Support: &SupportHours{Opens: 540, Closes: 1050, Days: []time.Time{on(9, 0, 0), on(10, 0, 0)}}}}
	maps.Copy(all, sampleIncidentOnes(frame, high, late, solved, duty))
	return all
}

func sampleIncidentOnes(frame Frame, high, late, solved IncidentLine, duty []IncidentDuty) map[string]View {
	next := []Option{{Value: "answered", Label: "incident.step.answered"}, {Value: "solved", Label: "incident.step.solved"}, {Value: "weighed", Label: "incident.step.weighed"}}
	others := []Option{{Label: "incident.no"}, {Value: "high", Label: "incident.priority.high"}}
	one := &Incident{Frame: frame, IncidentLine: late, Channel: "email", Report: IncidentReport{Message: late.Message, Steps: "Urenstaten, week 45, nachtploeg.", Computer: "Windows 11, Edge 131", Screenshot: "bij de melding"},
		Extent: "group", Hit: 4, Users: 40, CutOff: true, Disturbs: "serious", Reported: on(10, 18, 30), Start: on(11, 8, 30), Waits: true, Agreed: "high", Why: "afgesproken met de leverancier", Written: on(11, 8, 40), By: "Ilse Verhoeven",
		Steps: []IncidentDone{{What: "confirmed", DoneAt: on(11, 8, 45), Written: on(11, 8, 50)}, {What: "weighed", DoneAt: on(11, 9, 0), Note: "in overleg", Priority: "medium", Written: on(11, 9, 5), By: "Ilse Verhoeven"}, {What: "answered", DoneAt: on(12, 10, 20), Note: "een index wordt hersteld", Written: on(12, 10, 21)}},
		Calls: []IncidentCalled{{Step: 1, At: on(11, 8, 30)}, {Step: 2, At: on(11, 8, 41), Answered: on(11, 8, 42), Took: 48}}, Told: []IncidentTold{{Step: 2, At: on(11, 8, 40)}, {Step: 1, At: on(11, 8, 30), Sent: true}}, Duty: duty, Next: next, Others: others, May: true, Called: Form{Values: map[string]string{"step": "2"}}}
	found := &Incident{Frame: frame, IncidentLine: high, Channel: "probe", Extent: "all", Hit: 1, Users: 1, Disturbs: "standstill", Reported: on(13, 13, 52), Start: on(13, 13, 50), Agreed: "high", Written: on(13, 13, 52), Next: next, Others: others, May: true,
		Do: Form{Values: map[string]string{"what": "answered"}, Problems: map[string]Message{"what": Say("incident.refused.not-now"), "note": Say("incident.refused.empty")}}, Called: Form{Values: map[string]string{"step": "9"}, Problems: map[string]Message{"step": Say("incident.refused.number")}}}
	double := &Incident{Frame: frame, IncidentLine: solved, Channel: "telephone", Report: IncidentReport{Message: solved.Message, Steps: "Tikken.", Computer: "lezer"}, Extent: "some", Hit: 1, Users: 40, Around: true, Disturbs: "minor", Reported: on(12, 8, 41), Start: on(12, 8, 40), Agreed: "low", Written: on(12, 8, 41),
		Steps: []IncidentDone{{What: "duplicate", DoneAt: on(12, 9, 0), Of: 2, Note: "zelfde lezer", Written: on(12, 9, 0)}}}
	double.State = "duplicate"
	return map[string]View{"incident": one, "incident-found": found, "incident-duplicate": double}
}
