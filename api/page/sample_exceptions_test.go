package page

// sampleExceptions is a page of the queue with each kind of card.
func sampleExceptions(lang string) *Exceptions {
	f := sampleFrame(lang, "/exceptions")
	message := func(key string, values ...any) *Message { m := Say(key, values...); return &m }
	hidden := []Hidden{{"kind", "accept"}}
	day := func(n int, spans ...Span) Day {
		return Day{Date: on(n, 0, 0), Strip: DayStrip(on(n, 0, 0), spans...)}
	}
	shift := Span{From: on(12, 7, 58), To: on(12, 16, 30), Band: Normal}
	return &Exceptions{
		Frame: f, MayDecide: true, Total: 2314, From: 1, To: 50, After: 2, Picks: true, Employees: sampleEmployees,
		Kinds: []Option{{Label: "2314", Chosen: true}, {Value: "missing_out", Label: "1730"}, {Value: "no_show", Label: "310"}, {Value: "blocked_fob", Label: "4"}},
		Sites: []Option{{Chosen: true}, {Value: "1", Label: "Haarlem"}}, Weeks: []Option{{Chosen: true}, {Value: "2026-W46", Label: "46"}},
		Items: []QueueItem{
			{Key: "0", Heading: "exceptions.asked", Employee: 1, Name: "Aydın, Selin", Number: "10457", Day: day(12, shift), Pick: "kind=add_punch",
				Request: &RequestCard{ID: 4, Made: on(12, 18, 0)},
				Card: ExceptionCard{Kind: "correction_request", Day: "2026-11-12", At: on(12, 16, 30),
					What: Say("what.asked-text", Say("what.asked-at", Say("what.asked-out"), Clock(on(12, 16, 30))), "de lezer was donker"), Proposed: message("panel.proposal", Clock(on(12, 16, 30))),
					Why: []Message{Say("why.asked")}, Accept: hidden, Other: hidden, Modes: []Option{{Value: "in", Label: "in"}}}},
			{Key: "1", Heading: "exceptions.nobodys", Name: "K-0112", Site: "Haarlem", Day: day(12), Pick: "kind=assign_tap",
				Card: ExceptionCard{Kind: "blocked_fob", Day: "2026-11-12", At: on(12, 8, 1), What: Say("what.fob", 2, "Voordeur", Clock(on(12, 8, 1)), Clock(on(12, 16, 31))),
					Hole: message("what.held", "Bakker, Joris", "10458"), Proposed: message("proposed.assign-to", "Bakker, Joris"), Why: []Message{Say("why.holder")},
					Accept: hidden, Assign: hidden, Ignore: hidden}},
			{Key: "2", Site: "Haarlem", Day: day(12), Card: ExceptionCard{Kind: "unknown_fob", Day: "2026-11-12", At: on(12, 8, 1),
				What: Say("what.fob", 1, "Voordeur", Clock(on(12, 8, 1)), Clock(on(12, 8, 1))), Assign: hidden, Ignore: hidden, Link: PathFobs, LinkText: "exceptions.to-fobs",
				Form: Form{Values: map[string]string{"number": "99"}, Problems: map[string]Message{"number": Say("problem.employee-number")}}}},
			{Key: "3", Heading: "exceptions.lacking", Site: "Amsterdam", Day: day(11), Card: ExceptionCard{Kind: "sequence_hole", Day: "2026-11-11", At: on(11, 12, 0),
				What: Say("what.sequence_hole", "Lezer 7", int64(481), int64(483)), Link: PathDevices, LinkText: "exceptions.to-devices"}},
			{Key: "4", Heading: "exceptions.of-day", HeadDay: on(12, 0, 0), Employee: 2, Name: "Bakker, Joris", Number: "10458", Site: "Haarlem", Pick: "kind=add_punch",
				Day: day(12, Span{From: on(12, 7, 58), To: on(12, 16, 30), Band: Normal, NoEnd: true}),
				Card: ExceptionCard{Kind: MissingOut, Day: "2026-11-12", At: on(12, 7, 58), What: Say("what.missing_out", Clock(on(12, 7, 58))),
					Hole: message("what.sequence_hole", "Lezer 7", int64(481), int64(483)), Proposed: message("panel.proposal", Clock(on(12, 16, 30))),
					Why: []Message{Say("why.usual", 4, "donderdag", Clock(on(12, 16, 27)), Clock(on(12, 16, 34)))}, Accept: hidden, Other: hidden, Ignore: hidden}},
			{Key: "5", Employee: 3, Name: "van den Berg, Fleur", Number: "10459", Day: day(12), Pick: "kind=absent", Chosen: true,
				Card: ExceptionCard{Kind: "no_show", Day: "2026-11-12", At: on(12, 12, 0), What: Say("what.no_show", Minutes(480)), Proposed: message("proposed.absent", Minutes(480)),
					Why: []Message{Say("why.plan")}, Accept: hidden, Absent: hidden, Leave: hidden}},
			{Key: "6", Heading: "exceptions.of-day", HeadDay: on(11, 0, 0), Employee: 4, Name: "de Wit, Sanne", Number: "10460", Day: day(11, shift),
				Card: ExceptionCard{Kind: "overlap", Day: "2026-11-11", At: on(11, 8, 0), What: Say("what.overlap", Clock(on(11, 8, 0)), "Amsterdam"), Other: hidden, Ignore: hidden}},
		},
	}
}
