package leaving

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	return []privacy.Table{
		{Name: "leaving", Room: "ingest/leaving", Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1", By: privacy.ByAccount,
			Why: privacy.SigningIn, Basis: privacy.ByContract, Class: privacy.Employment, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id", "by_id"), privacy.Each(privacy.Moment, "made_at", "access_at", "fobs_at", "stays_at")),
			Plain:  []string{"tenant_id", "leaving_id", "fobs", "keep_keys", "by_kind"}},
	}
}
