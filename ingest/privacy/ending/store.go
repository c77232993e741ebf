package ending

import (
	"context"
	"errors"
	"io"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

var errLater = errors.New("this is being built")

// Export writes all that the tenant has, as of one moment, and certifies it.
// db is under pg.RolePrivacy.
func Export(ctx context.Context, db *pg.DB, tenant int64, c privacy.Catalogue, o ExportOptions, to io.Writer) (Manifest, error) {
	return Manifest{}, errLater
}

// Import makes the tenant of an export in this database: all of it, or nothing
// with the reason. db is under pg.RolePrivacy.
func Import(ctx context.Context, db *pg.DB, c privacy.Catalogue, o ImportOptions, from io.ReaderAt, size int64) (Imported, error) {
	return Imported{}, errLater
}

// Destroy removes all that the tenant has; a destruction that was cut off goes
// on where it was. db is under pg.RolePrivacy.
func Destroy(ctx context.Context, db *pg.DB, tenant int64, c privacy.Catalogue, d Destruction) (Destroyed, error) {
	return Destroyed{}, errLater
}

// ControlTotals counts what the transaction's tenant has; the transaction
// should be db.AsOf's, under pg.RolePrivacy.
func ControlTotals(ctx context.Context, tx pg.Tx, c privacy.Catalogue) (Totals, error) {
	return Totals{}, errLater
}
