package page

func sampleEvidenceViews(lang string) map[string]View {
	frame := sampleFrame(lang, "/service/evidence")
	rows := []EvidenceRow{
		{ID: "OB-C4", Source: "D-A2, P-10.3, W-4.23", Yours: "W-4.23", Promise: "In- en uitloggen, mislukte pogingen en wat werd geopend staan in het log voor de auditor.", State: "met", Controls: []EvidenceControl{
			{Text: "De keten van het auditlog is nagerekend en klopt", Kind: "automatic", State: "met", Of: "measurement", Says: "48.112 schakels nagerekend", At: on(13, 3, 0), Link: "/log", Seen: 13, Held: 12}}},
		{ID: "OB-C3", Source: "P-A3.2, D-A2", Promise: "Wachtwoordbeleid per klant; onbevoegde pogingen worden ontdekt en verhinderd.", State: "partly", Gap: "Een tweede factor is nog niet gebouwd.", Controls: []EvidenceControl{
			{Text: "Mislukte pogingen sluiten het account steeds langer", Kind: "automatic", State: "missing", Why: "stale", Days: 35, Of: "test", Says: "Geslaagd in versie v1.2 (ingest/people.TestFailuresLockTheAccountLongerAndLonger)", At: on(1, 3, 0)},
			{Text: "Wachtwoorden staan gehasht", Kind: "configured", State: "missing", Why: "none"},
			{Text: "Sluiten", Kind: "automatic", State: "missing", Why: "other", Of: "test", Says: "Geslaagd in versie v1.1 (api.TestX)", At: on(1, 3, 0)}}},
		{ID: "OB-C15", Source: "D-5.3–5.6", Yours: "D-5.3–5.6", Promise: "Audits zijn geregistreerd, bevindingen opgevolgd.", State: "missing", Controls: []EvidenceControl{
			{Text: "Dit jaar is een audit gehouden of aangeboden", Kind: "organisational", State: "missing", Why: "unproved"},
			{Text: "Niets", Kind: "automatic", State: "missing", Why: "fails", Of: "setting", Says: "uit", At: on(1, 3, 0), Link: "/log"},
			{Text: "Opgeschreven", Kind: "organisational", State: "met", Of: "record", Says: "Rooster hangt op kantoor", At: on(1, 3, 0), Link: "/service/evidence"}}},
	}
	full := Evidence{Frame: frame, Month: "2026-10", Months: []EvidenceMonth{{First: on(1, 0, 0)}, {First: on(1, 0, 0).AddDate(0, -1, 0), Chosen: true}},
		Tallies: []EvidenceTally{{"missing", 1}, {"partly", 1}, {"met", 1}}, AsOf: on(1, 0, 0), Groups: []EvidenceGroup{{"H", rows[2:]}, {"S", rows[2:]}, {"P", rows[1:2]}, {"C", rows}},
		Form: Form{Values: map[string]string{"day": "2026-11-13"}}, Takes: []Option{{Value: "OB-S9", Label: "OB-S9 Dag en nacht telefonisch bereikbaar"}}, May: true, MaySign: true, Contract: true}
	own := full
	own.Yours, own.Show = true, "missing"
	refused := full
	refused.NoTests, refused.Contract, refused.Show, refused.Groups = true, false, "met", nil
	refused.Form = Form{Values: map[string]string{"says": ""}, Problems: map[string]Message{"says": Say("proof.refused.says"), "day": Say("proof.refused.day"), "obligation": Say("proof.refused.obligation")}}
	return map[string]View{"evidence": &full, "evidence-own": &own, "evidence-refused": &refused}
}
