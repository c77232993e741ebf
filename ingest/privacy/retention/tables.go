package retention

import "tikklok/ingest/privacy"

// Tables declares what this room keeps.
func Tables() []privacy.Table {
	const room = "ingest/privacy/retention"
	readers := []privacy.Reader{privacy.Administrators, privacy.Auditors}
	return []privacy.Table{
		{Name: "retention_term", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Accounting, Basis: privacy.ByContract, Class: privacy.Lasting, Readers: readers, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: []privacy.Field{{Column: "by_id", Kind: privacy.Reference}, {Column: "at", Kind: privacy.Moment}, {Column: "reference", Kind: privacy.Writing}},
			Plain:  []string{"tenant_id", "term_id", "class", "keep", "instruction_id", "by_kind"}},
		{Name: "retention_hold", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1",
			By:  "(t.by_kind = 'account' AND t.by_id = ANY ($2) OR t.lifted_kind = 'account' AND t.lifted_by = ANY ($2))",
			Why: privacy.Accounting, Basis: privacy.ByLaw, Class: privacy.Registers, Readers: readers, Source: privacy.FromCustomer, Erase: privacy.EraseValues,
			Fields: []privacy.Field{{Column: "employee_id", Kind: privacy.Reference}, {Column: "reason", Kind: privacy.Writing, Erased: "'–'"},
				{Column: "by_id", Kind: privacy.Reference}, {Column: "at", Kind: privacy.Moment}, {Column: "lifted_by", Kind: privacy.Reference}, {Column: "lifted_at", Kind: privacy.Moment}},
			Plain: []string{"tenant_id", "hold_id", "until", "by_kind", "lifted_kind"}},
		{Name: "retention_progress", Room: room, Plain: []string{"tenant_id", "step", "removed", "hash", "began", "done"}},
	}
}
