package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tikklok/gateway"
	"tikklok/gateway/wire"
	"tikklok/ingest/durable"
)

// triedFile holds the SHA-256 of the code that was last tried to its end.
const triedFile = "code-tried"

// enrolment reads what makes the probe's gateway one, or has the server make it
// by the code in the probe's file; anew where there is another code than the one
// that was tried: its certificate ended, or it was cut off.
func (t *tapper) enrolment(ctx context.Context, file string) (wire.Enrolment, error) {
	e, err := gateway.LoadEnrolment(file)
	switch {
	case err == nil && !t.newCode():
		return e, t.tried()
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return e, err
	}
	made, refused := t.enrol(ctx, file)
	switch {
	case refused == nil:
		return made, t.tried()
	case err == nil && errors.Is(refused, gateway.ErrCode): // or it was taken, and nobody could note it
		slog.Warn("the new code in the probe's file makes no gateway; it goes on as it was", "error", refused, "remedy", t.anew())
		return e, t.tried()
	case errors.Is(refused, gateway.ErrAnother):
		return e, fmt.Errorf("the code in the probe's file is another gateway's; %s", t.anew())
	case errors.Is(refused, gateway.ErrCode):
		return e, fmt.Errorf("%w; %s", refused, t.anew())
	}
	return e, refused
}

// anew is what to do where the server takes neither certificate nor code.
func (t *tapper) anew() string {
	return fmt.Sprintf("make a code with `tikklok gateway code %s --tenant %q` on the server, write it as \"code\" into the probe's file, and start the probe again", t.file.Name, probesName)
}

// newCode says whether the code is another than the one that was tried; of an
// older version, which noted none, the one that is there was.
func (t *tapper) newCode() bool {
	note, err := os.ReadFile(filepath.Join(t.dir, triedFile))
	return err == nil && strings.TrimSpace(string(note)) != t.codeSum()
}

func (t *tapper) codeSum() string { return fmt.Sprintf("%x", sha256.Sum256([]byte(t.file.Code))) }

// tried notes the code.
func (t *tapper) tried() error {
	path := filepath.Join(t.dir, triedFile)
	if note, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(note)) == t.codeSum() {
		return nil
	}
	if err := durable.Write(path, []byte(t.codeSum()+"\n"), 0o600); err != nil {
		return fmt.Errorf("noting the probe's code: %w", err)
	}
	return nil
}

func (t *tapper) enrol(ctx context.Context, file string) (wire.Enrolment, error) {
	code, err := wire.ParseCode(t.file.Code)
	if err != nil {
		return wire.Enrolment{}, fmt.Errorf("the probe's code: %w", err)
	}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return wire.Enrolment{}, fmt.Errorf("the probe's folder: %w", err)
	}
	return gateway.Enrol(ctx, gateway.Enrolling{Server: t.file.Gateway, Code: code, File: file, Log: slog.Default()})
}
