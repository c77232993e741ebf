package statement

import "tikklok/ingest/privacy"

// Tables declares what this room keeps.
func Tables() []privacy.Table {
	return []privacy.Table{
		{Name: "statement_details", Room: "ingest/privacy/statement", Subjects: []privacy.Group{privacy.Users, privacy.Contacts}, By: privacy.ByAccount,
			Why: privacy.Accounting, Basis: privacy.ByLaw, Class: privacy.Registers, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: []privacy.Field{{Column: "details", Kind: privacy.Structured}, {Column: "by_id", Kind: privacy.Reference}, {Column: "at", Kind: privacy.Moment}},
			Plain:  []string{"tenant_id", "version", "by_kind"}},
	}
}
