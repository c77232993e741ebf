package journal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"tikklok/gateway/wire"
)

// The marks file keeps what the server said between two runs: JSON, a line
// feed, and the CRC-32C of the JSON in 8 hexadecimal digits. It is replaced as
// a whole. It may be older than the segments: then more is sent than needed.
const (
	marksFile   = "marks"
	reserveFile = "reserve"
	reserveSize = 64 << 10 // bytes that let Tidy work on a full disk
)

type marks struct {
	Gateway uint32       `json:"gateway"`
	Durable position     `json:"durable"` // bytes before it were synchronised
	Twinned position     `json:"twinned"` // twins before it were answered
	Streams []markedNote `json:"streams"`
}

type markedNote struct {
	Origin    uint64       `json:"origin"`
	Epoch     uint64       `json:"epoch,string"`
	Highest   uint64       `json:"highest"`
	Told      uint64       `json:"told,omitempty"`
	Committed []wire.Range `json:"committed,omitempty"`
	Safe      []wire.Range `json:"safe,omitempty"`
	Gone      []wire.Range `json:"gone,omitempty"`
	Held      []wire.Range `json:"held,omitempty"`
	Started   bool         `json:"started,omitempty"` // the start was answered
	Paired    uint64       `json:"paired,omitempty"`  // answered: pairs below this tick
}

// loadMarks gives the position up to which the file spoke. A file that can't
// be read is put in quarantine: everything is sent again then.
func (j *Journal) loadMarks() (position, error) {
	path := filepath.Join(j.dir, marksFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return position{}, nil
	}
	if err != nil {
		return position{}, err
	}
	var m marks
	text, sum, _ := bytes.Cut(b, []byte("\n"))
	if string(sum) != fmt.Sprintf("%08x\n", wire.Checksum(text)) || json.Unmarshal(text, &m) != nil {
		if !j.readOnly {
			j.quarantine(0, int64(wire.Checksum(b)), b, damagedSuffix)
		}
		return position{}, nil
	}
	if j.gateway != 0 && m.Gateway != j.gateway {
		return position{}, fmt.Errorf("it belongs to gateway %d, not to gateway %d: give each gateway a folder of its own", m.Gateway, j.gateway)
	}
	j.gateway = m.Gateway
	for _, n := range m.Streams {
		s := j.stream(wire.Stream{Origin: n.Origin, Epoch: n.Epoch})
		s.highest, s.told, s.committed, s.safe, s.gone, s.held = n.Highest, n.Told, n.Committed, n.Safe, n.Gone, n.Held
		s.started, s.paired = n.Started, n.Paired
	}
	j.twins.sent = m.Twinned
	return m.Durable, nil
}

// saveMarks writes the file anew. Called under writer.
func (j *Journal) saveMarks() error {
	j.mu.Lock()
	m := marks{Gateway: j.gateway, Durable: position{j.number, j.size}}
	if j.active == nil {
		m.Durable = position{j.number + 1, 0}
	}
	m.Twinned = j.twins.unsent(m.Durable)
	for _, s := range j.streams {
		m.Streams = append(m.Streams, s.marked())
	}
	j.mu.Unlock()
	slices.SortFunc(m.Streams, func(a, b markedNote) int {
		return cmp.Or(cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Epoch, b.Epoch))
	})
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode marks: %w", err)
	}
	sum := wire.Checksum(text)
	if sum == j.saved {
		return nil // flash wears
	}
	text = fmt.Appendf(text, "\n%08x\n", sum)
	if err := replaceFile(filepath.Join(j.dir, marksFile), text); err != nil {
		return fmt.Errorf("write marks of journal %s: %w", j.dir, full(err))
	}
	j.saved = sum
	return nil
}

func (s *stream) marked() markedNote {
	n := markedNote{
		Origin: s.name.Origin, Epoch: s.name.Epoch, Highest: s.highest, Told: s.told,
		Committed: s.committed, Safe: s.safe, Gone: s.gone, Held: s.held,
		Started: s.start != nil && s.start.progress == answered,
		Paired:  math.MaxUint64,
	}
	for _, p := range s.pairs {
		if p.progress != answered {
			n.Paired = min(n.Paired, p.Tick)
		}
	}
	return n
}

// reserve keeps some room for Tidy. Having none is no reason not to work.
func (j *Journal) reserve() {
	path := filepath.Join(j.dir, reserveFile)
	if info, err := os.Stat(path); err == nil && info.Size() == reserveSize {
		return
	}
	if writeFile(path, make([]byte, reserveSize)) != nil {
		os.Remove(path)
	}
}
