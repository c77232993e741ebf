package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func newParser(t *testing.T) *kong.Kong {
	t.Helper()
	k, err := parser(&commands{}, kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestEveryCommandShowsAnExample(t *testing.T) {
	for _, n := range newParser(t).Model.Leaves(true) {
		if len(examplesIn(n.Detail)) == 0 {
			t.Errorf("%s --help shows no example: give examples.txt one", n.FullPath())
		}
	}
}

// Each example is read by the parser itself, as whoever types it would have it
// read, in a folder that holds the files it names.
func TestEveryExampleIsUnderstood(t *testing.T) {
	t.Chdir(t.TempDir())
	k := newParser(t)
	seen := map[string]bool{}
	show := func(owner *kong.Node, text string) {
		for _, line := range examplesIn(text) {
			if seen[line] {
				continue
			}
			seen[line] = true
			args := typed(t, line)[1:]
			for _, a := range args { // files that have to be there
				if filepath.IsLocal(a) && filepath.Ext(a) != "" && !strings.ContainsAny(a, "*@:") {
					if err := touch(a); err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := newParser(t).Parse(args); err != nil && !strings.Contains(err.Error(), "/media/") {
				t.Errorf("%s: %s\n%v", owner.FullPath(), line, err)
			}
		}
	}
	show(k.Model.Node, description)
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		show(n, n.Detail)
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(k.Model.Node)
	show(k.Model.Node, examples)
}

func touch(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, nil, 0o600)
}

// typed parts a line as a shell does, as far as examples go: quotes keep words
// together, and what follows |, < or > is the shell's.
func typed(t *testing.T, line string) (words []string) {
	t.Helper()
	var word strings.Builder
	var quote rune
	begun := false
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, begun = r, true
		case strings.ContainsRune("|<>", r) && !begun:
			return words
		case r == ' ':
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		t.Errorf("%s: a quote is not closed", line)
	}
	return words
}

func TestADayThatIsNoneIsToldWithTheFormOfOne(t *testing.T) {
	_, err := newParser(t).Parse([]string{"tenant", "end", "--last-day", "31-12-2026"})
	if err == nil || !strings.Contains(err.Error(), `"31-12-2026" is no day; write it as in 2026-12-31`) {
		t.Errorf("it says %v", err)
	}
}
