package register

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps.
func Tables() []privacy.Table {
	of := func(t privacy.Table, plain ...string) privacy.Table {
		t.Room, t.Subjects, t.By = "ingest/privacy/register", []privacy.Group{privacy.Users, privacy.Contacts}, privacy.ByAccount
		t.Why, t.Basis, t.Class = privacy.Accounting, privacy.ByLaw, privacy.Registers
		t.Readers, t.Source, t.Erase = []privacy.Reader{privacy.Administrators, privacy.Auditors}, privacy.FromCustomer, privacy.EraseStays
		t.Fields = append(t.Fields, privacy.Field{Column: "by_id", Kind: privacy.Reference}, privacy.Field{Column: "at", Kind: privacy.Moment})
		t.Plain = append([]string{"tenant_id", "entry_id", "by_kind"}, plain...)
		return t
	}
	return []privacy.Table{
		of(privacy.Table{Name: "register_entry", Fields: []privacy.Field{{Column: "details", Kind: privacy.Structured}}}, "book"),
		of(privacy.Table{Name: "register_step", Fields: []privacy.Field{{Column: "note", Kind: privacy.Writing}}}, "step_id", "what", "day"),
		{Name: "support_grant", Room: "ingest/privacy/register", Subjects: []privacy.Group{privacy.Users}, Of: "t.account_id = ANY ($2)", By: "t.by_id = ANY ($2)",
			Why: privacy.Accounting, Basis: privacy.ByContract, Class: privacy.Registers, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "account_id", "by_id"), privacy.Each(privacy.Secret, "session"), privacy.Each(privacy.Writing, "reason"),
				privacy.Each(privacy.Moment, "at", "until", "ended_at")),
			Plain: []string{"tenant_id", "grant_id", "region", "operator"}},
	}
}
