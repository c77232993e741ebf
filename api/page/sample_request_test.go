package page

func sampleRequestViews(lang string) map[string]View {
	frame := sampleFrame(lang, "/privacy/requests")
	kinds := []string{"access", "rectification", "addition", "erasure", "restriction", "portability", "objection"}
	steps := []RequestStep{{Act: "received", By: "Ilse Verhoeven", At: on(9, 10, 0)}, {Act: "checked", Reason: "Aan de balie herkend.", By: "Ilse Verhoeven", At: on(9, 10, 5)}}
	granted := append(steps[:2:2], RequestStep{Act: "granted", Reason: "Geen grond om te bewaren.", By: "Ilse Verhoeven", At: on(10, 9, 0)})
	open := RequestLine{ID: 1, Kind: "rectification", Employee: 2, Who: "Bakker, Joris", Number: "10458", Requester: "signed-in", What: "Mijn achternaam is veranderd.", Received: on(12, 0, 0), Due: on(12, 0, 0).AddDate(0, 1, 0), State: "open", Steps: steps[:1], Next: []string{"checked", "refused", "withdrawn", "extended"}}
	late := RequestLine{ID: 2, Kind: "erasure", Employee: 3, Who: "van den Berg, Fleur", Number: "10459", Requester: "representative", Name: "mr. A. Post", Received: on(1, 0, 0).AddDate(0, -2, 0), Due: on(1, 0, 0).AddDate(0, -1, 0), State: "granted", Late: true, Checked: true, Opened: true, Steps: granted, Do: "erase",
		Obstacles: []Message{Say("requests.obstacle.unpaid", "2026-W45"), Say("requests.obstacle.hold", "2027-01-31")}}
	file, restrict, hand, lift, erase := late, late, late, late, late
	file.ID, file.Kind, file.Do, file.Obstacles, file.Late = 3, "access", "file", nil, false
	restrict.ID, restrict.Kind, restrict.Do, restrict.Obstacles, restrict.Late = 4, "restriction", "restrict", nil, false
	hand.ID, hand.Kind, hand.Do, hand.Obstacles, hand.Late = 5, "addition", "by-hand", nil, false
	lift.ID, lift.Kind, lift.State, lift.Do, lift.Obstacles, lift.Late = 6, "objection", "done", "lift", nil, false
	erase.ID, erase.Obstacles, erase.Late = 8, nil, false
	gone := RequestLine{ID: 7, Kind: "erasure", Erased: true, Requester: "self", Received: on(2, 0, 0), Due: on(2, 0, 0).AddDate(0, 1, 0), State: "done", Checked: true, Opened: true, Steps: granted,
		Proof: &RequestProof{Certificate: 12, At: on(11, 9, 0), Removed: 2310, Changed: 96, Sought: 5, Shared: 1, Backups: []RequestBackup{{Name: "2026-11-11T02-00-00.dump.age", Expires: on(25, 2, 0)}}}}
	left := gone
	left.ID, left.Proof = 9, &RequestProof{Certificate: 13, Sought: 5, Traces: []string{"site.name"}}
	wrong := Form{Values: map[string]string{"kind": "access", "number": "99", "requester": "representative", "received": "2026-11-13"},
		Problems: map[string]Message{"number": Say("refused.request-number"), "name": Say("refused.request")}}
	own := sampleFrame(lang, "/me/privacy")
	return map[string]View{
		"requests":         &Requests{Frame: frame, Rows: []RequestLine{late, open, file, restrict, hand, lift, erase, gone, left}, Late: 1, May: true, Kinds: kinds},
		"requests-none":    &Requests{Frame: frame, Kinds: kinds},
		"requests-refused": &Requests{Frame: frame, May: true, Kinds: kinds, Form: wrong},
		"me-data": &MeData{Frame: own, Kinds: kinds, Form: Form{Values: map[string]string{}, Problems: map[string]Message{"kind": Say("problem.required")}}, Rows: []MeDataRequest{
			{Kind: "access", State: "done", Received: on(2, 0, 0), Due: on(2, 0, 0).AddDate(0, 1, 0)}, {Kind: "rectification", State: "open", Received: on(12, 0, 0), Due: on(12, 0, 0).AddDate(0, 1, 0)}}},
	}
}
