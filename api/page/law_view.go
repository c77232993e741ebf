package page

import (
	"strings"
	"time"
)

// Law is what was found against the Working Hours Act in a period: PathLaw.
type Law struct {
	Frame
	From, To   time.Time
	Row        string // "": all
	Severity   string // "": all
	Employee   int64  // 0: all
	Rows       []string
	Counts     map[string]int // by row; "": all
	Severities map[string]int
	Lines      []LawLine
	More       int // that are not listed
	File       string
}

func (*Law) name() string { return "law" }

// LawLine is one finding.
type LawLine struct {
	Employee int64
	Name     string
	Day      time.Time
	Severity string // breach, edge, unknown
	Row      string
	Text     Message
}

// Preventable is something on Today that can still be prevented.
type Preventable struct {
	Employee int64
	Name     string
	Day      time.Time
	Text     Message
	Last     time.Time
	Over     bool      // Last has passed
	Rare     bool      // allowed, but not often
	Planned  time.Time // the shift that it is about; zero: the one that runs
}

// soon is a time of today, or of a day around it with its weekday.
func (w *words) soon(now, t time.Time) string {
	if daysBetween(t, now) == 0 {
		return clock(t)
	}
	return w.weekdayShort(t) + " " + clock(t)
}

// LawFigures is the figures in force, their versions, and the form for another:
// PathLawFigures.
type LawFigures struct {
	Frame
	Versions  []LawVersion // newest first
	Groups    []FigureGroup
	Contracts []Option
	Form      Form
	Open      bool // the form is shown: somebody began it
	Purpose   string
	Birth     Form // purpose
}

func (*LawFigures) name() string { return "law-figures" }

// LawVersion is one version of the figures.
type LawVersion struct {
	Version  int
	Name     string
	Contract string // "": everybody
	From     time.Time
	By       string
	Made     time.Time
	Differs  []Message // what is not as in the Act
	Now      bool
}

// FigureGroup is the figures of one row.
type FigureGroup struct {
	Row     string
	Article string // "": our own reading
	Figures []Figure
}

// Figure is one line of the form; its fields are adults.NAME and minors.NAME.
type Figure struct {
	Name           string
	Article        string
	Adults, Minors FigureValue
}

// FigureValue is what stands in a figure, as it is written.
type FigureValue struct {
	Value, Least, Most string
	Problem            Message
}

// Cell gives a text for a spreadsheet: one that would be taken for a formula is
// marked as text (OWASP, CSV injection).
func Cell(text string) string {
	if strings.ContainsAny(text[:min(1, len(text))], "=+-@\t\r") {
		return "'" + text
	}
	return text
}
