package port

import "tikklok/ingest/privacy"

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	columns := []string{"at", "seen", "host", "open", "unexpected", "missing", "probe"}
	return []privacy.Table{{Name: "port_check", Room: "api/sla/port", Plain: columns, Local: columns}} // of the whole installation
}
