// Package notice promises that users are told of maintenance before it begins,
// by page, mail and webhook, and that it stays visible how far ahead they were
// (OB-S3); and that each version says what it brought (OB-S8).
//
// The page tells from the moment an announcement is committed; by mail and
// webhook it is told as soon as these take it, and the tallies say so. What was
// announced is never edited: it is cancelled, which is told in the same ways,
// and announced again.
package notice

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"tikklok/ingest/audit"
)

// Errors that callers branch on.
var (
	ErrInvalid  = errors.New("not an announcement")
	ErrNotFound = errors.New("no such maintenance")
	ErrOver     = errors.New("this maintenance is over; nothing is left to cancel")
	ErrOther    = errors.New("something else was announced under this reference; choose another one")
)

// Words are what an announcement says in one language.
type Words struct {
	Title   string `json:"title"`             // 1 to 120 characters on one line
	Changes string `json:"changes,omitempty"` // what changes, up to 4000 characters
}

// Maintenance is announced work.
type Maintenance struct {
	ID        int64
	Reference string // the same at each tenant that it is announced to
	From      time.Time
	Until     time.Time
	NL, EN    Words
	Promised  time.Duration // by how much ahead the contract of that day has it announced; 0: not promised
	Announced time.Time
	By        audit.Actor
	Cancelled *time.Time
}

// In gives what it says to readers of a language: whoever reads no Dutch gets
// English.
func (m Maintenance) In(language string) Words {
	if language == "nl" {
		return m.NL
	}
	return m.EN
}

// Ahead is how long before its beginning it was announced; below zero: after.
func (m Maintenance) Ahead() time.Duration { return m.From.Sub(m.Announced) }

// Late is by how much it was announced too late; 0: in time, which exactly the
// promised time ahead still is (OB-S3).
func (m Maintenance) Late() time.Duration { return m.LateAt(m.Announced) }

// LateAt is by how much somebody who is told at a moment is told too late.
func (m Maintenance) LateAt(told time.Time) time.Duration {
	if m.Promised == 0 {
		return 0
	}
	return max(0, m.Promised-m.From.Sub(told))
}

// Shown says whether users are to see it at a moment: until it ends, or is
// cancelled.
func (m Maintenance) Shown(now time.Time) bool {
	return m.Cancelled == nil && now.Before(m.Until)
}

// longest is how long announced work lasts at most: what takes longer is a
// mistake in a date.
const longest = 7 * 24 * time.Hour

// check says what is wrong with an announcement.
func (m Maintenance) check(now time.Time) error {
	switch {
	case m.Reference == "" || len(m.Reference) > 60 || strings.ContainsFunc(m.Reference, unicode.IsControl):
		return fmt.Errorf("%w: a reference has 1 to 60 characters", ErrInvalid)
	case !m.Until.After(m.From):
		return fmt.Errorf("%w: it ends after it begins", ErrInvalid)
	case m.Until.Sub(m.From) > longest:
		return fmt.Errorf("%w: it lasts 7 days at most; look at the dates", ErrInvalid)
	case !m.Until.After(now):
		return fmt.Errorf("%w: it is over already; what was not announced is an outage", ErrInvalid)
	}
	for _, w := range []Words{m.NL, m.EN} {
		title, changes := len([]rune(w.Title)), len([]rune(w.Changes))
		if title == 0 || title > 120 || changes > 4000 || strings.ContainsFunc(w.Title, unicode.IsControl) {
			return fmt.Errorf("%w: in each language it has a title of 1 to 120 characters on one line, and says in at most 4000 what changes", ErrInvalid)
		}
	}
	return nil
}

// same says whether an announcement is this one, told again.
func (m Maintenance) same(o Maintenance) bool {
	return m.From.Equal(o.From) && m.Until.Equal(o.Until) && m.NL == o.NL && m.EN == o.EN
}

// Event is what is told.
type Event string

// The events; a webhook has them as its type.
const (
	Announced Event = "maintenance.announced"
	Cancelled Event = "maintenance.cancelled"
)

// About is what the letters of an event are about.
func (m Maintenance) About(e Event) string { return fmt.Sprintf("%s %d", e, m.ID) }

// Thing is what the webhook's calls are about.
func (m Maintenance) Thing() string { return fmt.Sprintf("maintenance %d", m.ID) }
