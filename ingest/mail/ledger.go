package mail

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tikklok/ingest/durable"
)

// Ledger is what left, beside the database: a line for each letter that a mail
// server took, on disk before the database notes it. So a database that was
// brought back from a backup, or a server that was killed before that note,
// sends none of them again. It names letters by the random key of their
// Message-ID, and nobody.
type Ledger struct {
	dir string

	mu   sync.Mutex
	left map[string]time.Time // by key
}

// ledgerKept is for how long it is known what left: longer than any backup is
// kept.
const ledgerKept = 400 * 24 * time.Hour

// OpenLedger reads the ledger in a folder, which is made, and removes the files
// of months that are long over.
func OpenLedger(dir string, now time.Time) (*Ledger, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the ledger of letters: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "????-??.txt"))
	if err != nil {
		return nil, fmt.Errorf("the ledger of letters: %w", err)
	}
	l := &Ledger{dir: dir, left: map[string]time.Time{}}
	for _, name := range names {
		month, err := time.Parse("2006-01.txt", filepath.Base(name))
		if err == nil && now.Sub(month) > ledgerKept {
			err = os.Remove(name)
		} else {
			err = l.read(name)
		}
		if err != nil {
			return nil, fmt.Errorf("the ledger of letters: %w", err)
		}
	}
	return l, nil
}

// read passes over what is no whole line: a power cut leaves half of one, and
// its letter is sent again.
func (l *Ledger) read(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		key, stamp, _ := strings.Cut(lines.Text(), " ")
		if at, err := time.Parse(time.RFC3339, stamp); err == nil && key != "" {
			l.left[key] = at
		}
	}
	return lines.Err()
}

// Left says when the letter of a key left; ok is false where it didn't.
func (l *Ledger) Left(key string) (at time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok = l.left[key]
	return at, ok
}

// Note writes down, to last, that the letter of a key left.
func (l *Ledger) Note(key string, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left[key] = at
	name := filepath.Join(l.dir, at.UTC().Format("2006-01.txt"))
	_, err := os.Stat(name)
	first := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the ledger of letters: %w", err)
	}
	// It begins with a line's end: whatever half a line stands before it is none of its own.
	_, err = fmt.Fprintf(f, "\n%s %s\n", key, at.UTC().Format(time.RFC3339))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil && first {
		err = durable.Folder(l.dir)
	}
	if err != nil {
		return fmt.Errorf("the ledger of letters: %w", err)
	}
	return nil
}
