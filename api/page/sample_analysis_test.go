package page

func sampleAnalysisViews(lang string) map[string]View {
	given := Form{Values: map[string]string{"from": "2026-10-01", "to": "2026-10-31", "month": "2026-10"}}
	frame := sampleFrame(lang, "/exports/analysis")
	wrong := Form{Values: given.Values, Problems: map[string]Message{"basis": Say("refused.analysis-basis"), "month": Say("refused.analysis-nothing")}}
	return map[string]View{
		"analysis-none": &Analysis{Frame: frame, MayAllow: true, MayPublish: true, Form: given},
		"analysis-off":  &Analysis{Frame: frame, Contract: true, MayAllow: true, MayPublish: true, MayTake: true, Form: wrong},
		"analysis-seen": &Analysis{Frame: frame, Contract: true, Form: given, Allowed: true, Basis: "Verwerkersovereenkomst, artikel 4.2", At: on(1, 9, 0)},
		"analysis": &Analysis{Frame: frame, Contract: true, Form: given, MayAllow: true, MayPublish: true, MayTake: true, Allowed: true, Basis: "Verwerkersovereenkomst, artikel 4.2",
			By: "Ilse Verhoeven", At: on(2, 9, 0), Rows: []PublicationLine{
				{Month: on(1, 0, 0).AddDate(0, -1, 0), At: on(3, 10, 20), By: "Ilse Verhoeven", Lines: 1834, Held: 12, Kept: true},
				{Month: on(1, 0, 0).AddDate(0, -2, 0), At: on(1, 8, 0), By: "Ilse Verhoeven", Lines: 1710},
			}},
	}
}
