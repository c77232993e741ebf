package payroll

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Format writes runs the way one kind of payroll package reads them (OB-H5).
type Format interface {
	// Name is how destinations name it: "csv".
	Name() string
	// Schema lists every setting it knows.
	Schema() []Setting
	// CheckSettings refuses values that do not go together.
	CheckSettings(Settings) error
	// CheckComponent refuses what cannot stand in a code map.
	CheckComponent(component string) error
	// NeedsNames says whether people's names are in the file (OB-P1).
	NeedsNames(Settings) bool
	// Write gives the file. The same content gives the same bytes. Its errors
	// name the line or employee number and the remedy.
	Write(Content) (Document, error)
}

// Formats lists all formats. A new one is a file of its own, a folder of
// golden files and a line here.
func Formats() []Format {
	return []Format{
		lineCSV{},
		setuTimeCard{},
	}
}

// FormatByName gives one format, or ErrInvalid naming those there are.
func FormatByName(name string) (Format, error) {
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
}

// Settings are a destination's values; what is not in it has its default.
type Settings map[string]string

// Content is all that a file is made of.
type Content struct {
	Destination int64
	Period      calendar.Period
	At          time.Time
	Settings    Settings // complete: defaults filled in
	Lines       []Line   // by number, period, day, id; decimals made
	Sent        []Line   // earlier lines of the employees and periods in Lines, for formats that replace
}

// Document is a written file.
type Document struct {
	Body      []byte
	MediaType string
	Extension string // without the dot
}

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

// BadCode names the pay code whose component an ErrInvalid is about.
type BadCode struct {
	Code string
	Err  error
}

func (e *BadCode) Error() string { return "code " + e.Code + ": " + e.Err.Error() }
func (e *BadCode) Unwrap() error { return e.Err }

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
