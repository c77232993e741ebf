package request

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps itself (I7).
func Tables() []privacy.Table {
	const room = "ingest/privacy/request"
	seen := []privacy.Reader{privacy.Administrators, privacy.Auditors, privacy.Themselves}
	return []privacy.Table{
		{Name: "privacy_request", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Contacts}, Of: "t.employee_id = $1",
			Why: privacy.Accounting, Basis: privacy.ByLaw, Class: privacy.Registers, Readers: seen, Source: privacy.FromCustomer, Erase: privacy.EraseValues,
			Fields: slices.Concat([]privacy.Field{
				{Column: "name", Kind: privacy.Name, Erased: "''"}, {Column: "what", Kind: privacy.Writing, Erased: "''"},
			}, privacy.Each(privacy.Reference, "request_id", "employee_id"), privacy.Each(privacy.Choice, "kind", "requester", "state"),
				privacy.Each(privacy.Moment, "received", "due", "made_at")),
			Plain: []string{"tenant_id", "extended", "checked", "certificate_id"}},
		{Name: "privacy_request_step", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, By: privacy.ByAccount,
			Of:  "EXISTS (SELECT FROM privacy_request r WHERE r.tenant_id = t.tenant_id AND r.request_id = t.request_id AND r.employee_id = $1)",
			Why: privacy.Accounting, Basis: privacy.ByLaw, Class: privacy.Registers, Readers: seen, Source: privacy.FromCustomer, Erase: privacy.EraseValues,
			Fields: slices.Concat([]privacy.Field{
				{Column: "reason", Kind: privacy.Writing, Erased: "CASE WHEN t.reason = '' THEN '' ELSE 'erased' END"},
			}, privacy.Each(privacy.Reference, "request_id", "by_id"), privacy.Each(privacy.Choice, "act"), privacy.Each(privacy.Moment, "at")),
			Plain: []string{"tenant_id", "step_id", "by_kind"}},
		{Name: "privacy_restriction", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1",
			By:  "t.by_kind = 'account' AND t.by_id = ANY ($2) OR t.lifted_kind = 'account' AND t.lifted_by = ANY ($2)",
			Why: privacy.Accounting, Basis: privacy.ByLaw, Class: privacy.Registers, Readers: seen, Source: privacy.FromCustomer, Erase: privacy.EraseValues,
			Fields: slices.Concat([]privacy.Field{
				{Column: "reason", Kind: privacy.Writing, Erased: "CASE WHEN t.reason = '' THEN '' ELSE 'erased' END"},
			}, privacy.Each(privacy.Reference, "employee_id", "request_id", "by_id", "lifted_by"), privacy.Each(privacy.Moment, "at", "lifted_at")),
			Plain: []string{"tenant_id", "restriction_id", "by_kind", "lifted_kind"}},
		{Name: "privacy_erasure", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Accounting, Basis: privacy.ByLaw, Class: privacy.Registers, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromProgram, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Moment, "created_at", "at")),
			Plain:  []string{"tenant_id", "certificate_id"}},
	}
}
