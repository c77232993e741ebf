package audit

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Anchor is the end that a chain had, to be kept where who can write to the
// database can't: it leads to no person, and finds a chain that was rewritten
// or cut off, head and all.
type Anchor struct {
	Chain int64 // the number that the chain's hashes have; it travels with the chain
	Seq   int64
	Hash  [32]byte
	At    time.Time // when it was kept
}

type anchorLine struct {
	Chain int64     `json:"chain"`
	Seq   int64     `json:"seq"`
	Hash  string    `json:"sha256"`
	At    time.Time `json:"at"`
}

// MarshalText writes one line of JSON, without its end.
func (a Anchor) MarshalText() ([]byte, error) {
	return json.Marshal(anchorLine{a.Chain, a.Seq, hex.EncodeToString(a.Hash[:]), a.At.UTC().Truncate(time.Second)})
}

// UnmarshalText reads what MarshalText writes.
func (a *Anchor) UnmarshalText(text []byte) error {
	var l anchorLine
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("no anchor of an audit log: %w", err)
	}
	hash, err := hex.DecodeString(l.Hash)
	if err != nil || len(hash) != 32 || l.Chain < 1 || l.Seq < 1 {
		return fmt.Errorf("no anchor of an audit log: it needs chain, seq and sha256")
	}
	*a = Anchor{Chain: l.Chain, Seq: l.Seq, Hash: [32]byte(hash), At: l.At}
	return nil
}

// Restored says that a chain went on from an older end, because the database
// was restored from a backup: anchors of places after it that were kept before
// count no more. It is kept where they are.
type Restored struct {
	Chain  int64     `json:"chain"`
	After  int64     `json:"restored_after"` // the last place whose anchor still holds; 0: none
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// restoredBy reads a line of JSON that says so.
func restoredBy(text string) (r Restored, ok bool) {
	var l struct {
		Restored
		After *int64 `json:"restored_after"`
	}
	if json.Unmarshal([]byte(text), &l) != nil || l.After == nil || *l.After < 0 || l.Chain < 1 {
		return r, false
	}
	l.Restored.After = *l.After
	return l.Restored, true
}

// Restore finds whether a report's only fault is that the chain is not the one
// of which anchors were kept, as after a restore, and says from where on.
func (r Report) Restore(kept []Anchor) (x Restored, ok bool) {
	for _, b := range r.Breaks {
		if b.Fault != Unkept {
			return x, false
		}
	}
	if len(r.Breaks) == 0 {
		return x, false
	}
	x.Chain = r.Chain
	for seq := range anchorsOf(kept, r.Chain) {
		if seq < r.Breaks[0].From {
			x.After = max(x.After, seq)
		}
	}
	return x, true
}

// ReadAnchors reads anchors, a line each; other lines, as of the mail that one
// came with, are passed over, but for those that tell of a restore. A line that
// a crash cut off at the end of a file is such a line.
func ReadAnchors(r io.Reader) ([]Anchor, error) {
	var all []Anchor
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		var a Anchor
		if r, ok := restoredBy(text); ok {
			all = slices.DeleteFunc(all, func(a Anchor) bool { return a.Chain == r.Chain && a.Seq > r.After })
			continue
		}
		if strings.HasPrefix(text, "{") && a.UnmarshalText([]byte(text)) == nil {
			all = append(all, a)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading anchors: %w", err)
	}
	return all, nil
}

// anchorsOf gives the hashes that one chain has to have, by number.
func anchorsOf(all []Anchor, chain int64) map[int64][32]byte {
	kept := map[int64][32]byte{}
	for _, a := range all {
		if a.Chain == chain {
			kept[a.Seq] = a.Hash
		}
	}
	return kept
}

// AnchorOf gives the end that a report found; nothing to keep of an empty log.
func AnchorOf(r Report, now time.Time) (a Anchor, ok bool) {
	return Anchor{Chain: r.Chain, Seq: r.Seq, Hash: r.Hash, At: now}, r.Seq > 0
}
