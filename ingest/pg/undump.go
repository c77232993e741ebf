package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// DumpSeen is Dump of what fn sees in a transaction: both are of one moment.
// fn is under the owner's role; Within turns it to a tenant.
func DumpSeen(ctx context.Context, url string, w io.Writer, fn func(Tx, time.Time) error, choices ...Option) error {
	var o options
	for _, choose := range choices {
		choose(&o)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	conn.PgConn().CustomData()[keysOf] = o.keys
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx Tx) error {
		var snapshot string
		var at time.Time
		// It waits while the dump is written, which a server may take for idleness.
		err := tx.QueryRow(ctx, "SELECT pg_export_snapshot(), clock_timestamp(), set_config('idle_in_transaction_session_timeout', '0', true)").Scan(&snapshot, &at, nil)
		if err != nil {
			return fmt.Errorf("agreeing on a moment with pg_dump: %w", err)
		}
		dump, err := findDump()
		if err == nil {
			err = write(exec.CommandContext(ctx, dump, "--snapshot="+snapshot), url, w)
		}
		if err != nil {
			return err
		}
		return fn(tx, at)
	})
}

// Undump makes a cluster in a folder that holds none, brings a dump of one
// database into it and gives it running. Who owned what is forgotten: it is to
// be looked at, and thrown away. Room is the bytes that it takes on the disk. One that fails leaves
// no data folder.
func Undump(ctx context.Context, dir string, dump io.Reader, room int64, o ClusterOptions) (*Cluster, error) {
	o = o.logging()
	p, err := freePlace(dir, room, o)
	if err != nil {
		return nil, err
	}
	c, err := startIn(ctx, p, o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.data), p.discard())
	}
	if err := c.undump(ctx, dump); err != nil {
		return nil, errors.Join(fmt.Errorf("restoring a dump: %w", err), c.Stop(), os.RemoveAll(p.data))
	}
	return c, nil
}

// everyRole is whom a dump grants something; it doesn't hold them itself.
var everyRole = []Role{RoleApp, RoleIngest, RolePrivacy, "tikklok_lookup", "tikklok_bi"}

func (c *Cluster) undump(ctx context.Context, dump io.Reader) error {
	for _, r := range everyRole {
		if err := execute(ctx, c.url, "CREATE ROLE "+pgx.Identifier{string(r)}.Sanitize()+" NOLOGIN"); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(c.bin.dir, "pg_restore")); err != nil {
		return ErrNoTools
	}
	cmd := c.bin.command(ctx, c.place, "pg_restore", "--exit-on-error", "--no-owner", "--dbname="+c.url)
	var said strings.Builder
	from := &remembering{from: dump}
	cmd.Stdin, cmd.Stderr = from, &said
	err := cmd.Run()
	if err == nil {
		_, err = io.Copy(io.Discard, from) // to its end, where it turns out to be damaged
	}
	if from.err != nil { // rather than what pg_restore makes of it
		return from.err
	}
	if err != nil {
		return fmt.Errorf("pg_restore: %w: %s", err, lastLine(said.String()))
	}
	return nil
}

// remembering keeps the error that ended reading.
type remembering struct {
	from io.Reader
	err  error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
