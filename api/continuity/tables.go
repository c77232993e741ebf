package continuity

import "tikklok/ingest/privacy"

// Tables declares what this room keeps of the whole installation (I7): places,
// sets and checks, and nothing of anybody.
func Tables() []privacy.Table {
	whole := func(name string, columns ...string) privacy.Table {
		return privacy.Table{Name: name, Room: "api/continuity", Plain: columns, Local: columns}
	}
	return []privacy.Table{
		whole("backup_place", "place", "kind", "region", "operator", "since", "seen_at", "tried_at", "problem", "problem_at", "log_until", "log_name", "log_problem", "waiting", "gone_at"),
		whole("backup_set", "place", "set", "kind", "began_at", "ended_at", "expires_at", "bytes", "plain", "sha256", "key", "gone_at", "expired"),
		whole("restore_check", "check_id", "at", "place", "set", "bytes", "registrations", "entries", "millis", "findings"),
	}
}
