package main

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// examples has a command a line, for each whose own words show none.
//
//go:embed examples.txt
var examples string

// parser reads the command line into c; each command's --help shows examples.
func parser(c *commands, options ...kong.Option) (*kong.Kong, error) {
	k, err := kong.New(c, append(options, kong.Name("tikklok"), kong.Description(description), kong.ShortUsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))...)
	if err == nil {
		showExamples(k.Model.Node)
	}
	return k, err
}

// dayFlag is a date on the command line, midnight UTC.
type dayFlag struct{ time.Time }

// UnmarshalText reads a day as 2026-12-31.
func (d *dayFlag) UnmarshalText(text []byte) (err error) {
	if d.Time, err = time.Parse(time.DateOnly, string(text)); err != nil {
		return fmt.Errorf("%q is no day; write it as in 2026-12-31", text)
	}
	return nil
}

// said prints what was done, once it holds.
func said(err error, format string, args ...any) error {
	if err == nil {
		fmt.Printf(format+"\n", args...)
	}
	return err
}

// showExamples puts examples into the help of each command below n that has
// none: those of the groups it stands in, and of examples.txt.
func showExamples(n *kong.Node) {
	for _, child := range n.Children {
		showExamples(child)
		if len(examplesIn(child.Detail)) > 0 {
			continue
		}
		var known []string
		for up := child.Parent; up != nil && up.Parent != nil; up = up.Parent {
			known = append(known, examplesIn(up.Detail)...)
		}
		var lines []string
		for _, line := range append(known, examplesIn(examples)...) {
			if isOf(line, child) {
				lines = append(lines, "  "+line)
			}
		}
		if len(lines) > 0 {
			child.Detail = strings.TrimSpace(child.Detail + "\n\nExamples:\n\n" + strings.Join(lines, "\n"))
		}
	}
}

// examplesIn lists the commands that a text shows, indented, each whole: a
// backslash at a line's end joins it to the next.
func examplesIn(text string) (out []string) {
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", ""), "\n") {
		if strings.HasPrefix(line, "  tikklok ") {
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return out
}

// isOf says whether an example is of this command: it begins with its words, or
// with its group's where that means it.
func isOf(line string, n *kong.Node) bool {
	path := n.FullPath()
	if n.Parent.DefaultCmd == n && n.Parent.Parent != nil {
		for _, other := range n.Parent.Children {
			if other != n && strings.HasPrefix(line+" ", other.FullPath()+" ") {
				return false
			}
		}
		path = n.Parent.FullPath()
	}
	return strings.HasPrefix(line+" ", path+" ")
}
