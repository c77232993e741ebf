package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/ingest/durable"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

type evidenceCommand struct {
	Make   evidenceMake   `cmd:"" default:"withargs" help:"Make the pack of a month (the default)."`
	Verify evidenceVerify `cmd:"" help:"Make sure of a pack, or of a PDF by its .sig; no database is needed. Ends with 1 where it is not as it was signed."`
	Note   evidenceNote   `cmd:"" help:"Write down what people did to keep an obligation."`
	Tests  evidenceTests  `cmd:"" help:"Keep the runs of the tests that obligations are proved by."`
}

// Help says what a pack is.
func (evidenceCommand) Help() string {
	return `Each of the 60 obligations of the contracts with its controls and the last
proof of each, signed. A control without a fresh proof is missing, never met.

  tikklok evidence --month 2026-10
  tikklok evidence --month 2026-10 --format pdf --language nl -o pack.pdf
  tikklok evidence --demo --format json
  tikklok evidence note OB-S9 "Two people answer by turns; the roster hangs in the office."
  tikklok evidence verify pack.json --key 5d2f…`
}

type evidenceMake struct {
	Month    string `placeholder:"2026-10" help:"The month; without: the last whole one."`
	Format   string `enum:"text,json,pdf" default:"text" help:"text, json or pdf."`
	Language string `enum:"nl,en" default:"en" help:"nl or en; json has both."`
	Demo     bool   `help:"Of a demo company on an installation of its own, with a server and a probe, removed afterwards; about a minute."`
	Tests    string `type:"existingfile" placeholder:"FILE" help:"With --demo: runs of tests to look at too, as go test -json writes them."`
	Output   string `short:"o" type:"path" placeholder:"FILE" help:"File to write to; without: the output. A PDF gets FILE.sig beside it."`
	Tenant   string `help:"Name or number; needed where there are several."`
}

// Run makes a pack.
func (c evidenceMake) Run(ctx context.Context, p place) error {
	if c.Tests != "" && !c.Demo {
		return errors.New("--tests goes with --demo; a server keeps the runs of tests by: tikklok evidence tests < FILE")
	}
	if c.Demo {
		return c.demo(ctx)
	}
	return p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		keys, err := p.masterKey().Load()
		if err != nil {
			return err
		}
		key, err := p.evidenceKey(keys).Private()
		if err != nil {
			return err
		}
		m, zone, err := c.month(t, time.Now())
		if err != nil {
			return err
		}
		return db.InTenant(ctx, t.ID, func(tx pg.Tx) error {
			pack, err := evidence.Make(ctx, tx, evidence.Order{Tenant: t.Name, Month: m, Now: time.Now(), Program: version, Catalogue: catalogue()})
			if err != nil {
				return err
			}
			signed, err := evidence.Sign(pack, key)
			if err != nil {
				return err
			}
			if err := evidence.PutPack(ctx, tx, pack, signed.Seal, operator); err != nil {
				return err
			}
			return c.write(pack, signed, key, zone)
		})
	})
}

// evidenceKey is where the key that signs packs is kept.
func (p place) evidenceKey(keys *vault.Keys) evidence.KeyFile {
	return evidence.KeyFile{Path: p.folder("evidence.key"), Keys: keys}
}

// month gives the month asked for, in the tenant's zone.
func (c evidenceMake) month(t tenant.Tenant, now time.Time) (evidence.Month, *time.Location, error) {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return evidence.Month{}, nil, fmt.Errorf("the zone of %s: %w", t.Name, err)
	}
	if c.Month == "" {
		return evidence.LastWhole(zone, now), zone, nil
	}
	m, err := evidence.MonthOf(c.Month, zone, now)
	return m, zone, err
}

// write writes a pack as it was asked for.
func (c evidenceMake) write(p evidence.Pack, s evidence.Signed, key ed25519.PrivateKey, zone *time.Location) error {
	var content []byte
	var err error
	switch c.Format {
	case "json":
		content, err = s.JSON()
	default:
		d, failed := p.Document(s.Seal, c.Language, zone)
		if failed != nil {
			return failed
		}
		content = []byte(d.Text())
		if c.Format == "pdf" {
			var b bytes.Buffer
			err = d.PDF(&b)
			content = b.Bytes()
		}
	}
	if err != nil {
		return err
	}
	if c.Output == "" {
		_, err := os.Stdout.Write(content)
		return err
	}
	return c.keep(content, p, key)
}

// keep writes a file, and a PDF's signature beside it.
func (c evidenceMake) keep(content []byte, p evidence.Pack, key ed25519.PrivateKey) error {
	if err := durable.Write(c.Output, content, 0o600); err != nil {
		return err
	}
	if c.Format == "pdf" {
		sig, err := evidence.SignFile(filepath.Base(c.Output), content, key)
		if err != nil {
			return err
		}
		if err := durable.Write(c.Output+".sig", sig, 0o600); err != nil {
			return err
		}
	}
	_, err := fmt.Printf("%s: %d met, %d in part, %d missing\n", c.Output, p.Counts.Met, p.Counts.Partly, p.Counts.Missing)
	return err
}

type evidenceNote struct {
	Obligation string `arg:"" help:"Its ID, as OB-S9."`
	Says       string `arg:"" help:"What is so, in one sentence; of the organisation, no names of people."`
	Day        string `placeholder:"2026-11-21" help:"On which it was so; without: today."`
	Tenant     string `help:"Name or number; needed where there are several."`
}

// Run writes a note down.
func (c evidenceNote) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		day, err := time.Parse(time.DateOnly, cmp.Or(c.Day, dayIn(t).Format(time.DateOnly)))
		if err != nil {
			return fmt.Errorf("--day %q is not a day, such as 2026-07-01", c.Day)
		}
		err = evidence.PutNote(ctx, tx, evidence.Note{Obligation: c.Obligation, Day: day, Says: c.Says}, operator, tenantTime(t))
		if err == nil {
			fmt.Printf("written down as proof of %s on %s\n", c.Obligation, day.Format(time.DateOnly))
		}
		return err
	})
}

// maxPack bounds what is read as a pack, in bytes.
const maxPack = 32 << 20

// readPack reads a file of at most maxPack.
func readPack(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxPack+1))
	if err == nil && len(raw) > maxPack {
		err = fmt.Errorf("%s is larger than an evidence pack can be", path)
	}
	return raw, err
}
