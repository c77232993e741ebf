package request

import (
	"context"
	"io"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// File is everything that is held about a person (GDPR articles 15 and 20).
type File struct {
	Made   time.Time     `json:"made"`
	Holder string        `json:"controller"`
	Tables []FileSection `json:"tables"`
}

// FileSection is what a table holds about the person, and why.
type FileSection struct {
	Table      string              `json:"table"`
	Purpose    privacy.Purpose     `json:"purpose"`
	Basis      privacy.Basis       `json:"basis"`
	Class      privacy.Class       `json:"class"`
	Source     privacy.Source      `json:"source"`
	Readers    []privacy.Reader    `json:"readers"`
	Recipients []privacy.Recipient `json:"recipients"`
	Columns    []string            `json:"columns"`
	Rows       [][]any             `json:"rows"` // in the order of Columns
}

// SubjectOf gives an employee with the accounts that sign in as them, or
// ErrNobody.
func SubjectOf(ctx context.Context, tx pg.Tx, employee int64) (privacy.Subject, error) {
	return privacy.Subject{}, ErrNobody
}

// Gather reads all that is held about a person.
func Gather(ctx context.Context, tx pg.Tx, c privacy.Catalogue, of privacy.Subject, now time.Time) (File, error) {
	return File{}, ErrNobody
}

// JSON writes the file for a program (article 20).
func (f File) JSON(w io.Writer) error { return nil }

// PDF writes it for a person to read, in "nl" or "en".
func (f File) PDF(w io.Writer, language string) error { return nil }
