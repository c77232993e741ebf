// Package ending promises that a customer who leaves takes everything along
// and leaves nothing behind (OB-P4 to OB-P6): a timetable from the contract's
// terms, a phase in which nothing changes any more, an export that turns into
// the same tenant again, and a destruction after which neither certificate nor
// audit log leads to a person.
//
// An export is one file, written as it is read: its size is bounded by the
// disk alone. It holds keys and hashed passwords too, as the tenant couldn't
// be the same without them: keep it as you would a backup.
package ending

import (
	"errors"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/privacy"
)

// What callers branch on.
var (
	// ErrManipulated says that an export was changed, cut or put together; the
	// error names the file in it. Nothing was written.
	ErrManipulated = errors.New("the export is not as it was written")
	// ErrUnproven says that nobody gave the fingerprint, without which a change
	// of the manifest itself can't be found. Nothing was written.
	ErrUnproven = errors.New("the export's fingerprint is not given; the certificate of the export has it")
	// ErrForeign says that a file is no export, or one of another program or
	// version. Nothing was written.
	ErrForeign = errors.New("no export that this program can take in")
	// ErrTaken says that the database holds things of the export already.
	ErrTaken = errors.New("the database is not free for this export; take a fresh one")
	// ErrNotYet says that destruction may not begin; the error names why.
	ErrNotYet = errors.New("the data is not destroyed")
)

// Manifest is what an export says of itself. Its own SHA-256, the
// fingerprint, stands in the certificate of the export.
type Manifest struct {
	Format  string    `json:"format"` // FormatName
	Schema  string    `json:"schema"` // of the database: pg.Fingerprint
	Version string    `json:"version"`
	Tenant  int64     `json:"tenant"`
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	Files   []File    `json:"files"`
	Totals  Totals    `json:"totals"`

	Fingerprint string `json:"-"` // SHA-256 of the manifest's bytes, hexadecimal
}

// FormatName is what a manifest's format begins with, and its version.
const FormatName = "tikklok tenant export 1"

// File is a file of an export.
type File struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// ExportOptions is what an export is told.
type ExportOptions struct {
	Version string // of the program
	By      audit.Actor
	Now     time.Time
	Unnoted bool // for ourselves: the customer doesn't get it, and no certificate says so
}

// ImportOptions is what an import is told.
type ImportOptions struct {
	// Fingerprint is the manifest's, as the certificate of the export says it.
	// Without it only Unproven goes on: whoever changes a file can change its
	// hash in the manifest too.
	Fingerprint string
	Unproven    bool
	By          audit.Actor
	Now         time.Time
}

// Imported is what an import made.
type Imported struct {
	Tenant   int64 // its number here
	Manifest Manifest
	Totals   Totals // of what stands in the database now, before the import's own entry in the audit log
}

// Destruction is what a destruction is told.
type Destruction struct {
	By           audit.Actor // Operator or System: an account doesn't outlive it
	Now          func() time.Time
	BackupsUntil time.Time    // when the last backup that holds the tenant goes (OB-P4); zero: there is none
	Outside      func() error // removes what stands outside the database; nil: nothing does
	Batch        int          // rows a transaction; 0: 20,000
	// Ahead destroys before the timetable lets it, on the customer's written
	// instruction (OB-P6, at first request), whose reference it is.
	Ahead string
}

// Destroyed is what a destruction left: its certificate.
type Destroyed struct {
	Certificate privacy.Certificate
	Rows        map[string]int64 // removed, by table
}
