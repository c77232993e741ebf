package main

import (
	"slices"

	"tikklok/api"
	"tikklok/api/continuity"
	"tikklok/api/continuity/evidence"
	"tikklok/api/sla"
	"tikklok/api/sla/alarm"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/notice"
	"tikklok/api/sla/port"
	"tikklok/ingest"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/leaving"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/privacy/statement"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/bi"
	"tikklok/payroll/delivery"
)

// catalogue is what every room declares of its tables, in the order in which
// rooms stand (I7).
func catalogue() privacy.Catalogue {
	return slices.Concat(below(), privacy.Tables(), register.Tables(), breach.Tables(), retention.Tables(), request.Tables(), ending.Tables(), statement.Tables(), tenant.Tables(), mail.Tables(), people.Tables(), fleet.Tables(), leaving.Tables(), ingest.Tables(),
		hours.Tables(), approval.Tables(), payroll.Tables(), delivery.Tables(), bi.Tables(), sla.Tables(), incident.Tables(), notice.Tables(), alarm.Tables(), continuity.Tables(), port.Tables(), evidence.Tables(), api.Tables())
}

// below declares what the rooms keep that stand before privacy and so can't
// declare it themselves.
func below() []privacy.Table {
	return []privacy.Table{
		{Name: "audit_entry", Room: "ingest/audit", Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.subject_kind = 'employee' AND t.subject_id = $1 OR t.subject_kind = 'account' AND t.subject_id = ANY ($2)", By: "t.actor_kind = 'account' AND t.actor_id = ANY ($2)",
			Why: privacy.Accounting, Basis: privacy.ByInterest, Class: privacy.AuditLog, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Moment, "at"), privacy.Each(privacy.Choice, "action", "actor_kind"), privacy.Each(privacy.Reference, "entry_id", "subject_id", "actor_id")),
			Plain:  []string{"tenant_id", "subject_kind", "payload_hash", "salt"}},
		{Name: "audit_payload", Room: "ingest/audit", Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "EXISTS (SELECT FROM audit_entry e WHERE e.tenant_id = t.tenant_id AND e.entry_id = t.entry_id AND (e.subject_kind = 'employee' AND e.subject_id = $1 OR e.subject_kind = 'account' AND e.subject_id = ANY ($2)))",
			Why: privacy.Accounting, Basis: privacy.ByInterest, Class: privacy.AuditLog, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "entry_id"), privacy.Each(privacy.Secret, "salt"), privacy.Each(privacy.Structured, "payload")),
			Plain:  []string{"tenant_id"}},
		{Name: "audit_waiting", Room: "ingest/audit", Plain: []string{"tenant_id", "entry_id"}},
		{Name: "audit_link", Room: "ingest/audit", Plain: []string{"tenant_id", "seq", "entry_id", "version", "commitment", "hash"}},
		{Name: "audit_check", Room: "ingest/audit", Plain: []string{"tenant_id", "check_id", "asked_at", "heard_at", "done", "total", "finished_at", "report"}},
		{Name: "audit_head", Room: "ingest/audit", Plain: []string{"tenant_id", "chain", "seq", "hash"}},
		{Name: "goose_db_version", Room: "ingest/pg", Plain: []string{"id", "version_id", "is_applied", "tstamp"}},
	}
}
