package ending

import (
	"context"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Destroy removes all that the tenant has; a destruction that was cut off goes
// on where it was. db is under pg.RolePrivacy.
func Destroy(ctx context.Context, db *pg.DB, tenant int64, c privacy.Catalogue, d Destruction) (Destroyed, error) {
	return Destroyed{}, ErrNotYet
}
