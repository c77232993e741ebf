package payroll

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/payroll/format"
)

// maxCodes is how many pay codes a map holds at most.
const maxCodes = 500

// CodeMap says what our pay codes are called at a destination. Each change is
// a new version.
type CodeMap struct {
	Version int // 0: none yet
	Codes   map[string]string
	By      audit.Actor
	At      time.Time
	Back    int // the earlier version that this one went back to; 0: none
}

// MapChange is what became of one of our codes between two versions; "" is
// unmapped.
type MapChange struct{ Code, Was, Now string }

// MapChanges gives what differs between two maps, by code.
func MapChanges(was, now map[string]string) []MapChange {
	var all []MapChange
	codes := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(now)))
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		if was[code] != now[code] {
			all = append(all, MapChange{code, was[code], now[code]})
		}
	}
	return all
}

// CodeFault is why one code of a map can't be taken. Its text names the remedy.
type CodeFault struct {
	Line  int       // of an imported file, the header is 1; 0: it comes from none
	Code  string    // ours; "": the file, or the line
	Kind  FaultKind // for words in another language
	Other string    // what it clashes with: a line, codes, or the column
	Err   error
}

// Error says what is wrong, where, and what to do.
func (f CodeFault) Error() string {
	switch {
	case f.Line > 0 && f.Code != "":
		return fmt.Sprintf("line %d, code %s: %s", f.Line, f.Code, f.Err)
	case f.Line > 0:
		return fmt.Sprintf("line %d: %s", f.Line, f.Err)
	}
	return fmt.Sprintf("code %s: %s", f.Code, f.Err)
}

func (f CodeFault) Unwrap() error { return f.Err }

// FaultKind is a kind of CodeFault.
type FaultKind string

// The kinds of faults. The first ones are only a file's.
const (
	FaultUnreadable FaultKind = "unreadable" // not text in lines of CSV
	FaultEmpty      FaultKind = "empty"      // no lines
	FaultColumns    FaultKind = "columns"    // a column is missing, twice or unknown; Other: which
	FaultForbidden  FaultKind = "forbidden"  // a column of what is never kept; Other: which
	FaultShort      FaultKind = "short"      // the line has fewer columns than the header
	FaultTwice      FaultKind = "twice"      // the code stands there twice; Other: the first line
	FaultUnknown    FaultKind = "unknown"    // no pay code of ours
	FaultMany       FaultKind = "many"       // more than 500 codes
	FaultCode       FaultKind = "code"       // the code is too short or long
	FaultComponent  FaultKind = "component"  // the format can't take the component
	FaultCycle      FaultKind = "cycle"      // codes whose components go round; Other: the codes
)

// CodeFaults are all faults of a map. They are ErrInvalid.
type CodeFaults []CodeFault

// Error says them all.
func (f CodeFaults) Error() string {
	all := []string{ErrInvalid.Error() + ": "}
	for i, one := range f {
		if i > 0 {
			all = append(all, "; ")
		}
		all = append(all, one.Error())
	}
	return strings.Join(all, "")
}

// Unwrap lets callers branch on ErrInvalid and find each fault.
func (f CodeFaults) Unwrap() []error {
	all := []error{ErrInvalid}
	for _, one := range f {
		all = append(all, one)
	}
	return all
}

// trimmed takes the space around components away: it is typed by accident, and
// no file of a code map would keep it.
func trimmed(codes map[string]string) map[string]string {
	all := make(map[string]string, len(codes))
	for code, component := range codes {
		all[code] = strings.TrimSpace(component)
	}
	return all
}

// checkCodes refuses, by code, what can't stand in a destination's map.
func checkCodes(d Destination, codes map[string]string) error {
	f, err := format.ByName(d.Format)
	if err != nil {
		return err
	}
	if faults := codeFaults(f, codes); len(faults) > 0 {
		return faults
	}
	return nil
}

// codeFaults are what can't stand in a map. Several codes may share a component:
// every format writes a line each or adds them up, and pages say which do.
func codeFaults(f format.Format, codes map[string]string) (faults CodeFaults) {
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		component := codes[code]
		switch err := checkComponent(f, component); {
		case code == "" || len(code) > 60:
			faults = append(faults, CodeFault{Code: code, Kind: FaultCode, Err: errors.New("a pay code has 1 to 60 characters")})
		case err != nil:
			faults = append(faults, CodeFault{Code: code, Kind: FaultComponent, Err: err})
		}
	}
	if len(codes) > maxCodes {
		faults = append(faults, CodeFault{Kind: FaultMany, Err: fmt.Errorf("a code map has at most %d codes, this one has %d", maxCodes, len(codes))})
	}
	return append(faults, cycles(codes)...)
}

func checkComponent(f format.Format, component string) error {
	if n := len([]rune(component)); n < 1 || n > 60 {
		return errors.New("a component has 1 to 60 characters; leave the code out to unmap it")
	}
	return f.CheckComponent(component)
}

// cycles gives the codes whose components lead, from code to code, back to
// where they began: 100 → 150 and 150 → 100. It is what a file whose columns
// or lines were swapped looks like, and would pay each hour as the other. A
// code that is its own component is none: the package calls it as we do.
func cycles(codes map[string]string) (faults CodeFaults) {
	told := map[string]bool{}
	for _, start := range slices.Sorted(maps.Keys(codes)) {
		round := []string{start}
		for at := codes[start]; !told[start] && at != start && len(round) <= len(codes); at = codes[at] {
			if _, ours := codes[at]; !ours || slices.Contains(round, at) {
				round = nil
				break
			}
			round = append(round, at)
		}
		if len(round) < 2 || told[start] {
			continue
		}
		for _, code := range round {
			told[code] = true
		}
		way := strings.Join(append(round, start), " → ")
		faults = append(faults, CodeFault{Code: start, Kind: FaultCycle, Other: way,
			Err: fmt.Errorf("the components go round, %s, which pays these hours as one another: correct them, or where the package does call them so, rename our codes in the rules", way)})
	}
	return faults
}

// components gives the package's names in the map, sorted, each once.
func (m CodeMap) components() []string {
	return slices.Compact(slices.Sorted(maps.Values(m.Codes)))
}
