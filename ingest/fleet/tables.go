package fleet

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "ingest/fleet"
	return []privacy.Table{
		{Name: "site", Room: room, Plain: []string{"tenant_id", "site_id", "name", "created_at", "hirer_id"}},
		{Name: "site_hirer", Room: room, Plain: []string{"tenant_id", "site_id", "from_day", "hirer_id", "set_at"}},
		{Name: "origin", Room: room, Plain: []string{"tenant_id", "origin", "site_id", "gateway_id", "bound_at"}},
		{Name: "gateway_certificate", Room: room, Plain: []string{"tenant_id", "gateway_id", "fingerprint", "certificate", "serial", "issued_at", "not_after", "used_at", "ended_at"}},
		{Name: "enrolment_code", Room: room, Plain: []string{"tenant_id", "gateway_id", "hash", "made_at", "valid_until", "used_at", "used_key", "revoked_at"}},
		{Name: "service_certificate", Room: room, Plain: []string{"name", "fingerprint", "not_after"}},
		{Name: "server_heartbeat", Room: room, Plain: []string{"server", "started_at", "at", "broker", "hears"}},
		{Name: "gateway_wish", Room: room, Plain: []string{"tenant_id", "gateway_id", "blocked_hours", "flush_ms", "keep_alive_s", "month_bytes", "state_minutes"}},
		{Name: "gateway_told", Room: room, Plain: []string{"tenant_id", "gateway_id", "told_at", "settings", "key_version", "certificate_until", "month_bytes", "uptime", "machine_uptime", "booted_at", "connections", "lost", "signal", "unsent_since", "offline_since", "offline_how"}},
		{Name: "gateway_history", Room: room, Plain: []string{"tenant_id", "gateway_id", "at", "unsent", "signal", "connections", "bytes"}},
		{Name: "gateway_outage", Room: room, Plain: []string{"tenant_id", "gateway_id", "since", "until", "cause"}},
		{Name: "reader_history", Room: room, Plain: []string{"tenant_id", "reader_id", "at", "battery", "signal", "stored"}},
		{Name: "reader_site", Room: room, Plain: []string{"tenant_id", "reader_id", "from_at", "site_id", "set_at"}},
		{Name: "gateway", Room: room, Subjects: []privacy.Group{privacy.Users}, By: "t.retired_by = ANY ($2)",
			Why: privacy.Operating, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "retired_by"), privacy.Each(privacy.Writing, "retired_reason")),
			Plain:  []string{"tenant_id", "gateway_id", "site_id", "name", "online", "software", "clock", "unsent", "damaged", "last_heard", "revoked_at", "created_at", "retired_at"}},
		{Name: "reader", Room: room, Subjects: []privacy.Group{privacy.Users}, By: "t.retired_by = ANY ($2)",
			Why: privacy.Operating, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "retired_by"), privacy.Each(privacy.Writing, "retired_reason")),
			Plain:  []string{"tenant_id", "reader_id", "site_id", "origin", "key", "name", "mode", "protocol", "firmware", "health", "battery_percent", "stored", "last_contact", "created_at", "signal", "health_since", "listed_at", "retired_at", "replaces"}},
		{Name: "hardware", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users},
			Why: privacy.Operating, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: privacy.Each(privacy.Writing, "reason"),
			Plain:  []string{"tenant_id", "hardware_id", "kind", "label", "status", "gateway_id", "reader_id", "since"}},
		{Name: "hole_given_up", Room: room, Subjects: []privacy.Group{privacy.Users}, By: "t.account_id = ANY ($2)",
			Why: privacy.Accounting, Basis: privacy.ByInterest, Class: privacy.WorkRecord, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "account_id"), privacy.Each(privacy.Writing, "reason"), privacy.Each(privacy.Moment, "at")),
			Plain:  []string{"tenant_id", "origin", "epoch", "seqs"}},
		{Name: "fob", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM fob_issue i WHERE i.tenant_id = t.tenant_id AND i.fob_id = t.fob_id AND i.employee_id = $1)",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Employment, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "fob_id"), privacy.Each(privacy.Number, "label")),
			Plain:  []string{"tenant_id", "design", "status", "created_at"}},
		{Name: "fob_token", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM fob_issue i WHERE i.tenant_id = t.tenant_id AND i.fob_id = t.fob_id AND i.employee_id = $1)",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Employment, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromReader, To: []privacy.Recipient{privacy.ToGateways}, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "fob_id"), privacy.Each(privacy.Token, "token")),
			Plain:  []string{"tenant_id", "key_version"}},
		{Name: "fob_issue", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Employment, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "fob_id", "employee_id"), privacy.Each(privacy.Moment, "issued_at", "returned_at", "back_at"), privacy.Each(privacy.Choice, "ended")),
			Plain:  []string{"tenant_id"}},
		{Name: "token_twin", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM fob_token k JOIN fob_issue i USING (tenant_id, fob_id) WHERE k.tenant_id = t.tenant_id AND i.employee_id = $1 AND (k.key_version, k.token) IN ((t.version, t.token), (t.twin_version, t.twin_token)))",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.RawTaps, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromReader, To: []privacy.Recipient{privacy.ToGateways}, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Token, "token", "twin_token"), privacy.Each(privacy.Moment, "at")),
			Plain:  []string{"tenant_id", "version", "twin_version", "gateway_id"}},
		{Name: "twin_conflict", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM fob_token k JOIN fob_issue i USING (tenant_id, fob_id) WHERE k.tenant_id = t.tenant_id AND i.employee_id = $1 AND (k.key_version, k.token) IN ((t.old_version, t.old_token), (t.new_version, t.new_token)))",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.RawTaps, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromReader, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Token, "old_token", "new_token"), privacy.Each(privacy.Moment, "at")),
			Plain:  []string{"tenant_id", "conflict_id", "old_version", "new_version", "gateway_id", "resolved_at"}},
	}
}
