// Package pg promises that a transaction sees one tenant's rows, or those of
// the tenants named for a commit group, and no others (I6); that the schema is
// what this program expects; and, where no PostgreSQL is given, that one runs.
package pg

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Tx is a transaction that its caller owns.
type Tx = pgx.Tx

// Role is the database role that a pool works under.
type Role string

// The roles (migrations 00001 and 00100).
const (
	RoleApp     Role = "tikklok_app"     // one tenant a transaction
	RoleIngest  Role = "tikklok_ingest"  // the tenants of a commit group
	RolePrivacy Role = "tikklok_privacy" // one tenant a transaction; removes what has to go (migration 00100)
	RoleOwner   Role = ""                // whoever the address names: migrations and new tenants
)

// poolSize is the most connections of a pool whose address names no other.
const poolSize = 10

// DB is a pool of connections under one role.
type DB struct {
	pool *pgxpool.Pool
}

// Open connects to url and takes the role on every connection.
func Open(ctx context.Context, url string, role Role, choices ...Option) (*DB, error) {
	var o options
	for _, choose := range choices {
		choose(&o)
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = poolSize
	}
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		c.PgConn().CustomData()[keysOf] = o.keys
		if role == RoleOwner {
			return nil
		}
		_, err := c.Exec(ctx, "SET ROLE "+pgx.Identifier{string(role)}.Sanitize())
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	return &DB{pool: pool}, nil
}

// Close waits for the connections in use and closes them all.
func (db *DB) Close() { db.pool.Close() }

// Pool gives the connections themselves, for LISTEN and for benchmarks.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// InTenant runs fn in a transaction that sees one tenant (I6).
func (db *DB) InTenant(ctx context.Context, tenant int64, fn func(Tx) error) error {
	return pgx.BeginTxFunc(ctx, db.pool, beginning("BEGIN", tenant, nil), fn)
}

// AsOf runs fn in a transaction that sees one tenant as it was at its first
// statement, whatever is committed meanwhile, and writes nothing (I6): for what
// reads much and has to agree with itself.
func (db *DB) AsOf(ctx context.Context, tenant int64, fn func(Tx) error) error {
	begin := beginning("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", tenant, nil)
	begin.BeginQuery += "; SELECT 1" // from here on it sees one moment, and is seen to look at it
	return pgx.BeginTxFunc(ctx, db.pool, begin, fn)
}

// Attempt runs fn within a transaction: where it fails, what it wrote is undone
// and the transaction can go on.
func Attempt(ctx context.Context, tx Tx, fn func(Tx) error) error {
	return pgx.BeginFunc(ctx, tx, fn)
}

// InTenants runs fn in a transaction that sees the tenants of a commit group;
// only RoleIngest has a policy on them (I6).
func (db *DB) InTenants(ctx context.Context, tenants []int64, fn func(Tx) error) error {
	return pgx.BeginTxFunc(ctx, db.pool, beginning("BEGIN", 0, tenants), fn)
}

// Look runs fn in a transaction that sees no tenant: for the functions and
// tables that answer before one is known (I6).
func (db *DB) Look(ctx context.Context, fn func(Tx) error) error {
	return pgx.BeginTxFunc(ctx, db.pool, beginning("BEGIN", 0, nil), fn)
}

// beginning begins a transaction with all that policies look at, in one trip:
// whatever was left on the pool's connection, it sees the tenant and the group
// that are named here, and who is restricted stays hidden. Zero names none.
func beginning(begin string, tenant int64, group []int64) pgx.TxOptions {
	one := ""
	if tenant != 0 {
		one = fmt.Sprint(tenant)
	}
	return pgx.TxOptions{BeginQuery: begin + "; SET LOCAL tikklok.tenant = '" + one + "'; SET LOCAL tikklok.tenants = '" + arrayLiteral(group) + "'; SET LOCAL tikklok.restricted = ''"}
}

func arrayLiteral(ids []int64) string {
	b := []byte{'{'}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Append(b, id)
	}
	return string(append(b, '}'))
}
