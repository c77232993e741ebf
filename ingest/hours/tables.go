package hours

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "ingest/hours"
	return []privacy.Table{
		{Name: "hours_cursor", Room: room, Plain: []string{"tenant_id", "txn", "holidays_until", "holiday_sets", "seen"},
			Local: []string{"tenant_id", "txn", "holidays_until", "holiday_sets", "seen"}}, // of a cluster's transactions: elsewhere all is taken up again
		{Name: "time_pair_doubt", Room: room, Plain: []string{"tenant_id", "origin", "epoch", "tick", "instant", "source", "doubt", "widen", "found_at"}},
		{Name: "reader_mode", Room: room, Plain: []string{"tenant_id", "reader_id", "from_at", "mode", "set_at"}},
		{Name: "removed_name", Room: room, Plain: []string{"tenant_id", "removal_id", "origin", "epoch", "seqs"}},
		{Name: "punch", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.RawTaps, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "origin", "epoch", "seq", "reader_id", "fob_id", "employee_id"), privacy.Each(privacy.Moment, "tick", "gap", "wall", "arrived", "at", "placed"), privacy.Each(privacy.Token, "token")),
			Plain:  []string{"tenant_id", "key_version", "pending", "uncertainty", "known", "sealed"}},
		{Name: "hours_due", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.RawTaps, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromProgram, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id", "fob_id"), privacy.Each(privacy.Moment, "from_at", "to_at")),
			Plain:  []string{"tenant_id", "due_id", "reader_id"}},
		{Name: "rule_set", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.scope = 'employee' AND t.scope_id = $1", By: privacy.ByAccount,
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "scope_id", "by_id"), privacy.Each(privacy.Moment, "made_at")),
			Plain:  []string{"tenant_id", "version", "from_day", "rules", "by_kind", "scope"}},
		{Name: "decision", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1", By: privacy.ByAccount,
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, Erase: privacy.EraseByRoom,
			Fields: slices.Concat([]privacy.Field{
				{Column: "reason", Kind: privacy.Writing, Erased: "'erased'"},
			}, privacy.Each(privacy.Reference, "decision_id", "employee_id", "origin", "epoch", "seq", "by_id"), privacy.Each(privacy.Moment, "at", "made_at", "day"), privacy.Each(privacy.Choice, "kind", "mode", "code", "about"), privacy.Each(privacy.Amount, "minutes")),
			Plain: []string{"tenant_id", "site_id", "undoes", "proposed", "by_kind"}},
		{Name: "worked_day", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.WorkingTimeLaw, Basis: privacy.ByLaw, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors, privacy.Themselves}, Source: privacy.FromProgram, To: []privacy.Recipient{privacy.ToPaper}, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Moment, "day", "spans"), privacy.Each(privacy.Amount, "minutes"), privacy.Each(privacy.Structured, "detail")),
			Plain:  []string{"tenant_id", "running", "revisit"}},
		{Name: "hour_line", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.WorkingTimeLaw, Basis: privacy.ByLaw, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors, privacy.Themselves}, Source: privacy.FromProgram, To: []privacy.Recipient{privacy.ToPaper}, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id", "site_id"), privacy.Each(privacy.Moment, "day"), privacy.Each(privacy.Choice, "kind", "code"), privacy.Each(privacy.Amount, "minutes")),
			Plain:  []string{"tenant_id"}},
		{Name: "timesheet", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1", By: privacy.ByAccount,
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.ApprovedPay, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, Erase: privacy.EraseValues,
			Fields: slices.Concat([]privacy.Field{
				{Column: "reason", Kind: privacy.Writing, Erased: "CASE WHEN t.state = 'rejected' THEN 'erased' ELSE '' END"},
			}, privacy.Each(privacy.Reference, "employee_id", "by_id"), privacy.Each(privacy.Moment, "monday", "at"), privacy.Each(privacy.Choice, "state")),
			Plain: []string{"tenant_id", "by_kind"}},
		{Name: "plan_shift", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Planning, Basis: privacy.ByContract, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "shift_id", "employee_id", "site_id", "uid"), privacy.Each(privacy.Choice, "kind"), privacy.Each(privacy.Moment, "from_at", "to_at"), privacy.Each(privacy.Amount, "break")),
			Plain:  []string{"tenant_id", "withdrawn", "version", "occurrence", "sequence"}},
		{Name: "plan_version", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1", By: privacy.ByAccount,
			Why: privacy.Planning, Basis: privacy.ByContract, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "shift_id", "employee_id", "site_id", "by_id"), privacy.Each(privacy.Choice, "kind"), privacy.Each(privacy.Moment, "from_at", "to_at", "made_at"), privacy.Each(privacy.Amount, "break")),
			Plain:  []string{"tenant_id", "version", "withdrawn", "by_kind"}},
		{Name: "correction_request", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1", By: privacy.ByAccount,
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "request_id", "employee_id", "by_id"), privacy.Each(privacy.Moment, "day", "at", "made_at", "answered_at"), privacy.Each(privacy.Choice, "what", "state"), privacy.Each(privacy.Writing, "text", "reason")),
			Plain:  []string{"tenant_id", "by_kind"}},
		{Name: "law_figures", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.WorkingTimeLaw, Basis: privacy.ByLaw, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "made_at")),
			Plain:  []string{"tenant_id", "version", "contract_id", "from_day", "name", "adults", "minors", "by_kind"}},
		{Name: "law_finding", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.WorkingTimeLaw, Basis: privacy.ByLaw, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Moment, "day", "at", "over_from", "over_to", "shifts"), privacy.Each(privacy.Choice, "rule"), privacy.Each(privacy.Amount, "allowed", "found")),
			Plain:  []string{"tenant_id", "severity"}},
		{Name: "law_due", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.WorkingTimeLaw, Basis: privacy.ByLaw, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromProgram, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Moment, "from_day")),
			Plain:  []string{"tenant_id"}},
		{Name: "seal", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1", By: privacy.ByAccount,
			Why: privacy.WorkingTimeLaw, Basis: privacy.ByLaw, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id", "by_id"), privacy.Each(privacy.Moment, "before_day", "sealed_at")),
			Plain:  []string{"tenant_id", "by_kind", "unapproved"}},
		{Name: "sealed_day", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.WorkingTimeLaw, Basis: privacy.ByLaw, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors, privacy.Themselves}, Source: privacy.FromProgram, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Moment, "day"), privacy.Each(privacy.Structured, "detail")),
			Plain:  []string{"tenant_id"}},
		{Name: "removal", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Accounting, Basis: privacy.ByContract, Class: privacy.Registers, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "at")),
			Plain:  []string{"tenant_id", "removal_id", "cause", "by_kind", "registrations", "punches", "hash"}},
	}
}
