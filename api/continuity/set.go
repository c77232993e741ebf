// Package continuity promises that a set that it calls whole can be restored:
// it is written beside its name, listed only when its last byte stands at its
// place, sealed under the master key, and checked against its hash as it is
// read (OB-C8, OB-C9). PostgreSQL's own tools make and restore what is in it.
//
// A place holds, for each database cluster by its system identifier:
//
//	{system}/sets/{set}/base.tar.zst.age   the files of a cluster with the log to make them agree (pg_basebackup), or
//	{system}/sets/{set}/dump.zst.age       a dump of one database (pg_dump, custom format), of a server that isn't ours
//	{system}/sets/{set}/mark.zst.age       Mark: what the database had at a moment after the base; the log leads there
//	{system}/sets/{set}/manifest.json      Set; written last: without it the folder is half a backup
//	{system}/wal/{name}.zst.age            segments of the log and timeline histories, under PostgreSQL's own names
//
// Data could be lost that was committed within the last minutes: a segment of the log
// leaves when it is full, or LogEvery after its first change.
package continuity

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"time"

	"tikklok/ingest/pg/vault"
)

// format of a set's manifest.
const format = 1

// Kind is how a set was made.
type Kind string

// The kinds.
const (
	Base Kind = "base" // a cluster's files: with the log after it, any moment since
	Dump Kind = "dump" // one database, at one moment
)

// Set is a whole backup at a place, as its manifest.json says it.
type Set struct {
	Format   int               `json:"format"`
	ID       string            `json:"set"` // when it began: 20060102T150405Z
	Kind     Kind              `json:"kind"`
	System   string            `json:"system"`     // the cluster's system identifier
	Server   int               `json:"postgresql"` // major version that restores it
	Schema   int64             `json:"schema"`     // of the database, as migrations count it
	Program  string            `json:"program"`    // version that made it
	Began    time.Time         `json:"began"`      // what was committed by then is in it
	Ended    time.Time         `json:"ended"`
	Expires  time.Time         `json:"expires"`            // when it is removed (OB-P4)
	Timeline int               `json:"timeline,omitempty"` // of a base
	Start    string            `json:"start,omitempty"`    // position in the log where replay begins, X/X
	Stop     string            `json:"stop,omitempty"`     // from which on the files agree
	Key      vault.Fingerprint `json:"key"`                // the master key it is sealed under
	Former   vault.Fingerprint `json:"former,omitempty"`   // while that was being replaced: what is in it stands under this one too
	File     string            `json:"file"`               // within its folder
	Bytes    int64             `json:"bytes"`              // of the file
	Plain    int64             `json:"plain_bytes"`        // of what it holds, opened
	SHA256   string            `json:"sha256"`             // of the file, hexadecimal
	Mark     string            `json:"mark,omitempty"`     // SHA-256 of its mark's file; "": it has none (see Archive.OpenMark)
}

// stamp is how a set is called after its beginning.
const stamp = "20060102T150405Z"

var (
	goodSet    = regexp.MustCompile(`^\d{8}T\d{6}Z$`)
	goodHash   = regexp.MustCompile(`^[0-9a-f]{64}$`)
	goodSystem = regexp.MustCompile(`^\d{1,20}$`)
	// goodLog is a segment, a timeline's history, or a label of a backup's end.
	goodLog = regexp.MustCompile(`^([0-9A-F]{24}|[0-9A-F]{8}\.history)$`)
)

// ErrDamaged says that a file at a place is not what was put there.
var ErrDamaged = errors.New("it is damaged or was replaced; take another set or place")

// markFile is what a set's mark is called.
const markFile = "mark.zst.age"

// file gives what a kind's file is called.
func (k Kind) file() string {
	if k == Dump {
		return "dump.zst.age"
	}
	return "base.tar.zst.age"
}

func (s Set) folder() string { return path.Join(s.System, "sets", s.ID) }

// readSet reads a manifest and refuses one that is not of its place.
func readSet(raw []byte, system, id string) (s Set, err error) {
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("manifest of set %s: %w: %w", id, ErrDamaged, err)
	}
	if s.Format != format {
		return s, fmt.Errorf("manifest of set %s is of format %d, and this program knows %d; use a newer program", id, s.Format, format)
	}
	if s.ID != id || s.System != system || !slices.Contains([]Kind{Base, Dump}, s.Kind) || s.File != s.Kind.file() || s.Bytes <= 0 || !goodHash.MatchString(s.SHA256) || !s.inOrder() {
		return s, fmt.Errorf("manifest of set %s: %w", id, ErrDamaged)
	}
	s.Ended = latest(s.Began, s.Ended)
	return s, nil
}

// inOrder says that it began when it is called after, and expires later.
func (s Set) inOrder() bool {
	return s.Began.UTC().Format(stamp) == s.ID && s.Expires.After(s.Began)
}

// latest gives when a set ended: never before it began, though its clock was set
// back while it was made. It is no worse for that.
func latest(began, ended time.Time) time.Time {
	if ended.Before(began) {
		return began
	}
	return ended
}

// FirstLog gives the segment of the log in which replay begins, for a server
// with segments of 16 MB; "" of a set that needs none.
func (s Set) FirstLog() string { return segment(s.Timeline, s.Start) }

// segmentBytes is PostgreSQL's own default, which the private cluster has.
const segmentBytes = 16 << 20

// segment gives the name of the file that holds a position in the log
// (https://www.postgresql.org/docs/15/wal-internals.html).
func segment(timeline int, position string) string {
	var high, low uint32
	if n, err := fmt.Sscanf(position, "%X/%X", &high, &low); n != 2 || err != nil || timeline <= 0 {
		return ""
	}
	return fmt.Sprintf("%08X%08X%08X", timeline, high, low/segmentBytes)
}
