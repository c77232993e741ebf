package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tikklok/api/continuity/evidence"
	"tikklok/ingest/pg"
)

// testsBeside is the file of a release, beside its program, with the runs of the
// tests that obligations are proved by.
const testsBeside = "tests.json"

type evidenceTests struct {
	File    string `arg:"" optional:"" type:"existingfile" help:"What go test -json wrote, or the tests.json of a release; without: the input."`
	Version string `help:"Of the program that was tested; without: what the file says, else this one's."`
	List    bool   `help:"Print the tests, a package and a name a line, and do nothing else."`
}

// Help says where runs come from.
func (evidenceTests) Help() string {
	return `A server reads the tests.json that stands beside its program, as make release
leaves it there, when it starts. By hand:

  tikklok evidence tests bin/release/tests.json
  go test -json ./... | tikklok evidence tests --version v1.4`
}

// Run keeps the runs of tests that it reads, or lists the tests.
func (c evidenceTests) Run(ctx context.Context, p place) error {
	r, err := evidence.Load()
	if err != nil {
		return err
	}
	if c.List {
		for _, name := range r.Tests() {
			at := strings.LastIndex(name, ".")
			fmt.Printf("./%s %s\n", name[:at], name[at+1:])
		}
		return nil
	}
	ran, err := readTests(c.File)
	if err != nil {
		return err
	}
	if c.Version != "" && ran.Version != "" && c.Version != ran.Version {
		return fmt.Errorf("these are runs of version %s, not of %s: leave --version out", ran.Version, c.Version)
	}
	if err := p.withDatabase(ctx, func(d *database) error { return d.putTests(ctx, ran, cmp.Or(c.Version, ran.Version, version)) }); err != nil {
		return err
	}
	return tellTests(ran, r.Tests(), cmp.Or(c.Version, ran.Version, version))
}

// tellTests says which of the tests have no run that proves, and that one of
// another version than this proves nothing here.
func tellTests(ran evidence.Runs, named []string, of string) error {
	failed, absent := ran.Lacking(named)
	for _, name := range failed {
		fmt.Println("failed:", name)
	}
	for _, name := range absent {
		fmt.Println("did not run, or was skipped:", name)
	}
	if of != version {
		fmt.Printf("they are of version %s, and count for the months in which that ran; this is %s\n", of, version)
	}
	_, err := fmt.Printf("%d of the %d tests that obligations are proved by have run, %d passed\n", len(ran.All), len(named), len(ran.All)-len(failed))
	return err
}

// readTests reads the runs of tests in a file, or in the input.
func readTests(file string) (evidence.Runs, error) {
	r, err := evidence.Load()
	if err != nil {
		return evidence.Runs{}, err
	}
	from := os.Stdin
	if file != "" {
		if from, err = os.Open(file); err != nil {
			return evidence.Runs{}, err
		}
		defer from.Close()
	}
	return evidence.ReadTests(from, "tikklok", r.Tests())
}

func (d *database) putTests(ctx context.Context, ran evidence.Runs, of string) error {
	owner, err := d.open(ctx, pg.RoleOwner)
	if err != nil {
		return err
	}
	defer owner.Close()
	return owner.Look(ctx, func(tx pg.Tx) error { return evidence.PutTests(ctx, tx, ran.All, of) })
}

// ownTests keeps the runs that a release brought with the program, from the
// folder that the program stands in: whoever can write there can replace the
// program too. A file that doesn't say its version is left alone.
func (d *database) ownTests(ctx context.Context, folder string) {
	if folder == "" {
		return
	}
	ran, err := readTests(filepath.Join(folder, testsBeside))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil && ran.Version == "" {
		err = errors.New("the file doesn't say of which version they are; read it in with: tikklok evidence tests --version")
	}
	if err == nil {
		err = d.putTests(ctx, ran, ran.Version)
	}
	if err != nil {
		slog.WarnContext(ctx, "the runs of tests beside the program were not kept", "file", testsBeside, "error", err)
	}
}

// programFolder is the folder that this program stands in; "": it can't be told.
func programFolder() string {
	program, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Dir(program)
}
