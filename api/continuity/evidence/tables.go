package evidence

import "tikklok/ingest/privacy"

// Tables declares what this room keeps.
func Tables() []privacy.Table {
	const room = "api/continuity/evidence"
	of := func(t privacy.Table, plain ...string) privacy.Table {
		t.Room, t.Subjects, t.By = room, []privacy.Group{privacy.Users}, privacy.ByAccount
		t.Why, t.Basis, t.Class = privacy.Accounting, privacy.ByContract, privacy.Registers
		t.Readers, t.Source, t.Erase = []privacy.Reader{privacy.Administrators, privacy.Auditors}, privacy.FromCustomer, privacy.EraseStays
		t.Fields = append(t.Fields, privacy.Field{Column: "by_id", Kind: privacy.Reference}, privacy.Field{Column: "at", Kind: privacy.Moment})
		t.Plain = append([]string{"tenant_id", "by_kind"}, plain...)
		return t
	}
	whole := func(name string, columns ...string) privacy.Table { // of the whole installation
		return privacy.Table{Name: name, Room: room, Plain: columns, Local: columns}
	}
	return []privacy.Table{
		of(privacy.Table{Name: "evidence_record", Fields: []privacy.Field{{Column: "says", Kind: privacy.Writing}}}, "record_id", "obligation", "day"),
		of(privacy.Table{Name: "evidence_pack"}, "pack_id", "month", "sha256", "key", "met", "partly", "missing"),
		{Name: "evidence_look", Room: room, Plain: []string{"tenant_id", "day", "at", "program", "seen"}},
		whole("test_run", "name", "at", "passed", "version"),
		whole("policy_check", "at", "address", "expires", "problem"),
	}
}
