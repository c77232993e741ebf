package ingest

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "ingest"
	return []privacy.Table{
		{Name: "gateway_desired", Room: room, Plain: []string{"tenant_id", "gateway_id", "version", "digest", "ring", "ring_version", "reported", "reported_key"}},
		{Name: "origin_progress", Room: room, Plain: []string{"tenant_id", "origin", "epoch", "seen", "highest", "predecessor", "predecessor_last", "started", "tolerance_ppm", "first_heard", "last_heard", "holed_since"}},
		{Name: "origin_heard", Room: room, Plain: []string{"tenant_id", "origin", "epoch", "gateway_id", "highest", "missing", "last_heard"}},
		{Name: "time_pair", Room: room, Plain: []string{"tenant_id", "origin", "epoch", "tick", "instant", "bound", "source", "gateway_id", "txn", "arrived"},
			Local: []string{"txn"}},
		{Name: "registration", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM punch p WHERE p.tenant_id = t.tenant_id AND p.origin = t.origin AND p.epoch = t.epoch AND p.seq = t.seq AND p.employee_id = $1)",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.RawTaps, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromReader, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "origin", "epoch", "seq", "reader_id"), privacy.Each(privacy.Moment, "tick", "wall", "gap", "arrived"), privacy.Each(privacy.Token, "token")),
			Plain:  []string{"tenant_id", "key_version", "txn"},
			Local:  []string{"txn"}},
		{Name: "name_conflict", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "EXISTS (SELECT FROM fob_token k JOIN fob_issue i USING (tenant_id, fob_id) WHERE k.tenant_id = t.tenant_id AND i.employee_id = $1 AND k.key_version = t.key_version AND k.token = t.token)",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.RawTaps, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromReader, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Moment, "tick", "wall", "at"), privacy.Each(privacy.Token, "token")),
			Plain:  []string{"tenant_id", "conflict_id", "origin", "epoch", "seq", "key_version", "reader_id", "gateway_id", "resolved_at"}},
		{Name: "quarantine", Room: room, Subjects: []privacy.Group{privacy.Employees},
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.RawTaps, Readers: []privacy.Reader{privacy.Administrators}, Source: privacy.FromReader, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Structured, "payload"), privacy.Each(privacy.Moment, "at")),
			Plain:  []string{"tenant_id", "quarantine_id", "gateway_id", "crc", "reason", "resolved_at"}},
	}
}
