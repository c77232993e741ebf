package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// probeName is what the demo's probe is called.
const probeName = "home"

// measure starts a probe beside the server, as a process of its own, and makes
// it first where there is none yet.
func (w *world) measure(ctx context.Context, status string) error {
	file := w.path("probe.json")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if _, err := run(ctx, "tikklok", "probe", "add", probeName, "--server", "http://"+w.http, "--gateway", w.mqtt, "--out", file, "--state", w.dir); err != nil {
			return err
		}
	}
	w.probe = &process{name: "tikklok", log: w.path("probe.log"), args: []string{"probe", "run", "--config", file, "--book", w.path("probe"), "--http", status}}
	if err := w.probe.start(); err != nil {
		return err
	}
	fmt.Printf("  how it does, measured from outside: http://%s\n\n", status)
	return nil
}
