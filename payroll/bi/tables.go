package bi

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "payroll/bi"
	return []privacy.Table{
		{Name: "bi_key", Room: room, Plain: []string{"tenant_id", "secret", "made_at"}},
		{Name: "bi_login", Room: room, Plain: []string{"tenant_id", "role_name", "made_at"},
			Local: []string{"tenant_id", "role_name", "made_at"}}, // a login role of this server
		{Name: "bi_permission", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Accounting, Basis: privacy.ByContract, Class: privacy.Registers, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "at")),
			Plain:  []string{"tenant_id", "permission_id", "allowed", "basis", "by_kind"}},
		{Name: "bi_publication", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Accounting, Basis: privacy.ByContract, Class: privacy.Registers, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "at")),
			Plain:  []string{"tenant_id", "publication_id", "month", "zone", "by_kind", "lines", "held"}},
		{Name: "bi_hours", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM approved_line l WHERE l.tenant_id = t.tenant_id AND l.line_id = t.line_id AND l.employee_id = $1)",
			Why: privacy.Paying, Basis: privacy.ByInterest, Class: privacy.ExportFiles, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromProgram, To: []privacy.Recipient{privacy.ToAnalysis}, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "line_id", "line_key", "employee_key"), privacy.Each(privacy.Moment, "work_date"), privacy.Each(privacy.Choice, "site", "cost_centre", "code"), privacy.Each(privacy.Amount, "minutes", "hundredths")),
			Plain:  []string{"tenant_id", "publication_id", "month", "kind", "zone", "published_at"}},
	}
}
