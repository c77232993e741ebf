// Package journal promises that what Append has accepted survives a crash, a
// power cut and a full disk until the server keeps it safe (I2), and that
// every tap made on a reader without memory has one name for ever (I1).
//
// A tap could be lost here only
//   - before Append or Name has returned nil: nobody was told green;
//   - when the disk loses what it said it had synchronised, or the folder is
//     removed or replaced by an older copy: taps in between are gone from this
//     gateway, and the server still has those it committed;
//   - when damaged bytes hit a record: its bytes go to the folder damaged/, are
//     counted in Damaged, and the records around it stay usable.
//
// A segment is removed only when every tap in it is safe. Losing the marks file
// loses no tap: they are sent again, and answered.
//
// The folder holds segments (segment.go), the marks file (marks.go), damaged/,
// the lock and a small reserve that lets room be made on a full disk.
package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"tikklok/gateway/wire"
)

// What callers branch on.
var (
	// ErrFull: there is no room; nothing was stored, and the journal can be
	// used again as soon as there is.
	ErrFull = errors.New("no room for the journal")
	// ErrInUse: another process has the journal.
	ErrInUse = errors.New("journal in use")
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("journal closed")
)

// segmentSize is when a new segment is begun, in bytes: small enough to be
// read at once, and to be freed soon.
const segmentSize = 1 << 20

// Journal is the durable journal of one gateway. It is safe for concurrent use.
type Journal struct {
	dir      string
	gateway  uint32
	limit    int64 // segmentSize; smaller in tests
	lock     *os.File
	readOnly bool
	wake     chan struct{}

	queue sync.Mutex // guards open
	open  *group

	writer sync.Mutex // guards what is written: the segment, own, buf
	closed bool
	active *os.File
	number uint64 // of the active segment, or of the last one
	size   int64  // durable bytes of the active segment
	buf    []byte
	began  bool   // the start of own is in the journal
	saved  uint32 // checksum of the marks as last written

	files sync.RWMutex // held for reading while segments are read, for writing while they are removed

	mu       sync.Mutex // guards the index below; never held while waiting for the disk
	own      wire.Stream
	streams  map[wire.Stream]*stream
	segments map[uint64]*segment
	latest   map[string]Tap // of each reader without memory
	twins    twinIndex
	activity uint64
	ordinal  uint64 // of the newest start
	damaged  uint64
}

// segment is what is known of one file.
type segment struct {
	end     int64  // durable bytes
	unsaved uint64 // pieces of damage in it that could not be copied yet
}

// Open locks and reads the journal of a gateway, and makes it when there is
// none. Every Open begins a new epoch of the gateway's own stream (I1). Its
// error wraps ErrInUse when another process has it.
func Open(dir string, gateway uint32) (*Journal, error) {
	if err := os.MkdirAll(filepath.Join(dir, damagedDir), 0o700); err != nil {
		return nil, fmt.Errorf("make journal %s: %w", dir, err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	j := newJournal(dir, gateway)
	j.lock = lock
	if err := j.load(); err != nil {
		lock.Close()
		return nil, fmt.Errorf("open journal %s: %w", dir, err)
	}
	j.renew()
	j.reserve()
	return j, nil
}

// openReadOnly reads a journal as it is, without lock and without changing a
// byte; it works beside a gateway that is running.
func openReadOnly(dir string) (*Journal, error) {
	j := newJournal(dir, 0)
	j.readOnly = true
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := j.load(); err != nil {
		return nil, fmt.Errorf("open journal %s: %w", dir, err)
	}
	if j.gateway == 0 {
		return nil, fmt.Errorf("open journal %s: %w: no journal of a gateway is in this folder", dir, fs.ErrNotExist)
	}
	return j, nil
}

func newJournal(dir string, gateway uint32) *Journal {
	return &Journal{
		dir: dir, gateway: gateway, limit: segmentSize, wake: make(chan struct{}, 1), open: &group{},
		streams: map[wire.Stream]*stream{}, segments: map[uint64]*segment{}, latest: map[string]Tap{},
		twins: twinIndex{known: map[wire.Twin]*twinNote{}},
	}
}

// load reads marks and segments into the index.
func (j *Journal) load() error {
	known, err := j.loadMarks()
	if err != nil {
		return err
	}
	numbers, err := segmentNumbers(j.dir)
	if err != nil {
		return err
	}
	for i, n := range numbers {
		if err := j.loadSegment(n, i == len(numbers)-1, known); err != nil {
			return err
		}
	}
	j.damaged, err = countDamaged(j.dir)
	for _, s := range j.segments {
		j.damaged += s.unsaved
	}
	return err
}

// renew begins an epoch: 64 random bits, so that a restored image can't use a
// name again. Its start is written with its first record (I1).
func (j *Journal) renew() {
	var b [8]byte
	for binary.LittleEndian.Uint64(b[:]) == 0 {
		rand.Read(b[:]) // never fails: crypto/rand
	}
	j.mu.Lock()
	j.own = wire.Stream{Origin: uint64(j.gateway), Epoch: binary.LittleEndian.Uint64(b[:])}
	j.mu.Unlock()
	j.began = false
}

// Own gives the stream that Name names taps in. It changes when the disk
// failed in a way that leaves open what is on it.
func (j *Journal) Own() wire.Stream {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.own
}

// Named gives the last seq of the gateway's own stream.
func (j *Journal) Named() uint64 {
	seq, _ := j.last(j.Own())
	return seq
}

// Wake gives a channel that receives after something new waits to be sent.
func (j *Journal) Wake() <-chan struct{} { return j.wake }

func (j *Journal) stir() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// Have gives the seqs of a stream that need not be asked of its reader: those
// in the journal, and those that were until they were safe, unless the server
// lacks them now.
func (j *Journal) Have(name wire.Stream) []wire.Range {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.streams[name]
	if s == nil {
		return nil
	}
	have := slices.Clone(s.durable)
	for _, r := range minus(intersect(s.gone, s.committed), s.asked) {
		have = wire.AddRange(have, r)
	}
	return have
}

// Safe gives the seqs of a stream that the server keeps safe, as last heard.
func (j *Journal) Safe(name wire.Stream) []wire.Range {
	j.mu.Lock()
	defer j.mu.Unlock()
	if s := j.streams[name]; s != nil {
		return slices.Clone(s.safe)
	}
	return nil
}

// Unsent counts the taps that the server has not committed.
func (j *Journal) Unsent() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	var n uint64
	for _, s := range j.streams {
		n += count(minus(s.durable, s.committed))
	}
	return n
}

// Damaged counts the places where bytes were unreadable; they are kept in the
// folder damaged/.
func (j *Journal) Damaged() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.damaged
}

// Close writes the marks and gives the journal free.
func (j *Journal) Close() error {
	j.writer.Lock()
	defer j.writer.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	err := j.saveMarks()
	if j.active != nil {
		err = errors.Join(err, j.active.Close())
	}
	return errors.Join(err, j.lock.Close())
}
