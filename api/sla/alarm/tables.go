package alarm

import "tikklok/ingest/privacy"

// Tables declares what this room keeps (I7): nothing of anybody, and nothing
// that means something in another database.
func Tables() []privacy.Table {
	columns := []string{"tenant_id", "alarm_id", "key", "nl", "en", "quiet", "since", "told_at", "clear_at", "over_at"}
	return []privacy.Table{{Name: "alarm", Room: "api/sla/alarm", Plain: columns, Local: columns}}
}
