package page

import "strings"

func sampleEndingViews(lang string) map[string]View {
	frame := sampleFrame(lang, "/privacy/ending")
	none := Form{Values: map[string]string{}}
	print := strings.Repeat("9f3a07c4", 8)
	days := []EndingDay{{"last-day", on(11, 0, 0), true}, {"read-only", on(12, 0, 0), true}, {"access", on(19, 0, 0), false}, {"destroy", on(19, 0, 0), false}, {"backups", on(26, 0, 0), false}}
	return map[string]View{
		"ending":           &Ending{Frame: frame, Terms: "strict", Form: none, May: true},
		"ending-chosen":    &Ending{Frame: frame, Terms: "winbase", Chosen: true, Form: Form{Values: map[string]string{"last_day": "2026-12-31"}}, May: true},
		"ending-refused":   &Ending{Frame: frame, Terms: "winbase", Chosen: true, Form: Form{Values: map[string]string{"last_day": ""}, Problems: map[string]Message{"last_day": Say("ending.refused.day")}}, May: true},
		"ending-planned":   &Ending{Frame: frame, Terms: "planning", Chosen: true, Days: days, ReadOnly: true, Exported: on(13, 10, 0), Fingerprint: print, Since: 12, Form: none, May: true},
		"ending-accepted":  &Ending{Frame: frame, Terms: "planning", Chosen: true, Days: days, ReadOnly: true, Ask: "destroy", Asked: on(1, 0, 0), Exported: on(13, 10, 0), Fingerprint: print, Accepted: on(13, 11, 0), AcceptedBy: "Ilse Verhoeven", Form: none, May: true},
		"ending-to-see":    &Ending{Frame: frame, Terms: "nedap", Chosen: true, Days: days, Exported: on(13, 10, 0), Fingerprint: print, Accepted: on(13, 11, 0), Form: none},
		"ending-commanded": &Ending{Frame: frame, Terms: "direct", Chosen: true, Form: Form{Values: map[string]string{}, Problems: map[string]Message{"last_day": Say("ending.refused.terms")}}, May: true},
	}
}
