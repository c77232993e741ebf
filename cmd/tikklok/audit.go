package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// auditCommand is what an auditor does with the log (OB-C4).
type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Go along the whole chain, or an exported one; ends with 1 where it was altered, and says where."`
	Export auditExport `cmd:"" help:"Write the log as CSV, and as JSON lines that can be verified without the database."`
	Anchor auditAnchor `cmd:"" help:"Print the chain's end, to be kept where nobody who writes to the database can reach it."`

	Restored auditRestored `cmd:"" help:"After the database was restored from a backup: say so, or the ends that were kept since alarm for ever."`
}

type auditVerify struct {
	Tenant string   `help:"Name or number; needed where there are several."`
	Anchor []string `type:"existingfile" placeholder:"FILE" help:"Ends that were kept elsewhere; those in the state folder are compared anyway, but with --file."`
	File   string   `type:"existingfile" xor:"from" help:"An export instead of the database."`
}

// Run verifies.
func (c auditVerify) Run(ctx context.Context, p place) error {
	files := c.Anchor
	if c.File == "" { // an export may be older than what was kept since
		files = append(files, p.anchors().path)
	}
	kept, err := readAnchors(files...)
	if err != nil {
		return err
	}
	for _, name := range c.Anchor {
		if some, err := readAnchors(name); err != nil || len(some) == 0 {
			return errors.Join(fmt.Errorf("%s holds no anchor of an audit log", name), err)
		}
	}
	start := time.Now()
	r, err := c.check(ctx, p, kept)
	if err != nil {
		return err
	}
	return tellReport(r, time.Since(start))
}

func (c auditVerify) check(ctx context.Context, p place, kept []audit.Anchor) (r audit.Report, err error) {
	if c.File != "" {
		f, err := os.Open(c.File)
		if err != nil {
			return r, err
		}
		defer f.Close()
		r, err = audit.CheckExport(f, kept)
		if err != nil {
			return r, fmt.Errorf("%s: %w", c.File, err)
		}
		return r, nil
	}
	err = p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		r, err = audit.CheckAll(ctx, db, t.ID, kept, nil)
		return err
	})
	return r, err
}

// tellReport prints what was found; errFails for an altered log.
func tellReport(r audit.Report, took time.Duration) error {
	for _, b := range r.Breaks {
		fmt.Println(b)
	}
	word := "unaltered"
	if len(r.Breaks) > 0 {
		word = "ALTERED"
	}
	fmt.Printf("audit: %s chain=%d entries=%d purged=%d waiting=%d breaks=%d seconds=%.1f\n", word, r.Chain, r.Links, r.Purged, r.Waiting, len(r.Breaks), took.Seconds())
	if r.Unrecorded {
		fmt.Println("the export is of a version that recorded no removals: what is purged was not held against them")
	}
	if _, ok := r.Restore(nil); ok {
		fmt.Println("what is kept elsewhere is of another course of the log; where the database was restored from a backup, say so with `tikklok audit restored`")
	}
	if len(r.Breaks) > 0 {
		return errFails
	}
	return nil
}

type auditExport struct {
	Tenant string `help:"Name or number; needed where there are several."`
	Out    string `arg:"" placeholder:"FOLDER" help:"Where audit.jsonl and audit.csv are written; neither may stand there."`
}

// Run exports, and notes that it was done.
func (c auditExport) Run(ctx context.Context, p place) error {
	return p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		err := db.InTenant(ctx, t.ID, func(tx pg.Tx) error {
			return noteList(ctx, tx, "audit export")
		})
		if err != nil {
			return err
		}
		if err := os.MkdirAll(c.Out, 0o700); err != nil {
			return err
		}
		lines, err := newFile(filepath.Join(c.Out, "audit.jsonl"))
		if err != nil {
			return err
		}
		table, err := newFile(filepath.Join(c.Out, "audit.csv"))
		if err != nil {
			return errors.Join(err, lines.Close())
		}
		start := time.Now()
		r, err := audit.Export(ctx, db, t.ID, lines, table)
		if err := errors.Join(err, lines.Sync(), lines.Close(), table.Close()); err != nil {
			return err
		}
		return tellReport(r, time.Since(start))
	})
}

// newFile makes a file for its owner alone; it never writes over one.
func newFile(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

type auditAnchor struct {
	Tenant string `help:"Name or number; needed where there are several."`
	To     string `placeholder:"FOLDER" help:"Adds it to audit-anchors.jsonl in this folder too, as on a share of another machine."`
}

// Run prints the end of the chain, as a line that verify --anchor takes.
func (c auditAnchor) Run(ctx context.Context, p place) error {
	return p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		if _, err := audit.Link(ctx, db, t.ID); err != nil {
			return err
		}
		kept, err := p.anchors().read()
		if err != nil {
			return err
		}
		r, err := audit.CheckAll(ctx, db, t.ID, kept, nil)
		if err == nil {
			err = r.Err()
		}
		if err != nil {
			return err
		}
		a, ok := audit.AnchorOf(r, time.Now())
		if !ok {
			return errors.New("the audit log has no entry yet")
		}
		line, err := a.MarshalText()
		if err != nil {
			return err
		}
		fmt.Println(string(line))
		return p.anchors(c.To).keep(a)
	})
}

// anchorBook is the file of anchors in the state folder, and copies of it.
type anchorBook struct {
	path   string
	copies []string // folders
	mu     *sync.Mutex
}

// anchorsName is the file's name wherever it stands.
const anchorsName = "audit-anchors.jsonl"

func (p place) anchors(folders ...string) anchorBook {
	b := anchorBook{path: p.folder(anchorsName), mu: &sync.Mutex{}}
	for _, f := range folders {
		if f != "" {
			b.copies = append(b.copies, filepath.Join(f, anchorsName))
		}
	}
	return b
}

// read gives the anchors of the state folder.
func (b anchorBook) read() ([]audit.Anchor, error) { return readAnchors(b.path) }

// readAnchors gives those of some files; one that isn't there has none.
func readAnchors(names ...string) (all []audit.Anchor, err error) {
	for _, name := range names {
		f, err := os.Open(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		some, err := audit.ReadAnchors(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// keep adds an anchor to each file.
func (b anchorBook) keep(a audit.Anchor) error {
	line, err := a.MarshalText()
	if err != nil {
		return err
	}
	return b.add(line)
}

// add adds a line to each file, durably. A copy that can't be written keeps
// none of the others from it.
func (b anchorBook) add(line []byte) (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range append([]string{b.path}, b.copies...) {
		err = errors.Join(err, addLine(name, line))
	}
	return err
}

func addLine(name string, line []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keeping the end of an audit log: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// auditParts chain what is appended, and verify each log every night.
func (s *server) auditParts(app *pg.DB) []part {
	book := s.place.anchors(s.AuditAnchor)
	keeper := audit.Keeper{DB: app, Kept: book.read, Keep: book.keep, Log: slog.Default()}
	return []part{
		{"audit", audit.Linker{DB: app, Log: slog.Default()}.Run},
		{"audit check", keeper.Run},
	}
}
