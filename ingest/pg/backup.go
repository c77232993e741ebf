package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/pg/vault"
)

// ErrNoDump says that pg_dump was not found, so that nothing can be backed up.
var ErrNoDump = errors.New("pg_dump not found: install it (Debian: apt-get install postgresql-client)")

// BackUp writes the database to a new sealed file of the folder, complete and
// synced, and gives its path. What is sealed is pg_dump's custom format:
// pg_restore reads it when it is opened (vault.Keys.Open).
func BackUp(ctx context.Context, url string, to vault.Folder, now time.Time) (string, error) {
	dump, err := findDump()
	if err != nil {
		return "", err
	}
	return backUp(exec.CommandContext(ctx, dump), url, to, now)
}

// BackUp does so for a private cluster, with its own pg_dump where it has one.
func (c *Cluster) BackUp(ctx context.Context, to vault.Folder, now time.Time) (string, error) {
	bin := c.bin
	if bin.dir == "" { // another program started it
		bin, _ = fitting(append(installed(ctx, c.place), fetched(ctx, c.place, programCache(c.place))...), 0)
	}
	if _, err := os.Stat(filepath.Join(bin.dir, "pg_dump")); err != nil {
		return BackUp(ctx, c.URL(), to, now)
	}
	return backUp(bin.command(ctx, c.place, "pg_dump"), c.URL(), to, now)
}

func backUp(dump *exec.Cmd, url string, to vault.Folder, now time.Time) (string, error) {
	return to.Add(now, func(w io.Writer) error { return write(dump, url, w) })
}

func write(dump *exec.Cmd, url string, w io.Writer) error {
	dump.Args = append(dump.Args, "--format=custom", "--no-password", "--dbname="+url)
	dump.Stdout = w
	var wrong strings.Builder
	dump.Stderr = &wrong
	if err := dump.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(wrong.String()))
	}
	return nil
}

// findDump gives the newest pg_dump, since it must not be older than the
// server.
func findDump() (string, error) {
	packaged, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if len(packaged) > 0 {
		return slices.Max(packaged), nil // two digits each, until the year 2107
	}
	path, err := exec.LookPath("pg_dump")
	if err != nil {
		return "", ErrNoDump
	}
	return path, nil
}
