package privacy

// Tables declares what this room keeps itself.
func Tables() []Table {
	const room = "ingest/privacy"
	return []Table{
		{Name: "privacy_certificate", Room: room, Subjects: []Group{Users}, By: ByAccount,
			Why: Accounting, Basis: ByContract, Class: Registers, Readers: []Reader{Administrators, Auditors}, Source: FromProgram, Erase: EraseStays,
			Fields: []Field{{Column: "by_id", Kind: Reference}, {Column: "at", Kind: Moment}},
			Plain:  []string{"tenant_id", "certificate_id", "kind", "by_kind", "content", "hash"}},
	}
}
