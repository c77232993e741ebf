package breach

import "tikklok/ingest/privacy"

// Tables declares what this room keeps.
func Tables() []privacy.Table {
	of := func(t privacy.Table, plain ...string) privacy.Table {
		t.Room, t.Subjects, t.By = "ingest/privacy/breach", []privacy.Group{privacy.Users, privacy.Contacts}, privacy.ByAccount
		t.Why, t.Basis, t.Class = privacy.Accounting, privacy.ByLaw, privacy.Registers
		t.Readers, t.Source, t.Erase = []privacy.Reader{privacy.Administrators, privacy.Auditors}, privacy.FromCustomer, privacy.EraseStays
		t.Fields = append(t.Fields, privacy.Field{Column: "by_id", Kind: privacy.Reference}, privacy.Field{Column: "at", Kind: privacy.Moment})
		t.Plain = append([]string{"tenant_id", "breach_id", "by_kind"}, plain...)
		return t
	}
	return []privacy.Table{
		of(privacy.Table{Name: "breach"}, "known_at", "hours"),
		of(privacy.Table{Name: "breach_version", Fields: []privacy.Field{{Column: "facts", Kind: privacy.Structured}}}, "version"),
		of(privacy.Table{Name: "breach_step", Fields: []privacy.Field{
			{Column: "whom", Kind: privacy.Contact}, {Column: "note", Kind: privacy.Writing}}}, "step_id", "what", "done_at"),
	}
}
