package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"tikklok/ingest/hours/script"
)

// hoursCommand is for whoever wants to see how hours come about.
type hoursCommand struct {
	Run     hoursRun     `cmd:"" help:"Print the hours that come of scripts of taps."`
	Explain hoursExplain `cmd:"" help:"Explain an employee's day to the minute."`
	Verify  hoursVerify  `cmd:"" help:"Compute a month again from registrations, and list what is stored otherwise."`
	Seal    hoursSeal    `cmd:"" help:"Seal days whose taps are to be removed: only corrections by hand change them."`
}

type hoursRun struct {
	Files []string `arg:"" name:"file" help:"Scripts; - is the standard input."`
	Check bool     `help:"Compare with the hours below => in the file; end with 1 when they differ." xor:"check"`
	Write bool     `help:"Write the hours into the files." xor:"check"`
}

// Help shows a script.
func (hoursRun) Help() string {
	return `A script is what happened, one a line, and below => the hours that come of it:

  == a night shift
  2026-11-10 21:58:10 Bakker hall
  2026-11-11 06:02 Bakker hall
  decision 1: Bakker add out 2026-11-11 06:05
  =>

Readers: hall, gate and annex (another site) toggle; entrance in, exit out,
canteen break. Times are of Europe/Amsterdam. A line that is not understood is
answered with all that there are. No database is needed:

  printf '2026-11-10 07:58 Bakker hall\n2026-11-10 16:31 Bakker hall\n' | tikklok hours run -
  tikklok hours run --check ingest/hours/testdata/*.txt`
}

// Run runs the scripts; the first line that is not understood ends it.
func (c hoursRun) Run() error {
	different, scenarios := 0, 0
	for _, name := range c.Files {
		file, err := readScript(name)
		if err != nil {
			return err
		}
		var texts []string
		for _, s := range file.Scenarios {
			got, err := s.Run(file.Name)
			if err != nil {
				return err
			}
			texts = append(texts, got.Text)
			scenarios++
			if len(got.Differs) > 0 {
				different++
			}
			c.show(os.Stdout, file, s, got)
		}
		if c.Write && name != "-" {
			if err := os.WriteFile(name, []byte(file.Text(texts)), 0o644); err != nil {
				return fmt.Errorf("writing the hours: %w", err)
			}
		}
	}
	if !c.Check {
		return nil
	}
	fmt.Printf("%d of %d scenarios differ\n", different, scenarios)
	if different > 0 {
		return errFails
	}
	return nil
}

// show prints the hours of a scenario, or where they differ.
func (c hoursRun) show(w io.Writer, file script.File, s script.Scenario, got script.Result) {
	if c.Check {
		for _, d := range got.Differs {
			fmt.Fprintf(w, "%s:%d: %s\n%s", file.Name, d.Line, s.Name, d)
		}
		return
	}
	fmt.Fprintf(w, "== %s\n%s\n", s.Name, strings.Join(got.Hours, "+\n"))
}

func readScript(name string) (script.File, error) {
	var text []byte
	var err error
	if name == "-" {
		name = "standard input"
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return script.File{}, fmt.Errorf("reading a script: %w", err)
	}
	return script.Parse(name, string(text))
}
