package tenant

import (
	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "ingest/tenant"
	return append([]privacy.Table{
		{Name: "tenant", Room: room, Plain: []string{"tenant_id", "name", "zone", "language", "created_at"}},
		{Name: "token_key", Room: room, Plain: []string{"tenant_id", "version", "secret", "created_at", "state", "since"}},
	}, contractTables()...)
}
