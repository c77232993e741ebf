package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/pg/vault"
)

// Masters says which master keys a database is sealed under.
type Masters struct {
	Current vault.Fingerprint // "": it is sealed under none yet
	Next    vault.Fingerprint // while the master key is being replaced; else ""
	Swept   bool              // nothing is left of what stood there before it was sealed
}

// Sealing gives the one that seals, or "".
func (m Masters) Sealing() vault.Fingerprint { return cmp.Or(m.Next, m.Current) }

// Missing gives the first of them that is not at hand, or "".
func (m Masters) Missing(keys *vault.Keys) vault.Fingerprint {
	for _, f := range []vault.Fingerprint{m.Current, m.Next} {
		if f != "" && !keys.Has(f) {
			return f
		}
	}
	return ""
}

// ReadMasters reads them as the database's owner, whatever its version.
func ReadMasters(ctx context.Context, url string) (m Masters, err error) {
	err = asOwner(ctx, url, func(c *pgx.Conn) error {
		var there bool
		if err := c.QueryRow(ctx, "SELECT to_regclass('public.master_key') IS NOT NULL").Scan(&there); err != nil || !there {
			return err
		}
		return c.QueryRow(ctx, `SELECT COALESCE(max(fingerprint) FILTER (WHERE state = 'current'), ''), COALESCE(max(fingerprint) FILTER (WHERE state = 'next'), ''),
			COALESCE(bool_or(swept), false) FROM master_key`).Scan(&m.Current, &m.Next, &m.Swept)
	})
	if err != nil {
		return m, fmt.Errorf("reading which master key the database is sealed under: %w", err)
	}
	return m, nil
}

// Adopt writes down which master key a database is sealed under from now on,
// where that is not said yet.
func Adopt(ctx context.Context, url string, f vault.Fingerprint) error {
	err := asOwner(ctx, url, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "INSERT INTO master_key (fingerprint, state) SELECT $1, 'current' WHERE NOT EXISTS (SELECT FROM master_key) ON CONFLICT DO NOTHING", f)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing down the master key's fingerprint: %w", err)
	}
	return nil
}

// BeginRotation writes down that the database is being sealed under another
// master key; from then on it needs both.
func BeginRotation(ctx context.Context, url string, next vault.Fingerprint) error {
	err := asOwner(ctx, url, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "INSERT INTO master_key (fingerprint, state, swept) SELECT $1, 'next', swept FROM master_key WHERE state = 'current' ON CONFLICT DO NOTHING", next)
		return err
	})
	if err != nil {
		return fmt.Errorf("beginning to replace the master key: %w", err)
	}
	return nil
}

// EndRotation makes the next master key the current one, after every data key
// was sealed under it.
func EndRotation(ctx context.Context, url string) error {
	err := asOwner(ctx, url, func(c *pgx.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `WITH gone AS (DELETE FROM master_key WHERE state = 'current' AND EXISTS (SELECT FROM master_key WHERE state = 'next') RETURNING fingerprint)
				INSERT INTO former_master_key (fingerprint) SELECT fingerprint FROM gone ON CONFLICT (fingerprint) DO UPDATE SET replaced_at = now()`)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "UPDATE master_key SET state = 'current', since = now() WHERE state = 'next'")
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("replacing the master key: %w", err)
	}
	return nil
}

// Replaced gives when each former master key was replaced: no dump that was
// made later stands under it.
func Replaced(ctx context.Context, url string) (map[vault.Fingerprint]time.Time, error) {
	at := map[vault.Fingerprint]time.Time{}
	err := asOwner(ctx, url, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, "SELECT fingerprint, replaced_at FROM former_master_key")
		if err != nil {
			return err
		}
		var f vault.Fingerprint
		var when time.Time
		_, err = pgx.ForEachRow(rows, []any{&f, &when}, func() error { at[f] = when; return nil })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading which master keys were replaced: %w", err)
	}
	return at, nil
}

// Unsweep says, before values are put in as they are (an import), that they
// have to be sealed and swept: the next start does so where this program can't.
func Unsweep(ctx context.Context, url string) error {
	err := asOwner(ctx, url, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "UPDATE master_key SET swept = false")
		return err
	})
	if err != nil {
		return fmt.Errorf("noting that something has to be sealed: %w", err)
	}
	return nil
}

// sweepPatience is how long Sweep waits for whoever reads the tables.
const sweepPatience = 2 * time.Second

// Sweep writes the tables anew in which values stood before they were sealed:
// a row that was changed stays in PostgreSQL's files until then. Nobody reads
// the tables meanwhile. Where a transaction that began before is still at work
// they would be kept for it: then it waits a little, and says so in the end.
func Sweep(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("database address: %w", err)
	}
	kept := false
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if left, _, said := strings.Cut(n.Detail, " dead row versions cannot be removed yet"); said && left != "0" {
			kept = true
		}
	}
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("writing sealed tables anew: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, "SET lock_timeout = '5s'")
	for end := time.Now().Add(sweepPatience); err == nil; time.Sleep(100 * time.Millisecond) {
		kept = false
		for _, table := range []string{"employee", "token_key"} {
			if err == nil {
				_, err = c.Exec(ctx, "VACUUM (FULL, VERBOSE, ANALYZE) "+table)
			}
		}
		if !kept {
			break
		}
		if time.Now().After(end) {
			err = errors.New("a transaction that began before is still at work")
		}
	}
	if err == nil {
		_, err = c.Exec(ctx, "UPDATE master_key SET swept = true")
	}
	if err != nil {
		return fmt.Errorf("writing sealed tables anew: %w", err)
	}
	return nil
}

func asOwner(ctx context.Context, url string, fn func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(fn(c), c.Close(ctx))
}

// RenewBox seals the data key of the transaction's tenant under the next master
// key; the transaction must be of RolePrivacy. It says whether it stood
// under another one.
func RenewBox(ctx context.Context, tx Tx) (bool, error) {
	k := keys(tx)
	if k == nil {
		return false, vault.ErrNoMaster
	}
	k, err := sealing(ctx, tx, k)
	if err != nil {
		return false, err
	}
	var tenant int64
	var sealed []byte
	err = tx.QueryRow(ctx, "SELECT tenant_id, sealed FROM data_key WHERE tenant_id = current_tenant() FOR UPDATE").Scan(&tenant, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the data key: %w", err)
	}
	renewed, changed, err := k.Renew(tenant, sealed)
	if err != nil || !changed {
		return false, err
	}
	if _, err := tx.Exec(ctx, "UPDATE data_key SET sealed = $1 WHERE tenant_id = current_tenant()", renewed); err != nil {
		return false, fmt.Errorf("sealing the data key under the next master key: %w", err)
	}
	return true, nil
}
