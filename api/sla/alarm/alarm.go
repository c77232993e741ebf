// Package alarm promises that what is wrong with the service is told to those
// who have to act: once when it begins, again each day while it lasts, and once
// when it is over. What comes and goes within minutes is told as one thing, and
// what could not be looked at has neither begun nor ended.
//
// The rule (Step) is one; it is kept in two places. Those who run the service
// have a Book: a file beside the database, as its loss has to be told too, in
// which a letter stands from the write that notes what it tells. A customer has
// a table, and letters in the spool of its own e-mail (ingest/mail).
package alarm

import (
	"slices"
	"strings"
	"time"
)

// Signal is something that is wrong now. No person is in it (OB-P14).
type Signal struct {
	Key    string        // names it for as long as it lasts, 1 to 120 bytes; the first word is its source
	NL, EN string        // what is wrong, with what, and the remedy, 1 to 1000 characters each
	Settle time.Duration // for how long it has to be wrong before it is told; 0: it is told at once
	Quiet  bool          // it is on the list, and no letter tells of it
}

// Look is what was found when everything was gone through.
type Look struct {
	Signals []Signal
	Blind   []string // the first words of keys that could not be looked at
}

// blind says whether nobody knows how it is with a key.
func (l Look) blind(key string) bool {
	return slices.ContainsFunc(l.Blind, func(words string) bool { return key == words || strings.HasPrefix(key, words+" ") })
}

// Alarm is a signal that lasts.
type Alarm struct {
	Key   string
	NL    string
	EN    string
	Quiet bool      `json:",omitzero"`
	Since time.Time // when it was first seen, by the clock of then
	Told  time.Time `json:",omitzero"` // when a letter last had it; zero: it may pass by yet
	Clear time.Time `json:",omitzero"` // since when it isn't seen any more; zero: it is
}

// In gives the words for readers of a language: whoever reads no Dutch gets
// English.
func (a Alarm) In(language string) string {
	if language == "nl" {
		return a.NL
	}
	return a.EN
}

func sameAlarm(a, b Alarm) bool {
	return a.Key == b.Key && a.NL == b.NL && a.EN == b.EN && a.Quiet == b.Quiet && a.Since.Equal(b.Since) && a.Told.Equal(b.Told) && a.Clear.Equal(b.Clear)
}

// Turn is what came of a look. The keys of each list rise.
type Turn struct {
	Begun, Lasts, Over []Alarm // Lasts: told before, and still so
	Tell               bool    // a letter is due
}

const (
	again = 24 * time.Hour   // between letters about what lasts
	calm  = 15 * time.Minute // for how long a thing has to be right before it is over
)

// Step brings what is known to what was found at a moment: left is what is to be
// kept, also of what was not told yet. A moment that was written down stays as it
// is; where the clock was set back and it lies ahead, it counts as long ago as
// it lies ahead, so that nothing waits for a clock.
func Step(known []Alarm, l Look, now time.Time) (left []Alarm, t Turn) {
	seen, settles := map[string]Signal{}, map[string]time.Duration{}
	for _, s := range l.Signals {
		seen[s.Key], settles[s.Key] = s, s.Settle
	}
	for _, a := range known {
		s, there := seen[a.Key]
		delete(seen, a.Key)
		left = append(left, a.after(s, there, l.blind(a.Key), now))
	}
	for _, s := range seen {
		left = append(left, Alarm{Key: s.Key, Since: now}.after(s, true, false, now))
	}
	slices.SortFunc(left, func(a, b Alarm) int { return strings.Compare(a.Key, b.Key) })
	return t.divide(left, settles, now)
}

// after is the alarm after a look.
func (a Alarm) after(s Signal, there, blind bool, now time.Time) Alarm {
	switch {
	case there:
		a.NL, a.EN, a.Quiet, a.Clear = s.NL, s.EN, s.Quiet, time.Time{}
	case blind:
		a.Clear = time.Time{}
	case a.Clear.IsZero():
		a.Clear = now
	}
	return a
}

// divide says what became of each, and whether it is told: what lasts is told
// again with any letter, so that each letter is the whole list.
func (t Turn) divide(all []Alarm, settles map[string]time.Duration, now time.Time) (left []Alarm, _ Turn) {
	due := false
	for _, a := range all {
		settle, seen := settles[a.Key]
		switch {
		case !a.Clear.IsZero() && lasted(a.Clear, calm, now):
			if !a.Told.IsZero() {
				t.Over = append(t.Over, a)
			}
			continue
		case !a.Told.IsZero():
			t.Lasts = append(t.Lasts, a)
			due = due || !a.Quiet && a.Clear.IsZero() && lasted(a.Told, again, now)
		case seen && lasted(a.Since, settle, now):
			a.Told = now
			t.Begun = append(t.Begun, a)
		}
		left = append(left, a)
	}
	loud := func(a Alarm) bool { return !a.Quiet }
	t.Tell = due || slices.ContainsFunc(t.Begun, loud) || slices.ContainsFunc(t.Over, loud)
	for i := range left {
		if t.Tell && !left[i].Told.IsZero() {
			left[i].Told = now
		}
	}
	return left, t
}

// lasted says whether a span has passed since a moment, or lies before it.
func lasted(since time.Time, span time.Duration, now time.Time) bool {
	return now.Sub(since).Abs() >= span
}
