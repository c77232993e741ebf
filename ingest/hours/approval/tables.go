package approval

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "ingest/hours/approval"
	return []privacy.Table{
		{Name: "approval_policy", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "made_at")),
			Plain:  []string{"tenant_id", "version", "hirer_id", "from_day", "policy", "by_kind"}},
		{Name: "deputy", Room: room, Subjects: []privacy.Group{privacy.Users}, Of: "t.account_id = ANY ($2) OR t.for_id = ANY ($2)",
			Why: privacy.SigningIn, Basis: privacy.ByInterest, Class: privacy.AccountData, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "account_id", "for_id"), privacy.Each(privacy.Moment, "from_day", "until_day", "made_at", "ended_at")),
			Plain:  []string{"tenant_id", "deputy_id"}},
		{Name: "approval", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1", By: privacy.ByAccount,
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.ApprovedPay, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, To: []privacy.Recipient{privacy.ToPaper}, Erase: privacy.EraseValues,
			Fields: slices.Concat([]privacy.Field{
				{Column: "reason", Kind: privacy.Writing, Erased: "''"},
			}, privacy.Each(privacy.Reference, "approval_id", "employee_id", "by_id"), privacy.Each(privacy.Moment, "monday", "at"), privacy.Each(privacy.Structured, "snapshot", "levels")),
			Plain: []string{"tenant_id", "corrects", "by_kind", "rules", "hash"}},
		{Name: "approved_line", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Paying, Basis: privacy.ByLaw, Class: privacy.ApprovedPay, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors, privacy.Themselves}, Source: privacy.FromProgram, To: []privacy.Recipient{privacy.ToPayroll, privacy.ToPaper, privacy.ToAnalysis, privacy.ToSheets}, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "line_id", "approval_id", "employee_id", "site_id"), privacy.Each(privacy.Moment, "day"), privacy.Each(privacy.Choice, "kind", "code"), privacy.Each(privacy.Amount, "minutes")),
			Plain:  []string{"tenant_id"}},
		{Name: "approval_step", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1", By: "t.by_kind = 'account' AND t.by_id = ANY ($2) OR t.deputy_for = ANY ($2)",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.ApprovedPay, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, To: []privacy.Recipient{privacy.ToPaper}, Erase: privacy.EraseValues,
			Fields: slices.Concat([]privacy.Field{
				{Column: "reason", Kind: privacy.Writing, Erased: "''"},
			}, privacy.Each(privacy.Reference, "employee_id", "by_id", "deputy_for"), privacy.Each(privacy.Moment, "monday", "at"), privacy.Each(privacy.Choice, "act", "level")),
			Plain: []string{"tenant_id", "step_id", "hirer_id", "by_kind", "policy", "lines"}},
		{Name: "approval_reminder", Room: room, Plain: []string{"tenant_id", "reminder_id", "monday", "kind", "due_at", "waiting", "made_at", "mail"}},
		{Name: "approval_bulk", Room: room, Subjects: []privacy.Group{privacy.Users}, By: "t.account_id = ANY ($2)",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "account_id"), privacy.Each(privacy.Writing, "reason"), privacy.Each(privacy.Moment, "made_at")),
			Plain:  []string{"tenant_id", "bulk_id", "monday"}},
		{Name: "approval_bulk_item", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Choice, "state"), privacy.Each(privacy.Writing, "problem")),
			Plain:  []string{"tenant_id", "bulk_id", "seen"}},
	}
}
