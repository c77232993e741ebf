package page

func sampleAccessViews(lang string) map[string]View {
	frame := sampleFrame(lang, "/service/access")
	closed := sampleFrame(lang, "/service/access")
	closed.Account = &Signed{Name: frame.Account.Name, Email: frame.Account.Email, Administer: true, Suspended: true}
	door := Frame{Language: lang, Now: on(13, 14, 12), Path: "/"}
	reminders := []AccessReminder{{on(1, 0, 0), "brief 2026-114"}, {on(8, 0, 0), "brief 2026-131"}}
	ways := []AccessWays{{"accounts", []Option{{Value: "account-2", Label: "eva@example.nl"}}}, {"keys", []Option{{Value: "api_key-1", Label: "Loket Salaris"}}}, {"gateways", []Option{{Value: "gateway-1", Label: "Hal"}}}}
	ports := []AccessPorts{{At: on(13, 3, 28), Seen: "inside", Host: "server1", Unexpected: "2024, 6379"}, {At: on(12, 3, 0), Seen: "outside", Host: "203.0.113.7", Missing: "443"}, {At: on(11, 3, 0), Late: true, Seen: "outside", Host: "203.0.113.8"}}
	refused := Form{Values: map[string]string{"whom": "api_key-1"}, Problems: map[string]Message{"whom": Say("invalid-access.whom"), "reason": Say("invalid-access.reason")}}
	cut := sampleFrame(lang, "/service/access")
	cut.Notice = &Notice{Text: Say("notice.cut-off", "eva@example.nl")}
	return map[string]View{
		"access":           &Access{Frame: frame, May: true, Asked: 2, Reminders: reminders, Ways: ways, Ports: ports},
		"access-none":      &Access{Frame: frame, Asked: 0},
		"access-few":       &Access{Frame: cut, May: true, Asked: 2, Ways: ways, Ports: ports[:1]},
		"access-refused":   &Access{Frame: frame, May: true, Asked: 2, Ways: ways, Form: refused},
		"access-suspended": &Access{Frame: closed, May: true, Asked: 2, Since: on(13, 9, 0), Ground: "arrears", Reference: "brief 2026-150", Reminders: reminders, Ways: ways, Ports: ports},
		"access-misuse":    &Access{Frame: closed, Asked: 2, Since: on(13, 9, 0), Ground: "misuse", Reference: "brief 2026-150"},
		"security":         &Security{Frame: door, Contacts: []string{"mailto:security@example.com"}},
		"security-none":    &Security{Frame: door},
		"failure-closed": &Failure{Frame: door, Status: 403, Suspended: true, SignedIn: true, Open: []Link{{PathAccess, "access"}, {PathEnding, "return"}, {PathRequests, "requests"},
			{PathBreaches, "breaches"}, {PathMeData, "own-data"}, {PathMePrivacy, "notice"}}},
	}
}
