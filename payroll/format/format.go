// Package format promises that a payroll package gets what was approved, to the
// minute: it writes neutral lines the way each package reads them, makes
// decimal hours in one place so that what is printed adds up (I8), and refuses,
// naming the employee and the remedy, what a format can't carry. It is pure:
// the same content gives the same bytes.
package format

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// ErrInvalid is what a setting or component that can't be taken is refused with.
var ErrInvalid = errors.New("not valid")

// Format writes runs the way one kind of payroll package reads them (OB-H5).
type Format interface {
	// Name is how destinations name it: "csv".
	Name() string
	// About says whose format it is and how far it is proved.
	About() About
	// Schema lists every setting it knows.
	Schema() []Setting
	// CheckSettings refuses values that do not go together.
	CheckSettings(Settings) error
	// CheckComponent refuses what cannot stand in a code map.
	CheckComponent(component string) error
	// NeedsNames says whether people's names are in the file (OB-P1).
	NeedsNames(Settings) bool
	// FileType says what the file is, before its first byte.
	FileType(Settings) FileType
	// Write writes the file as it reads the employees, and keeps no more of
	// them than it must: a run has up to millions of lines. The same content
	// gives the same bytes. Its errors name the line or employee number and the
	// remedy.
	Write(w io.Writer, c Content) error
}

// About is what `tikklok formats` and the Exports page say of a format.
type About struct {
	Title  string // "SETU Timecard 1.4 (XML)"
	For    string // who reads it: "Dutch staffing companies"
	Source string // the document that it follows, with its address
	Proof  Proof
	// Components are accepted ones, all different, for hints and the demo: at
	// least eight, or one where several codes may share it.
	Components []string
}

// Proof is how far a format is proved.
type Proof string

// The proofs, the strongest first.
const (
	ProofSchema   Proof = "schema"   // its files pass the official schema and rules, in our tests
	ProofDocument Proof = "document" // written from the vendor's or standard's own document
	ProofLayout   Proof = "layout"   // layout tested, not accepted by the vendor: seen in third-party code only
)

// FileType is what a file is.
type FileType struct {
	MediaType string
	Extension string // without the dot
}

// Content is all that a file is made of.
type Content struct {
	Destination int64
	Period      calendar.Period
	At          time.Time
	Settings    Settings // complete: defaults filled in
	Components  []string // of the code map, sorted, each once: the columns of formats that are tables
	Employees   Employees
}

// Formats lists all formats. A new one is a file of its own, a folder of
// golden files and a line here.
func Formats() []Format {
	return []Format{
		lineCSV{},
		nmbrsSheet{},
		loketCSV{},
		easyflexHours{},
		afasUpdate{},
		afasFile{},
		exactMutations{},
		setuTimeCard{},
		setuTimecard20{},
		datevLODAS{},
		datevLUG{},
		sdWorx{},
		adpEPI{},
		quickBooksIIF{},
		sagePayroll{},
		netvisorWorkday{},
	}
}

// ByName gives one format, or ErrInvalid naming those there are.
func ByName(name string) (Format, error) {
	var known []string
	for _, f := range Formats() {
		if f.Name() == name {
			return f, nil
		}
		known = append(known, f.Name())
	}
	return nil, fmt.Errorf("%w: format %q is unknown; known are %s", ErrInvalid, name, strings.Join(known, ", "))
}

// Setting is one thing that a destination can say about its format.
type Setting struct {
	Key      string
	Default  string
	Required bool     // must be given, and not empty
	Choices  []string // empty: free text of at most 500 characters
	Example  string   // a value that is accepted, for hints and the demo; needed where Required without Default
	Stays    bool     // what was sent is called by it, so that it can't change while a run stands
}

// Settings are a destination's values; what is not in it has its default.
type Settings map[string]string

// CheckSettings fills in the defaults and refuses, by name, a setting that the
// format does not know, lacks, or cannot take.
func CheckSettings(f Format, given Settings) (Settings, error) {
	full, known := Settings{}, []string{}
	for _, s := range f.Schema() {
		known = append(known, s.Key)
		v, ok := given[s.Key]
		if !ok || v == "" && s.Default != "" {
			v = s.Default
		}
		if err := s.check(v); err != nil {
			return nil, fmt.Errorf("%w: format %s: %w", ErrInvalid, f.Name(), &BadSetting{s.Key, err})
		}
		full[s.Key] = v
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, key) {
			return nil, fmt.Errorf("%w: format %s has no setting %q; it has %s", ErrInvalid, f.Name(), key, strings.Join(known, ", "))
		}
	}
	if err := f.CheckSettings(full); err != nil {
		return nil, fmt.Errorf("%w: format %s: %w", ErrInvalid, f.Name(), err)
	}
	return full, nil
}

// BadSetting names the setting that an ErrInvalid is about.
type BadSetting struct {
	Key string
	Err error
}

func (e *BadSetting) Error() string { return e.Err.Error() }
func (e *BadSetting) Unwrap() error { return e.Err }

func (s Setting) check(v string) error {
	switch {
	case s.Required && strings.TrimSpace(v) == "":
		return fmt.Errorf("setting %s is needed", s.Key)
	case len(s.Choices) > 0 && !slices.Contains(s.Choices, v):
		return fmt.Errorf("setting %s is %q; it takes %s", s.Key, v, strings.Join(s.Choices, ", "))
	case len([]rune(v)) > 500:
		return fmt.Errorf("setting %s is longer than 500 characters", s.Key)
	}
	return nil
}
