package audit

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// What an export begins with; a program that can't read it says so.
const (
	exportFormat     = "tikklok-audit-2"
	exportUnrecorded = "tikklok-audit-1" // of before removals were recorded
)

// ErrNoExport is what an export begins that isn't one.
var ErrNoExport = errors.New("this is no export of an audit log")

// exportHead is an export's first line.
type exportHead struct {
	Format string `json:"format"`
	Chain  int64  `json:"chain"`
	Seq    int64  `json:"seq"` // the last link
	Hash   string `json:"sha256"`
}

// exportLine is a link with all that its hashes are made of. What was purged is
// absent. Seq 0: an entry that was linked since, and records what was removed
// while the export was written. Payload is a text, as its very bytes are hashed.
type exportLine struct {
	Seq        int64    `json:"seq"`
	Entry      int64    `json:"entry"`
	Version    int16    `json:"version"`
	Commitment string   `json:"commitment,omitempty"`
	Hash       string   `json:"sha256"`
	Said       *said    `json:"said,omitempty"`
	Payload    *payload `json:"payload,omitempty"`
}

type said struct {
	At          time.Time `json:"at"`
	Action      string    `json:"action"`
	SubjectKind string    `json:"subject_kind"`
	SubjectID   int64     `json:"subject_id,omitempty"`
	ActorKind   ActorKind `json:"actor_kind"`
	ActorID     int64     `json:"actor_id,omitempty"`
	Salt        string    `json:"salt,omitempty"`
	PayloadHash string    `json:"payload_sha256"`
}

type payload struct {
	Salt string `json:"salt"`
	Text string `json:"text"`
}

func lineOf(l *link) exportLine {
	x := exportLine{Seq: l.seq, Entry: l.entry, Version: l.version, Hash: hex.EncodeToString(l.hash[:])}
	if l.version == versionCommit {
		x.Commitment = hex.EncodeToString(l.commitment[:])
	}
	if l.there {
		x.Said = &said{At: l.at.UTC(), Action: l.action, SubjectKind: l.subjectKind, SubjectID: l.subjectID, ActorKind: l.by.Kind, ActorID: l.by.ID,
			Salt: hex.EncodeToString(l.salt), PayloadHash: hex.EncodeToString(l.payloadHash[:])}
	}
	if l.payloadThere {
		x.Payload = &payload{hex.EncodeToString(l.payloadSalt), string(l.payload)}
	}
	return x
}

// link reads it back.
func (x exportLine) link() (*link, error) {
	l := &link{seq: x.Seq, entry: x.Entry, version: x.Version}
	var err error
	bytes := func(text string, n int) []byte {
		b, failed := hex.DecodeString(text)
		if failed == nil && len(b) != n && text != "" {
			failed = fmt.Errorf("%d bytes, want %d", len(b), n)
		}
		err = errors.Join(err, failed)
		return b
	}
	copy(l.hash[:], bytes(x.Hash, 32))
	copy(l.commitment[:], bytes(x.Commitment, 32))
	if s := x.Said; s != nil {
		l.there, l.at, l.action, l.subjectKind, l.subjectID, l.by = true, s.At, s.Action, s.SubjectKind, s.SubjectID, Actor{s.ActorKind, s.ActorID}
		l.salt = bytes(s.Salt, 16)
		copy(l.payloadHash[:], bytes(s.PayloadHash, 32))
	}
	if x.Payload != nil {
		l.keeps(bytes(x.Payload.Salt, 16), []byte(x.Payload.Text), slices.Clone)
	}
	if x.Version != versionWhole && x.Version != versionCommit {
		err = errors.Join(err, fmt.Errorf("version %d is not known", x.Version))
	}
	return l, err
}

// exportLineBytes is the longest line of an export: a payload holds what one
// form or file brought.
const exportLineBytes = 64 << 20

// CheckExport goes along an export as Check does along the log itself, and
// needs nothing beside it but anchors, where there are some; ErrNoExport for
// something else.
func CheckExport(r io.Reader, kept []Anchor) (Report, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, exportLineBytes)
	var head exportHead
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &head) != nil || head.Format != exportFormat && head.Format != exportUnrecorded {
		return Report{}, errors.Join(ErrNoExport, lines.Err())
	}
	end, err := hex.DecodeString(head.Hash)
	if err != nil {
		return Report{}, fmt.Errorf("%w: its first line: %w", ErrNoExport, err)
	}
	w := walk{Report: Report{Chain: head.Chain}, kept: anchorsOf(kept, head.Chain)}
	for n := 2; lines.Scan(); n++ {
		var x exportLine
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return w.Report, fmt.Errorf("line %d of the export: %w", n, err)
		}
		l, err := x.link()
		if err != nil {
			return w.Report, fmt.Errorf("line %d of the export: %w", n, err)
		}
		if l.seq == 0 {
			w.away.record(l)
			continue
		}
		w.step(l)
	}
	if err := lines.Err(); err != nil {
		return w.Report, fmt.Errorf("reading the export: %w", err)
	}
	w.finish(head.Seq, end)
	if w.Unrecorded = head.Format == exportUnrecorded; !w.Unrecorded {
		w.account()
	}
	return w.Report, nil
}

// sheet writes entries for people, without salts.
type sheet struct{ *csv.Writer }

func newSheet(w io.Writer) (sheet, error) {
	s := sheet{csv.NewWriter(w)}
	return s, s.Write([]string{"entry", "at_utc", "action", "subject_kind", "subject_id", "actor_kind", "actor_id", "content", "sha256"})
}

func (s sheet) add(l *link) error {
	row := []string{strconv.FormatInt(l.seq, 10), "", "", "", "", "", "", string(l.payload), hex.EncodeToString(l.hash[:])}
	if l.there {
		copy(row[1:], []string{l.at.UTC().Format(time.RFC3339Nano), l.action, l.subjectKind, number(l.subjectID), string(l.by.Kind), number(l.by.ID)})
	}
	return s.Write(row)
}

func number(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
