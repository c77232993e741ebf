package gateway

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

const (
	bootFile    = "boot.json"
	bootEpochs  = 256       // runs remembered that never knew the time
	bootRefresh = 3_600_000 // ms between two notes of the server's time
)

// bootNotes carry time from one run of this program to the next as long as the
// machine was not restarted, because the ticks of all of them come from the
// same clock (Machine.Boot): a run that ended before it knew the time gets its
// time pair from a later one, and a later one knows the server's time without
// a network (I4). Losing them makes taps less certain, never wrong.
type bootNotes struct {
	path    string
	unsaved bool // the last write failed

	Boot   string           `json:"boot"`             // which one; "": not known, nothing is carried
	Epochs map[string]int64 `json:"epochs,omitempty"` // without a trusted pair: Machine.Boot at tick 0, ms
	Server *bootSample      `json:"server,omitempty"`
}

// bootSample is the server's time on the machine's own count.
type bootSample struct {
	Offset int64  `json:"offset"` // instant - Machine.Boot, ms
	Bound  uint32 `json:"bound"`  // ms, at
	At     int64  `json:"at"`     // Machine.Boot, ms
	Slewed int64  `json:"slewed"` // ms, at
}

// loadBoot reads the notes of this boot. A file that can't be read is an empty
// one.
func loadBoot(dir, boot string) *bootNotes {
	n := &bootNotes{path: filepath.Join(dir, bootFile)}
	b, err := os.ReadFile(n.path)
	if err == nil {
		err = json.Unmarshal(b, n)
	}
	if err != nil || boot == "" || n.Boot != boot {
		n.Epochs, n.Server = nil, nil
	}
	n.Boot = boot
	return n
}

func (n *bootNotes) save() error {
	if n.Boot == "" {
		return nil
	}
	b, err := json.Marshal(n)
	if err == nil {
		err = replaceFile(n.path, b)
	}
	if n.unsaved = err != nil; n.unsaved {
		return fmt.Errorf("keep what the next run needs to know of time: %w", err)
	}
	return nil
}

func (n *bootNotes) saveIf(due bool) error {
	if !due {
		return nil
	}
	return n.save()
}

// began notes a run that does not know the time yet.
func (n *bootNotes) began(epoch uint64, boot int64) error {
	if n.Epochs == nil || len(n.Epochs) >= bootEpochs {
		n.Epochs = map[string]int64{}
	}
	n.Epochs[epochName(epoch)] = boot
	return n.save()
}

func epochName(epoch uint64) string { return fmt.Sprintf("%016x", epoch) }

// pairs gives each noted run a pair at the last tick that the journal has of
// it. Not at the tick it would have now: a run between it and this one may have
// left no note, and the server takes the first one's last pair for a time after
// which that one began.
func (n *bootNotes) pairs(j *journal.Journal, m wire.Pair, boot int64) []journal.Record {
	var out []journal.Record
	for name, began := range n.Epochs {
		var epoch uint64
		if _, err := fmt.Sscanf(name, "%016x", &epoch); err != nil || epoch == 0 || began > boot {
			continue
		}
		stream := wire.Stream{Origin: j.Own().Origin, Epoch: epoch}
		last := min(j.LastTick(stream), uint64(boot-began))
		since := uint64(boot-began) - last
		p := wire.Pair{Tick: last, Instant: m.Instant - int64(since), Bound: (&sample{bound: m.Bound}).at(since, 0), Source: m.Source}
		out = append(out, journal.Pair{Stream: stream, Pair: p})
	}
	return out
}

// restore lets a clock know what an earlier run was told.
func (n *bootNotes) restore(c *clock) {
	s := n.Server
	if s == nil || s.At > c.boot {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	old := sample{bound: s.Bound, slewed: s.Slewed}
	slewed := c.slewed()
	c.server = &sample{offset: s.Offset + c.boot, bound: old.at(uint64(c.boot-s.At), slewed), slewed: slewed}
}

// carry keeps the notes, and uses them when p knows the time.
func (n *bootNotes) carry(j *journal.Journal, c *clock, p wire.Pair) error {
	if n.Boot == "" {
		return nil
	}
	own := j.Own()
	_, noted := n.Epochs[epochName(own.Epoch)]
	if p.Source == wire.SourceUndisciplined {
		if !noted {
			return n.began(own.Epoch, c.boot)
		}
		return n.saveIf(n.unsaved)
	}
	changed := n.hear(c)
	if len(n.Epochs) > 0 {
		delete(n.Epochs, epochName(own.Epoch)) // it gets its own
		if err := j.Append(n.pairs(j, p, c.boot+int64(p.Tick))...); err != nil {
			return err
		}
		n.Epochs, changed = nil, true
	}
	return n.saveIf(changed || n.unsaved)
}

// hear notes the server's time now and then.
func (n *bootNotes) hear(c *clock) (changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.server
	if s == nil {
		return false
	}
	at := c.boot + int64(s.tick)
	if n.Server != nil && at < n.Server.At+bootRefresh {
		return false
	}
	n.Server = &bootSample{Offset: s.offset - c.boot, Bound: s.bound, At: at, Slewed: s.slewed}
	return true
}
