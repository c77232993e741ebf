package payroll

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "payroll"
	return []privacy.Table{
		{Name: "payroll_destination", Room: room, Plain: []string{"tenant_id", "destination_id", "name", "format", "settings", "created_at"}},
		{Name: "payroll_code_map", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Paying, Basis: privacy.ByContract, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "at")),
			Plain:  []string{"tenant_id", "destination_id", "version", "codes", "by_kind", "back_to"}},
		{Name: "payroll_run", Room: room, Subjects: []privacy.Group{privacy.Users}, By: "t.by_kind = 'account' AND t.by_id = ANY ($2) OR t.void_kind = 'account' AND t.void_id = ANY ($2)",
			Why: privacy.Paying, Basis: privacy.ByLaw, Class: privacy.ApprovedPay, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id", "void_id"), privacy.Each(privacy.Moment, "at", "void_at", "pulled_at"), privacy.Each(privacy.Writing, "void_reason")),
			Plain:  []string{"tenant_id", "run_id", "key", "destination_id", "format", "period_from", "period_to", "map_version", "state", "by_kind", "extension", "media_type", "sha256", "bytes", "people", "lines", "totals", "void_kind"}},
		{Name: "payroll_step", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Paying, Basis: privacy.ByLaw, Class: privacy.ApprovedPay, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "at"), privacy.Each(privacy.Writing, "reason")),
			Plain:  []string{"tenant_id", "run_id", "step_id", "state", "by_kind"}},
		{Name: "payroll_line", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Paying, Basis: privacy.ByLaw, Class: privacy.ApprovedPay, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromProgram, To: []privacy.Recipient{privacy.ToPayroll, privacy.ToSheets}, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "line_id", "employee_id", "corrects"), privacy.Each(privacy.Moment, "period_from", "period_to", "day"), privacy.Each(privacy.Choice, "kind", "code", "component", "site", "cost_centre"), privacy.Each(privacy.Amount, "minutes", "hundredths"), privacy.Each(privacy.Number, "assignment")),
			Plain:  []string{"tenant_id", "run_id", "destination_id", "reversed_at"}},
		{Name: "payroll_file", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM payroll_line l WHERE l.tenant_id = t.tenant_id AND l.run_id = t.run_id AND l.employee_id = $1)",
			Why: privacy.Paying, Basis: privacy.ByLaw, Class: privacy.ExportFiles, Readers: []privacy.Reader{privacy.PayrollStaff}, Source: privacy.FromProgram, To: []privacy.Recipient{privacy.ToPayroll}, Erase: privacy.EraseRows,
			Fields: privacy.Each(privacy.Structured, "body"),
			Plain:  []string{"tenant_id", "run_id"}},
		{Name: "payroll_part", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM payroll_line l WHERE l.tenant_id = t.tenant_id AND l.run_id = t.run_id AND l.employee_id = $1)",
			Why: privacy.Paying, Basis: privacy.ByLaw, Class: privacy.ExportFiles, Readers: []privacy.Reader{privacy.PayrollStaff}, Source: privacy.FromProgram, To: []privacy.Recipient{privacy.ToPayroll}, Erase: privacy.EraseRows,
			Fields: privacy.Each(privacy.Structured, "body"),
			Plain:  []string{"tenant_id", "run_id", "part"}},
	}
}
