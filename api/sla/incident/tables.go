package incident

import "tikklok/ingest/privacy"

// Tables declares what this room keeps.
func Tables() []privacy.Table {
	of := func(t privacy.Table, plain ...string) privacy.Table {
		t.Room, t.Subjects, t.By = "api/sla/incident", []privacy.Group{privacy.Users, privacy.Contacts}, privacy.ByAccount
		t.Why, t.Basis, t.Class = privacy.Operating, privacy.ByInterest, privacy.Lasting // attainment is told as long as the contract runs
		t.Readers, t.Source, t.Erase = []privacy.Reader{privacy.Administrators, privacy.Auditors}, privacy.FromCustomer, privacy.EraseStays
		t.Fields = append(t.Fields, privacy.Field{Column: "by_id", Kind: privacy.Reference}, privacy.Field{Column: "at", Kind: privacy.Moment})
		t.Plain = append([]string{"tenant_id", "incident_id", "by_kind"}, plain...)
		return t
	}
	told := privacy.Table{Name: "duty_told", Room: "api/sla/incident", Plain: []string{"tenant_id", "told_id", "incident_id", "waits_since", "step", "made_at", "due_at", "sent_at", "settled"}}
	told.Local = told.Columns() // whoever takes an export up has a roster of its own
	return []privacy.Table{
		of(privacy.Table{Name: "incident", Fields: []privacy.Field{{Column: "report", Kind: privacy.Structured}, {Column: "why", Kind: privacy.Writing}}},
			"channel", "kind", "arose_at", "reported_at", "impact", "category", "priority", "terms"),
		of(privacy.Table{Name: "incident_step", Fields: []privacy.Field{{Column: "note", Kind: privacy.Writing}}},
			"step_id", "what", "done_at", "priority", "of_id"),
		of(privacy.Table{Name: "incident_call"}, "call_id", "step", "called_at", "answered_at"),
		{Name: "duty", Room: "api/sla/incident", Subjects: []privacy.Group{privacy.Contacts}, // the supplier's own people
			Why: privacy.Operating, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors},
			Source: privacy.FromProgram, Erase: privacy.EraseStays,
			Fields: []privacy.Field{{Column: "name", Kind: privacy.Name}, {Column: "telephone", Kind: privacy.Contact}, {Column: "email", Kind: privacy.Contact}},
			Plain:  []string{"duty_id", "from_at", "until_at", "step", "at"}},
		{Name: "support_hours", Room: "api/sla/incident", Plain: []string{"version", "opens", "closes", "days", "made_at"}},
		told,
	}
}
