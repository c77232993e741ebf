package page

import (
	"maps"
	"time"
)

var sampleEmployees = []Option{{Value: "1", Label: "Aydın, Selin"}, {Value: "2", Label: "Bakker, Joris"}, {Value: "3", Label: "van den Berg, Fleur"}}

func samplePeople(lang string) *People {
	v := &People{Frame: sampleFrame(lang, "/people"), Total: 25, Unknown: sampleUnknown()}
	for i, w := range sampleWeeks {
		p := Person{Employee: int64(i + 1), Number: w.number, Name: w.name, Email: "medewerker" + w.number + "@example.nl", Contract: w.contract, From: on(1, 0, 0).AddDate(-2, i, 0)}
		if i != 5 {
			p.Fobs = []string{"K-0" + w.number[2:]}
		}
		if i == 8 {
			p.Until = on(30, 0, 0)
		}
		v.Rows = append(v.Rows, p)
	}
	return v
}

func sampleUnknown() []UnknownFob {
	return []UnknownFob{
		{Token: "a1", Key: 1, Taps: 3, Reader: "Voordeur", Site: "Haarlem", First: on(12, 8, 1), Last: on(13, 14, 9)},
		{Token: "b2", Key: 1, Taps: 1, Reader: "Lezer 7", Site: "Amsterdam", First: on(13, 6, 55), Last: on(13, 6, 55)},
	}
}

func sampleEmployee(lang string) *Employee {
	return &Employee{
		Frame: sampleFrame(lang, "/people/2"), ID: 2, Title: "Bakker, Joris",
		Form: Form{
			Values:   map[string]string{"surname": "Bakker", "first_name": "Joris", "number": "10458", "email": "joris@", "contract": "40:00", "from": "2024-12-01", "zone": "Europe/Amsterdam"},
			Problems: map[string]Message{"email": Say("invalid.email"), "number": Say("refused.number-taken")},
		},
		Zones: []Option{{Value: "Europe/Amsterdam", Label: "Europe/Amsterdam"}, {Value: "Europe/Lisbon", Label: "Europe/Lisbon"}},
		Fobs:  []HeldFob{{Fob: 1, Label: "K-0458", From: on(1, 0, 0).AddDate(-1, 0, 0)}, {Fob: 2, Label: "K-0112", From: on(1, 0, 0).AddDate(-2, 0, 0), Until: on(1, 0, 0).AddDate(-1, 0, 0)}},
		Stock: []Option{{Value: "9", Label: "K-0900"}},
		Leaving: Leaving{May: true, Begun: true, LastDay: on(12, 0, 0), Fobs: "last_shift", Access: on(12, 17, 3), Blocked: on(12, 17, 31),
			Form: Form{Values: map[string]string{"last_day": "2026-11-12"}, Problems: map[string]Message{"last_day": Say("refused.leaving-day")}},
			Keys: []Option{{Value: "3", Label: "Rooster"}},
			Held: []LeftFob{{Fob: 1, Label: "K-0458", Status: "blocked"}, {Fob: 2, Label: "K-0112", Status: "blocked", Back: on(13, 9, 0)}, {Fob: 3, Label: "K-0007", Status: "lost"}}},
	}
}

func sampleImport(lang string) *Import {
	return &Import{
		Frame: sampleFrame(lang, "/people/import"), Shown: true, New: 2, Changed: 1, Same: 20, Bad: 2, CSV: "number;surname",
		Rows: []ImportRow{
			{Line: 2, Number: "10901", Surname: "Mulder", First: "Tess", Email: "tess@example.nl", Contract: "32:00", From: "2026-12-01", Change: "new"},
			{Line: 3, Number: "10458", Surname: "Bakker", First: "Joris", Email: "joris@example.nl", Contract: "36:00", From: "2024-12-01", Change: "changed"},
			{Line: 4, Number: "10902", Surname: "Peters", First: "Daan", Email: "daan", Contract: "40", From: "2026-12-01", Change: "bad", Problems: []Message{Say("invalid.email")}},
			{Line: 5, Number: "", Surname: "Bos", First: "", Email: "", Contract: "veertig", From: "31-12", Change: "bad", Problems: []Message{Say("problem.required"), Say("problem.hours"), Say("problem.date")}},
		},
	}
}

func sampleFobs(lang string) *Fobs {
	v := &Fobs{
		Frame: sampleFrame(lang, "/people/fobs"), Unknown: sampleUnknown(), Employees: sampleEmployees,
		Counts:  map[string]int{"": 32, "in_stock": 5, "issued": 24, "lost": 1, "blocked": 1, "returned": 1},
		FormFor: "b2", Form: Form{Problems: map[string]Message{"label": Say("refused.number-taken")}, Values: map[string]string{"label": "K-0458"}},
	}
	for i, status := range []string{"issued", "issued", "in_stock", "lost", "blocked", "returned"} {
		f := Fob{ID: int64(i + 1), Label: "K-04" + string(rune('0'+i)) + "1", Status: status, LastTap: on(13, 9-i, 4)}
		if status == "issued" {
			f.Employee, f.Holder, f.Since = int64(i+1), sampleEmployees[i].Label, on(1, 0, 0).AddDate(-1, 0, 0)
		}
		if status == "in_stock" {
			f.LastTap = time.Time{}
		}
		v.Rows = append(v.Rows, f)
	}
	return v
}

func sampleRegistration(lang string) *Registration {
	return &Registration{
		Frame: sampleFrame(lang, "/people/registration"), Employees: sampleEmployees, Back: "/today",
		Form:   Form{Values: map[string]string{"day": "2026-11-13", "in": "08:00"}, Problems: map[string]Message{"reason": Say("problem.reason")}},
		Recent: []ManualLine{{At: on(12, 9, 41), By: "Ilse Verhoeven", Name: "Bakker, Joris", Day: on(9, 0, 0), In: "13:02", Out: "21:30", Reason: "sleutel vergeten"}},
	}
}

func sampleAccounts(lang string) *Accounts {
	return &Accounts{
		Frame: sampleFrame(lang, "/people/accounts"), Roles: []string{"administrator", "approver", "payroll", "auditor"}, Password: "kite-lamp-4821-orchid", For: "Karim Haddad",
		Rows: []Account{
			{ID: 1, Name: "Ilse Verhoeven", Email: "ilse.verhoeven@example.nl", Roles: []string{"administrator", "approver", "payroll"}, LastSeen: on(13, 14, 10), Self: true},
			{ID: 2, Name: "Karim Haddad", Email: "karim@example.nl", Roles: []string{"approver"}, LastSeen: on(12, 17, 1), Locked: true},
			{ID: 3, Name: "Oud Account", Email: "oud@example.nl", Roles: []string{"auditor"}, Closed: true},
		},
	}
}

func sampleDevices(lang string) *Devices {
	return &Devices{
		Frame: sampleFrame(lang, "/devices"), MayManage: true, Stock: sampleStock(), Keys: sampleTokenKeys(), Tally: DeviceTally{Gateways: 3, Online: 2, Readers: 5, Wrong: 2},
		Holes: []Hole{
			{Key: "h1", Origin: "5", Epoch: "9", From: 412, To: 415, Reader: "Lezer 7", Site: "Magazijn Noord", State: "held", HeldBy: "Gateway Haarlem", Since: on(12, 22, 14)},
			{Key: "h2", Origin: "6", Epoch: "3", From: 88, Reader: "Kantine", Site: "Haarlem", State: "open", Since: on(10, 3, 2)},
		},
		Conflicts:  []NameConflict{{ID: 1, Reader: "Lezer 7", Gateway: "Gateway Haarlem", Seq: 390, At: on(12, 22, 14)}},
		Quarantine: []Quarantined{{ID: 1, Gateway: "Gateway Amsterdam", Reason: "batch says 40 taps, holds 12", At: on(11, 4, 20), Bytes: 4812}},
		Uncertain:  sampleUncertain(),
		Enrolment: DeviceEnrolment{MayAdd: true, Code: "M1SP-Z1BN-EY0C-6VC5-0NMM-69SX-SPNR-K7W7-E6RS", CodeFor: "Gateway Kantine", Until: on(14, 14, 12), Server: "tikklok.example.nl",
			Sites: []Option{{Value: "1", Label: "Haarlem"}, {Value: "2", Label: "Amsterdam"}}, Ending: []EndingCertificate{{Kind: "gateway", Gateway: "Gateway Amsterdam", Until: on(20, 8, 0)}, {Kind: "broker", Until: on(10, 8, 0), Ended: true}, {Kind: "authority", Until: on(28, 8, 0)}}},
		Sites: []DeviceSite{
			{ID: 1, Name: "Haarlem", Gateways: []Gateway{{ID: 1, Name: "Gateway Haarlem", Online: true, LastContact: on(13, 14, 12), Clock: "disciplined", ClockBound: 12, Software: "1.0.0", Enrolment: GatewayEnrolment{Until: on(20, 8, 0), MayRenew: true, CodeUntil: on(14, 8, 0)}, Chain: noisyChain(), Users: Users{22, "met"}}, {ID: 3, Name: "Gateway Magazijn", Online: true, LastContact: on(13, 14, 9), Clock: "disciplined", Software: "1.0.0", Chain: healthyChain(), Users: Users{61, "far_above"}}}, Readers: []Reader{
				{ID: 1, Name: "Poort", Gateway: "Gateway Haarlem", Protocol: "em4100", Mode: "toggle", Health: "ok", LastContact: on(13, 14, 12), Users: Users{19, "met"}},
				{ID: 2, Name: "Lezer 7", Gateway: "Gateway Haarlem", Protocol: "link", Mode: "in", Health: "ok", Battery: 86, Signal: -68, Users: Users{61, "far_above"}, Stored: 1204, LastContact: on(13, 14, 2), Firmware: "2.1"},
				{ID: 3, Name: "Kantine", Gateway: "Gateway Haarlem", Protocol: "link", Mode: "break", Health: "noise", Battery: 12, Signal: -81, Users: Users{7, "met"}, Stored: 77, LastContact: on(13, 11, 40)},
				{ID: 5, Name: "Oude poort", Gateway: "Gateway Haarlem", Protocol: "em4100", Mode: "toggle", Health: "ok", Unlisted: true, Users: Users{0, "below"}, LastContact: on(3, 8, 0)},
			}},
			{ID: 2, Name: "Amsterdam", Gateways: []Gateway{{ID: 2, Name: "Gateway Amsterdam", LastContact: on(13, 9, 31), Unsent: 1312, Damaged: 2, Clock: "server", ClockBound: 240, Software: "1.0.0", Chain: brokenChain(), Users: Users{3, "below"}}}, Readers: []Reader{
				{ID: 4, Name: "Voordeur", Gateway: "Gateway Amsterdam", Protocol: "em4100", Mode: "toggle", Health: "other", HealthText: "flux compensator missing", LastContact: on(13, 9, 31), Users: Users{3, "below"}},
			}},
		},
	}
}

func sampleTotals() []CodeTotal {
	return []CodeTotal{
		{Code: "100", Name: Plain("Normale uren"), Theirs: "N100", Minutes: 52344, Hundredths: 87240},
		{Code: "125", Name: Plain("Avonduren"), Theirs: "T125", Minutes: 4110, Hundredths: 6850},
		{Code: "150", Kind: "supplement", Name: Plain("Nachturen"), Minutes: 2280, Hundredths: 3800},
	}
}

func sampleKeys(lang string) *Keys {
	return &Keys{
		Frame: sampleFrame(lang, "/exports/keys"), Scopes: []string{"payroll", "manage", "read"}, Shown: "tk_MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U", For: "Loket Salaris",
		Rows: []Key{{ID: 1, Name: "Loket Salaris", Scopes: []string{"payroll"}, Created: on(13, 14, 0)}, {ID: 2, Name: "Oud", Scopes: []string{"payroll", "read"}, Created: on(1, 9, 0), LastUsed: on(9, 3, 0), Revoked: on(10, 9, 0)}},
	}
}

func sampleViews(lang string) map[string]View {
	approved := sampleTimesheets(lang)
	approved.Notice = &Notice{Text: Say("notice.approved", 3), Undo: &UndoForm{Action: PathReopen, Values: []Hidden{{"week", "2026-W46"}}}}
	asked := sampleTimesheets(lang)
	asked.Asked, asked.Form = "approve", Form{Problems: map[string]Message{"reason": Say("problem.reason-needed")}}
	waiting := &Today{Frame: sampleFrame(lang, "/today"), Waiting: true}
	empty := &Today{Frame: sampleFrame(lang, "/today")}
	door := Frame{Language: lang, Now: on(13, 14, 12), Path: "/sign-in"}
	all := map[string]View{
		"sign-in-again":      &SignIn{Frame: door, Form: Form{Values: map[string]string{}, Problems: map[string]Message{}}, Again: true, Next: "/today"},
		"sign-in":            &SignIn{Frame: door, Form: Form{Values: map[string]string{"email": "ilse@example.nl"}, Problems: map[string]Message{"password": Say("problem.sign-in")}}},
		"failure-404":        &Failure{Frame: sampleFrame(lang, "/nowhere"), Status: 404, Reference: "7f3a"},
		"failure-suspended":  &Failure{Frame: door, Suspended: true},
		"today":              sampleToday(lang),
		"today-waiting":      waiting,
		"today-empty":        empty,
		"timesheets":         sampleTimesheets(lang),
		"timesheets-panel":   samplePanel(lang),
		"exceptions":         sampleExceptions(lang),
		"exceptions-none":    &Exceptions{Frame: sampleFrame(lang, "/exceptions"), Kinds: []Option{{Label: "0", Chosen: true}}, Weeks: []Option{{Chosen: true}}},
		"timesheets-notice":  approved,
		"timesheets-changed": sampleConflict(lang),
		"bulk":               sampleBulk(lang),
		"bulk-progress":      sampleBulkProgress(lang),
		"period":             samplePeriod(lang),
		"approval":           sampleApproval(lang),
		"timesheets-asked":   asked,
		"people":             samplePeople(lang),
		"employee":           sampleEmployee(lang),
		"employee-new":       &Employee{Frame: sampleFrame(lang, "/people/new"), Purpose: "naamgenoten uit elkaar houden"},
		"import":             sampleImport(lang),
		"plan":               samplePlan(lang),
		"plan-panel":         samplePlanPanel(lang),
		"plan-import":        samplePlanImport(lang),
		"plan-problems":      samplePlanProblems(lang),
		"plan-start":         &PlanImport{Frame: sampleFrame(lang, "/plan/import")},
		"import-form":        &Import{Frame: sampleFrame(lang, "/people/import")},
		"fobs":               sampleFobs(lang),
		"registration":       sampleRegistration(lang),
		"accounts":           sampleAccounts(lang),
		"devices":            sampleDevices(lang),
		"gateway":            sampleGateway(lang),
		"reader":             sampleReader(lang),
		"reader-retired":     sampleRetired(lang),
		"exports":            sampleExports(lang),
		"run":                sampleRun(lang),
		"keys":               sampleKeys(lang),
		"rules":              sampleRules(lang),
		"rules-edit":         sampleEditor(lang),
		"rules-preview":      samplePreview(lang),
		"rules-history":      sampleHistory(lang),
		"rules-holidays":     sampleHolidays(lang),
		"log":                sampleLog(lang),
		"log-broken":         sampleLogBroken(lang),
	}
	maps.Copy(all, sampleLawViews(lang))
	maps.Copy(all, samplePrivacyViews(lang))
	maps.Copy(all, sampleExportViews(lang))
	maps.Copy(all, sampleDeliveryViews(lang))
	maps.Copy(all, samplePaperViews(lang))
	maps.Copy(all, sampleAnalysisViews(lang))
	maps.Copy(all, sampleSupplyViews(lang))
	maps.Copy(all, sampleServiceViews(lang))
	maps.Copy(all, sampleRegisterViews(lang))
	maps.Copy(all, sampleEvidenceViews(lang))
	maps.Copy(all, sampleBreachViews(lang))
	maps.Copy(all, sampleIncidentViews(lang))
	maps.Copy(all, sampleRequestViews(lang))
	maps.Copy(all, sampleRetentionViews(lang))
	maps.Copy(all, sampleEndingViews(lang))
	maps.Copy(all, sampleAccessViews(lang))
	maps.Copy(all, sampleBackupViews(lang))
	maps.Copy(all, sampleMaintenanceViews(lang))
	maps.Copy(all, sampleAlarmViews(lang))
	for name, view := range sampleOwnViews(lang) {
		if name != "sign-in" {
			all[name] = view
		}
	}
	return all
}
