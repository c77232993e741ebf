package ending

import "tikklok/ingest/privacy"

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "ingest/privacy/ending"
	ended := []string{"tenant_id", "last_day", "terms", "read_only_from", "access_until", "destroy_from", "backup_days", "exported_at", "fingerprint",
		"destroying_at", "removed", "destroyed_at", "backups_until"}
	imported := []string{"tenant_id", "fingerprint", "exported_at", "imported_at", "proven"}
	return []privacy.Table{
		{Name: "tenant_ending", Room: room, Subjects: []privacy.Group{privacy.Users}, By: "t.accepted_by = ANY ($2)",
			Why: privacy.Accounting, Basis: privacy.ByContract, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: []privacy.Field{{Column: "accepted_by", Kind: privacy.Reference}, {Column: "accepted_at", Kind: privacy.Moment}},
			Plain:  ended, Local: append([]string{"accepted_by", "accepted_at"}, ended...)},
		{Name: "tenant_import", Room: room, Plain: imported, Local: imported},
	}
}
