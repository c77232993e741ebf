package page

func sampleLog(lang string) *Log {
	return &Log{Frame: sampleFrame(lang, "/log"), MayCheck: true, Checked: on(13, 3, 10), Links: 184211, Before: 880, Lines: []LogLine{
		{ID: 900, At: on(13, 14, 10), By: "Ilse Verhoeven", Kind: "account", Action: "timesheet.approve", SubjectKind: "employee", Subject: "Visser, Noor", Details: []LogDetail{{Name: "week", Value: "2026-W46"}, {Name: "unknown_name", Value: "1"}}},
		{ID: 899, At: on(12, 22, 14), By: "Gateway Haarlem", Kind: "gateway", Action: "name_conflict.found", SubjectKind: "name_conflict", Subject: "7"},
		{ID: 898, At: on(3, 22, 14), By: "Loket Salaris", Kind: "api_key", Action: "payroll_run.pull", SubjectKind: "payroll_run", Subject: "3"},
	}}
}

func sampleLogBroken(lang string) *Log {
	v := sampleLog(lang)
	v.Reads, v.Asked, v.Done, v.Total, v.Cut, v.Late, v.Waiting = true, true, 120000, 184211, true, true, 12
	v.Breaks = []Message{Say("logged.break.rewritten", Say("logged.entry", "4411"), Say("logged.mark", "4410", "2026-11-12 09:05:00"), Say("logged.mark", "4412", "2026-11-12 09:06:00")),
		Say("logged.break.missing", Say("logged.entries", "5000", "5004"), Say("logged.mark", "4999", "2026-11-12 10:00:00"), Say("logged.mark.none"))}
	v.Lines = []LogLine{{ID: 901, At: on(13, 14, 12), By: "Ilse Verhoeven", Kind: "account", Action: "data.read", Details: []LogDetail{{Name: "operation", Value: "ListTimesheets"}, {Name: "employees", Value: "1–25, 31"}}}}
	return v
}
