package delivery

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "payroll/delivery"
	return []privacy.Table{
		{Name: "delivery_channel", Room: room, Subjects: []privacy.Group{privacy.Users},
			Why: privacy.Paying, Basis: privacy.ByContract, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Structured, "settings"), privacy.Each(privacy.Secret, "secrets")),
			Plain:  []string{"tenant_id", "channel_id", "destination_id", "kind", "since", "off_at", "region", "operator"}},
		{Name: "delivery", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Paying, Basis: privacy.ByContract, Class: privacy.ApprovedPay, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "made_at", "ended_at"), privacy.Each(privacy.Writing, "reason")),
			Plain:  []string{"tenant_id", "delivery_id", "channel_id", "run_id", "event", "key", "state", "due_at", "attempts", "accepted", "settled", "by_kind", "step"}},
		{Name: "delivery_attempt", Room: room, Subjects: []privacy.Group{privacy.Employees},
			Why: privacy.Paying, Basis: privacy.ByContract, Class: privacy.ExportFiles, Readers: []privacy.Reader{privacy.Administrators, privacy.PayrollStaff, privacy.Auditors}, Source: privacy.FromPackage, Erase: privacy.EraseByRoom,
			Fields: privacy.Each(privacy.Writing, "answer", "detail"),
			Plain:  []string{"tenant_id", "delivery_id", "attempt", "started_at", "shown_at", "ended_at", "outcome", "status", "fault"}},
	}
}
