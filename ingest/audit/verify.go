package audit

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Fault is a way in which a log was altered.
type Fault string

// The faults.
const (
	Missing   Fault = "missing"   // links are gone
	Altered   Fault = "altered"   // a link is not the one that its place and the link before it had
	Rewritten Fault = "rewritten" // an entry says something else than what was linked
	CutOff    Fault = "cut-off"   // the end is gone
	Unlinked  Fault = "unlinked"  // an entry stands in no place of the chain and doesn't wait for one
	Removed   Fault = "removed"   // what an entry said is gone, or the entry, and the log doesn't record that it was removed
	Unkept    Fault = "anchor"    // the chain doesn't have the hash that was kept elsewhere
)

// Mark is a place of the chain; Seq 0: none.
type Mark struct {
	Seq int64     `json:"seq"`
	At  time.Time `json:"at,omitzero"` // zero: what was done is purged
}

// Break is where a log was altered: from one place up to another, both
// included, between the last sound entry and the first sound one after it.
type Break struct {
	Fault  Fault `json:"fault"`
	From   int64 `json:"from"`
	To     int64 `json:"to"`
	Before Mark  `json:"before"`
	After  Mark  `json:"after"` // Seq 0: none is sound after it
}

// String says where, for a log or a terminal.
func (b Break) String() string {
	where := fmt.Sprintf("%s: entry %d", b.Fault, b.From)
	if b.To > b.From {
		where = fmt.Sprintf("%s: entries %d to %d", b.Fault, b.From, b.To)
	}
	if b.Before.Seq > 0 {
		where += ", the last sound one before is " + b.Before.String()
	}
	if b.After.Seq > 0 {
		where += ", the first sound one after is " + b.After.String()
	}
	return where
}

// String gives the number and the moment.
func (m Mark) String() string {
	if m.At.IsZero() {
		return fmt.Sprint(m.Seq)
	}
	return fmt.Sprintf("%d of %s", m.Seq, m.At.UTC().Format(time.RFC3339))
}

// Hash is that of a link; hexadecimal as a text.
type Hash [32]byte

// MarshalText writes 64 digits.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads what MarshalText writes.
func (h *Hash) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err == nil && len(raw) != len(h) {
		err = fmt.Errorf("%d bytes", len(raw))
	}
	if err != nil {
		return fmt.Errorf("no hash of a link of the audit log: %w", err)
	}
	*h = Hash(raw)
	return nil
}

// Report is what verifying a log found.
type Report struct {
	Chain   int64 `json:"chain"`
	Seq     int64 `json:"seq"`    // the last link
	Hash    Hash  `json:"sha256"` // its hash
	Links   int64 `json:"links"`  // verified
	Purged  int64 `json:"purged"` // of those: what they said is gone, or a part of it
	Waiting int64 `json:"waiting"`

	Unrecorded bool    `json:"-"`                // an export of before removals were recorded: what is gone was not held against them
	Breaks     []Break `json:"breaks,omitempty"` // the first hundred, in the order of the chain
}

// Err is nil for a sound log, else ErrBroken saying where it begins.
func (r Report) Err() error {
	if len(r.Breaks) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrBroken, r.Breaks[0])
}

// breaksKept bounds a report of a log that is altered all over.
const breaksKept = 100

// walk goes along a chain from its first link. It goes on after a break with
// the hash that stands there, to find where the chain is sound again.
type walk struct {
	Report
	sound Mark // the last
	open  bool // the last break still lacks the first sound entry after it
	kept  map[int64][32]byte
	away  removals
}

// step takes the next link that there is.
func (w *walk) step(l *link) {
	if l.seq != w.Seq+1 {
		w.fault(Missing, w.Seq+1, l.seq-1)
	}
	here := Mark{Seq: l.seq, At: l.at}
	next := l.seq == w.Seq+1 // a link behind a hole can't be recomputed
	kept := w.keeps(l)
	switch {
	case next && !w.follows(l):
		w.fault(Altered, l.seq, l.seq)
	case !l.says():
		w.fault(Rewritten, l.seq, l.seq)
	case !kept:
		w.away.met(l)
		w.fault(Unkept, l.seq, l.seq)
	default:
		w.away.met(l)
		w.good(here)
	}
	if !l.payloadThere {
		w.Purged++
	}
	w.Links++
	w.Seq, w.Hash = l.seq, l.hash
}

// follows says whether the link has the hash that it must have here. Of a link
// of versionWhole whose entry was purged that can't be told: the links after it
// hold it.
func (w *walk) follows(l *link) bool {
	if l.version == versionWhole && !l.there {
		return true
	}
	return l.after(w.Hash, w.Chain) == l.hash
}

// keeps compares the link with an anchor of it, if there is one.
func (w *walk) keeps(l *link) bool {
	hash, ok := w.kept[l.seq]
	delete(w.kept, l.seq)
	return !ok || hash == l.hash
}

// says tells whether what is kept of the entry is what was linked.
func (l *link) says() bool {
	if !l.there {
		return true
	}
	if l.version == versionCommit && l.commit() != l.commitment {
		return false
	}
	return !l.payloadThere || l.payloadSum == l.payloadHash
}

// finish compares the end with where the chain has to end.
func (w *walk) finish(seq int64, hash []byte) {
	switch {
	case w.Seq < seq:
		w.fault(CutOff, w.Seq+1, seq)
	case w.Seq > seq || seq > 0 && !bytes.Equal(hash, w.Hash[:]):
		w.fault(Altered, max(seq, 1), max(w.Seq, 1))
	}
	if len(w.kept) > 0 { // anchors of links that the chain no longer has
		w.fault(Unkept, w.Seq+1, slices.Max(slices.Collect(maps.Keys(w.kept))))
	}
}

// account adds what is gone without being recorded to the breaks. It is called
// once all that is recorded was met.
func (w *walk) account() {
	for _, b := range w.away.unrecorded() {
		if len(w.Breaks) < breaksKept {
			w.Breaks = append(w.Breaks, b)
		}
	}
	slices.SortStableFunc(w.Breaks, func(a, b Break) int { return cmp.Compare(a.From, b.From) })
	w.open = false
}

func (w *walk) good(m Mark) {
	w.sound = m
	if w.open {
		w.Breaks[len(w.Breaks)-1].After, w.open = m, false
	}
}

// fault notes a break, or makes the last one longer.
func (w *walk) fault(f Fault, from, to int64) {
	if n := len(w.Breaks); w.open && w.Breaks[n-1].Fault == f && w.Breaks[n-1].To+1 == from {
		w.Breaks[n-1].To = to
		return
	}
	if w.open = len(w.Breaks) < breaksKept; w.open {
		w.Breaks = append(w.Breaks, Break{Fault: f, From: from, To: to, Before: w.sound})
	}
}
