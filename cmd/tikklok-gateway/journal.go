package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"tikklok/gateway/journal"
)

// journalCommand works on a journal folder, also while a gateway uses it.
type journalCommand struct {
	Export  exportCommand  `cmd:"" help:"Write what the server doesn't have to a file that it can import."`
	Inspect inspectCommand `cmd:"" help:"Say what is in the journal; what the server answered in the last minute may not stand there yet."`
}

type exportCommand struct {
	Journal string `help:"Folder of the journal." default:"journal" type:"existingdir" env:"TIKKLOK_JOURNAL"`
	All     bool   `help:"Also what the server already has."`
	File    string `arg:"" help:"The file to write, such as one on a USB stick." type:"path"`
}

// Run writes the export. A half written file is removed.
func (c *exportCommand) Run() (err error) {
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("export journal: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(c.File)
		}
	}()
	w := bufio.NewWriter(f)
	taps, err := journal.Export(c.Journal, w, c.All)
	if err != nil {
		return err
	}
	if err := errors.Join(w.Flush(), f.Sync()); err != nil {
		return fmt.Errorf("export journal: %w", err)
	}
	fmt.Printf("%d taps written to %s\n", taps, c.File)
	return nil
}

type inspectCommand struct {
	Journal string `help:"Folder of the journal." default:"journal" type:"existingdir" env:"TIKKLOK_JOURNAL"`
}

// Run prints what is in the journal.
func (c *inspectCommand) Run() error {
	r, err := journal.Inspect(c.Journal)
	if err != nil {
		return err
	}
	fmt.Printf("gateway=%d segments=%d streams=%d taps=%d unsent=%d damaged=%d\n", r.Gateway, r.Segments, r.Streams, r.Taps, r.Unsent, r.Damaged)
	return nil
}
