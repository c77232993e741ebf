package tenant

import (
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "ingest/tenant"
	return append([]privacy.Table{
		{Name: "tenant", Room: room, Plain: []string{"tenant_id", "name", "zone", "language", "created_at", "probe"}},
		{Name: "master_key", Room: room, Plain: []string{"fingerprint", "state", "since", "swept"}, Local: []string{"fingerprint", "state", "since", "swept"}},
		{Name: "former_master_key", Room: room, Plain: []string{"fingerprint", "replaced_at"}, Local: []string{"fingerprint", "replaced_at"}},
		{Name: "data_key", Room: room, Plain: []string{"tenant_id", "sealed", "created_at"}, Local: []string{"tenant_id", "sealed", "created_at"}},
		{Name: "token_key", Room: room, Plain: []string{"tenant_id", "version", "secret", "secret_sealed", "created_at", "state", "since"},
			Sealed: map[string]string{"secret": pg.OfTenant("t", "token_key", "secret", "version")}, Local: []string{"secret_sealed"}},
	}, contractTables()...)
}
