package evidence

import (
	"bufio"
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

// ReadTests reads what `go test -json` wrote, and gives the runs of the tests
// named. One that was skipped proves nothing and is left out; of one that ran
// several times the last run counts. Input of another form is ErrInvalid.
func ReadTests(from io.Reader, module string, named []string) ([]Ran, error) {
	last := map[string]Ran{}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxTestLine)
	for n := 1; lines.Scan(); n++ {
		var e struct {
			Time                  time.Time
			Action, Package, Test string
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%w: line %d is not of `go test -json`: %w", ErrInvalid, n, err)
		}
		name := strings.TrimPrefix(e.Package, module+"/") + "." + e.Test
		if (e.Action == "pass" || e.Action == "fail") && slices.Contains(named, name) {
			last[name] = Ran{Name: name, At: e.Time, Passed: e.Action == "pass"}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: reading what go test wrote: %w", ErrInvalid, err)
	}
	all := make([]Ran, 0, len(last))
	for _, name := range named {
		if r, ok := last[name]; ok {
			all = append(all, r)
		}
	}
	return all, nil
}
