// Package payroll promises that an approved line leaves for a destination in
// exactly one run that was not voided, that the file of a run has the same
// bytes at every pull, and that everything ever sent adds up (I8).
//
// A run is made in steps that can each be repeated: its row, lines and bytes
// are committed as "prepared"; its manifest is written and fsynced outside the
// database; only then it becomes "created" and can be pulled. A crash in
// between leaves a prepared run that holds its lines and that Resume finishes
// with the same bytes: lines are never free and sent at the same time. While
// the register (the database) and the manifests disagree, as after a restore,
// nothing leaves. What becomes of a created run (delivered, acknowledged,
// rejected, void) is a dated step with who and why.
//
// A run is composed, written and read a few employees at a time: its size is
// the database's, not the memory's.
package payroll

import (
	"errors"
	"slices"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

// Errors that callers branch on.
var (
	ErrNotFound   = errors.New("no such record")
	ErrInvalid    = format.ErrInvalid
	ErrNameTaken  = errors.New("a destination of this name exists; choose another name")
	ErrCodes      = errors.New("the code map was changed meanwhile; look at it again and repeat the change")
	ErrUnmapped   = errors.New("pay codes without a place in the code map")
	ErrNothing    = errors.New("nothing to send: no approved line of this period is waiting")
	ErrFormat     = errors.New("the format cannot write this run")
	ErrUnfinished = errors.New("the run is not finished yet; create it again or restart the server to finish it")
	ErrVoid       = errors.New("the run is void")
	ErrPurged     = errors.New("the file was removed at the end of its retention term; the register keeps its SHA-256 and totals, and what was pulled is with the package") // OB-P3
	ErrLater      = errors.New("a later run builds on this one; void that one first")
	ErrClosed     = errors.New("export is closed: the register of runs and the manifests disagree")
	ErrStep       = errors.New("the run is at another step")
)

// Office makes runs and keeps their manifests.
type Office struct {
	Manifests string              // folder outside the database's storage; one folder per tenant is made in it
	Progress  func(done, all int) // told of employees now and then while a run is made; nil: nobody looks
}

// Destination is a payroll package that pulls.
type Destination struct {
	ID       int64
	Name     string // 1…100 characters, once a tenant
	Format   string // of format.Formats
	Settings format.Settings
	Created  time.Time
}

// Order asks for a run. Approved lines of earlier periods that came too late
// for their own run (corrections, late approvals) leave with it.
type Order struct {
	Destination int64
	Period      calendar.Period // at most 366 days
}

// Totals are the control totals of a run.
type Totals struct {
	People int
	Lines  int
	Codes  []CodeTotal // by code, kind and component
}

// CodeTotal is the total of one code, kind and component. In runs made before
// lines had kinds, all are LineWorked.
type CodeTotal struct {
	Code       string
	Kind       hours.LineKind `json:",omitempty"`
	Component  string         // the destination's name for it; "": unmapped
	Lines      int            `json:",omitempty"` // 0 in runs made before they were counted
	Minutes    int
	Hundredths int // hours × 100 as sent
}

// Worked adds up the minutes worked. The others stand beside them: a premium's
// minutes were worked under another code already.
func (t Totals) Worked() int { return t.of(hours.LineWorked) }

// KindTotal is the total of the lines of a kind that is not worked.
type KindTotal struct {
	Kind    hours.LineKind `json:"kind"`
	Minutes int            `json:"minutes"`
}

// Beside adds up the other kinds, each by itself; kinds without lines are left
// out.
func (t Totals) Beside() []KindTotal {
	var kinds []hours.LineKind
	for _, c := range t.Codes {
		if c.Kind != hours.LineWorked {
			kinds = append(kinds, c.Kind)
		}
	}
	slices.Sort(kinds)
	var all []KindTotal
	for _, k := range slices.Compact(kinds) {
		all = append(all, KindTotal{k, t.of(k)})
	}
	return all
}

func (t Totals) of(kind hours.LineKind) (sum int) {
	for _, c := range t.Codes {
		if c.Kind == kind {
			sum += c.Minutes
		}
	}
	return sum
}
