// Command summary reads `go test -json` and prints what a person wants to
// know: each package's result, the output of what failed, and the reason of
// everything skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
)

type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

func main() {
	s := summary{output: map[string][]string{}, skips: map[string]bool{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // not JSON: a build error
			continue
		}
		s.take(e)
	}
	s.print()
}

type summary struct {
	output         map[string][]string
	skips          map[string]bool
	passed, failed int
}

func (s *summary) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		s.output[key] = append(s.output[key], e.Output)
	case "pass":
		s.ended(e, "ok  ", &s.passed)
	case "fail":
		s.ended(e, "FAIL", &s.failed)
		fmt.Print(strings.Join(s.output[key], ""))
	case "skip":
		if e.Test != "" {
			s.skips[reason(s.output[key])+" ("+e.Package+")"] = true
		}
	}
	if e.Action == "pass" || e.Action == "skip" {
		delete(s.output, key)
	}
}

func (s *summary) ended(e event, word string, count *int) {
	if e.Test == "" {
		fmt.Printf("%s\t%s\t%.3fs\n", word, e.Package, e.Elapsed)
		return
	}
	*count++
}

// reason gives what a skipped test said, without file and line.
func reason(lines []string) string {
	for _, line := range lines {
		if _, said, ok := strings.Cut(line, ".go:"); ok {
			if _, said, ok = strings.Cut(said, ": "); ok {
				return strings.TrimSpace(said)
			}
		}
	}
	return "no reason given"
}

func (s *summary) print() {
	var skips []string
	for r := range s.skips {
		skips = append(skips, r)
	}
	sort.Strings(skips)
	for _, r := range skips {
		fmt.Println("skipped: " + r)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", s.passed, s.failed, len(skips))
}
