package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"tikklok/ingest/pg/vault"
)

// backupCommand makes and opens dumps of the whole database.
type backupCommand struct {
	Now  backupNow  `cmd:"" help:"Make a set now, at every place for backups."`
	Make backupMake `cmd:"" help:"Write a dump of the database to backups/, sealed under the master key."`
	List backupList `cmd:"" help:"List the dumps with the day on which each is removed."`
	Open backupOpen `cmd:"" help:"Open a sealed dump, for pg_restore."`
}

// backups is the folder of dumps.
func (p place) backups(keys *vault.Keys) vault.Folder {
	return vault.Folder{Dir: p.folder("backups"), Keys: keys, Keep: time.Duration(p.BackupDays) * 24 * time.Hour}
}

type backupMake struct{}

// Run makes a dump.
func (backupMake) Run(ctx context.Context, p place) error {
	return p.withDatabase(ctx, func(d *database) error {
		path, err := d.backUp(ctx, p.backups(d.keys))
		if err == nil {
			fmt.Println(path)
		}
		return err
	})
}

type backupList struct{}

// Run lists the dumps.
func (backupList) Run(p place) error {
	m, err := vault.ReadManifest(p.folder("backups"))
	if err != nil {
		return err
	}
	fmt.Printf("%-10s  %-38s  %12s  %-16s  %s\n", "place", "file", "bytes", "master key", "removed")
	for _, d := range m.Dumps {
		gone := "on " + d.Expires.Format(time.RFC3339)
		if d.Removed != nil {
			gone = d.Removed.Format(time.RFC3339)
		}
		fmt.Printf("%-10s  %-38s  %12d  %-16s  %s\n", cmp.Or(d.Place, "backups/"), d.File, d.Bytes, d.Key, gone)
	}
	return nil
}

type backupOpen struct {
	File string `arg:"" type:"existingfile" help:"A dump of backups/, or a copy of one."`
	To   string `placeholder:"FILE" help:"Where it is written, mode 0600; beside it without .age by default, - to the output."`
}

// Run opens a dump; what turns out to be damaged half-way is not left behind.
func (c backupOpen) Run(p place) error {
	keys, err := p.masterKey().Load()
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", p.masterKey().File, vault.ErrNoMaster)
	}
	if err != nil {
		return err
	}
	if c.To == "-" {
		return keys.Open(c.File, os.Stdout)
	}
	if c.To == "" {
		if c.To = strings.TrimSuffix(c.File, ".age"); c.To == c.File {
			return errors.New("say where to write it with --to FILE")
		}
	}
	file, err := os.OpenFile(c.To, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the dump: %w", err)
	}
	if err := errors.Join(keys.Open(c.File, file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(c.To))
	}
	fmt.Println(c.To)
	slog.Warn("this file holds personal data unsealed; remove it when it has been restored", "file", c.To)
	return nil
}

// keepBackups removes dumps that expired and master keys that nothing stands
// under any more, once a day: seen hourly, so that a machine that slept catches up.
func (s *server) keepBackups(ctx context.Context) error {
	for {
		warn(s.db.tend(ctx, s.place), "dumps were not tended to")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Hour):
		}
	}
}

// tend brings the folder of dumps in order, and forgets master keys.
func (d *database) tend(ctx context.Context, p place) error {
	keys, err := p.unlock(ctx, d.url) // it may have been replaced while this program ran
	if err != nil {
		return err
	}
	sealed, removed, err := p.backups(keys).Tend(time.Now())
	if sealed+removed > 0 {
		slog.Info("dumps were tended to", "sealed", sealed, "removed", removed)
	}
	if err != nil {
		return err
	}
	return d.forgetKeys(ctx, p)
}
