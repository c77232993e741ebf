package evidence

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Ran is a run of a test.
type Ran struct {
	Name   string // as Register.Tests has it
	At     time.Time
	Passed bool
}

// maxTestLine bounds a line of what `go test -json` writes, in bytes.
const maxTestLine = 4 << 20

// maxVersion bounds a version, in bytes.
const maxVersion = 100

// Runs are what a file tells of tests.
type Runs struct {
	Version string // of the program that was tested; "": the file doesn't say
	All     []Ran  // of those that were asked for, in their order
}

// event is a line of `go test -json`, or the one with the version that a
// release puts before them.
type event struct {
	Time                           time.Time
	Action, Package, Test, Version string
}

// ReadTests reads what `go test -json` wrote, or the tests.json of a release,
// and gives the runs of the tests named. One that was skipped proves nothing and
// is left out; of one that ran several times the last run counts. Input of
// another form, or of two versions, is ErrInvalid.
func ReadTests(from io.Reader, module string, named []string) (Runs, error) {
	var version string
	last := map[string]Ran{}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxTestLine)
	for n := 1; lines.Scan(); n++ {
		e, err := readEvent(lines.Bytes(), version)
		if err != nil {
			return Runs{}, fmt.Errorf("%w: line %d %w", ErrInvalid, n, err)
		}
		version = cmp.Or(version, e.Version)
		if name := strings.TrimPrefix(e.Package, module+"/") + "." + e.Test; e.ends() && slices.Contains(named, name) {
			last[name] = Ran{Name: name, At: e.Time, Passed: e.Action == "pass"}
		}
	}
	if err := lines.Err(); err != nil {
		return Runs{}, fmt.Errorf("%w: reading what go test wrote: %w", ErrInvalid, err)
	}
	out := Runs{Version: version}
	for _, name := range named {
		if r, ok := last[name]; ok {
			out.All = append(out.All, r)
		}
	}
	return out, nil
}

// readEvent reads a line of a file that is of a version; "": it didn't say yet.
func readEvent(line []byte, version string) (e event, err error) {
	if err := json.Unmarshal(line, &e); err != nil {
		return e, fmt.Errorf("is not of `go test -json`: %w", err)
	}
	switch {
	case len(e.Version) > maxVersion || strings.ContainsRune(e.Version, 0):
		return e, fmt.Errorf("has no version of at most %d letters", maxVersion)
	case e.Version != "" && version != "" && e.Version != version:
		return e, fmt.Errorf("is of version %s, and those before it of %s", e.Version, version)
	case e.ends() && e.Time.IsZero():
		return e, fmt.Errorf("doesn't say when %s ran", e.Test)
	}
	return e, nil
}

// ends says whether a test ended by passing or failing: skipping proves nothing.
func (e event) ends() bool { return e.Test != "" && (e.Action == "pass" || e.Action == "fail") }

// Lacking gives those of the tests named that failed, and those that didn't run.
func (r Runs) Lacking(named []string) (failed, absent []string) {
	for _, name := range named {
		i := slices.IndexFunc(r.All, func(ran Ran) bool { return ran.Name == name })
		switch {
		case i < 0:
			absent = append(absent, name)
		case !r.All[i].Passed:
			failed = append(failed, name)
		}
	}
	return failed, absent
}
