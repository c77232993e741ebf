package probe

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"tikklok/ingest/durable"
)

// ErrInUse: another probe writes into the folder.
var ErrInUse = errors.New("another probe writes there; stop it, or give this one a folder of its own with --book")

// ErrOther: the folder is another probe's. What that measured would be told as
// this one's.
var ErrOther = errors.New("it is another probe's; give this one a folder of its own with --book")

const (
	ownerFile     = "probe"     // the address that its probe signs in by, which no other has
	deliveredFile = "delivered" // the last seq that the server has
	monthLog      = "2006-01.log"
	monthLogs     = "20??-??.log"
	monthsKept    = 14 // 13 whole months and the one that runs
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Book is the probe's own store: a file of lines for each month, only appended
// to. A line is the CRC-32C of a record's JSON, a space and that JSON. What
// Append returned from without an error is on disk. It is safe for concurrent
// use.
type Book struct {
	dir   string
	lock  *os.File
	epoch uint64

	mu        sync.Mutex
	file      *os.File
	size      int64 // of file, up to its last whole line
	month     string
	last      uint64 // seq
	delivered uint64
	waits     []Record // not delivered, in the order of their seq
	history   history
	work      []Work
	damaged   int
}

// OpenBook takes the folder of a probe up, or makes it; the probe is named by
// the address that it signs in by. Half a line at the end, which a power
// cut leaves, is cut off; a line that was changed since is passed over and
// counted, and its minute is unmeasured.
func OpenBook(dir, probe string) (*Book, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the probe's book: %w; name a folder with --book that this user may write in", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the probe's book: %w; name a folder with --book that this user may write in", err)
	}
	b := &Book{dir: dir, lock: lock, history: history{hours: map[int64]*hour{}}, epoch: newEpoch()}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, ErrInUse), lock.Close())
	}
	err = b.claim(probe)
	if err == nil {
		err = b.load()
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return b, nil
}

// claim writes down whose book it is, or finds that it is another's. One of an
// older version, which names nobody, is the first one's that opens it.
func (b *Book) claim(probe string) error {
	path := filepath.Join(b.dir, ownerFile)
	owner, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = durable.Write(path, []byte(probe+"\n"), 0o600)
	case err == nil && strings.TrimSpace(string(owner)) != probe:
		return fmt.Errorf("%s is the book of %s, and this is %s: %w", b.dir, bytes.TrimSpace(owner), probe, ErrOther)
	}
	if err != nil {
		return fmt.Errorf("the probe's book: %w", err)
	}
	return nil
}

// newEpoch names a run of the probe, so that a restored image of its disk can't
// name a minute as another one is named already (as I1).
func newEpoch() uint64 {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails: see crypto/rand
	return binary.BigEndian.Uint64(raw[:])>>2 | 1
}

func (b *Book) load() error {
	text, err := os.ReadFile(filepath.Join(b.dir, deliveredFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the probe's book: %w", err)
	}
	// A cursor that can't be read begins anew: the server knows what it has.
	b.delivered, _ = strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	months, err := b.months()
	if err != nil {
		return err
	}
	for _, path := range months {
		content, err := cutToLines(path)
		if err != nil {
			return err
		}
		b.damaged += eachRecord(content, b.take)
	}
	// Months are not the order of names where the clock was set back.
	slices.SortFunc(b.waits, func(a, c Record) int { return cmp.Compare(a.Seq, c.Seq) })
	b.last = max(b.last, b.delivered) + uint64(b.damaged) // a name that may be out is not given again
	return b.loadWork()
}

// months gives the book's files, the first month first.
func (b *Book) months() ([]string, error) {
	all, err := filepath.Glob(filepath.Join(b.dir, monthLogs)) // sorted by name, and so by month
	if err != nil {
		return nil, fmt.Errorf("the probe's book: %w", err)
	}
	return all, nil
}

// cutToLines reads a file, and cuts half a line off its end.
func cutToLines(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the probe's book: %w", err)
	}
	whole := bytes.LastIndexByte(content, '\n') + 1
	if whole < len(content) {
		if err := os.Truncate(path, int64(whole)); err != nil {
			return nil, fmt.Errorf("cutting half a line off %s: %w", path, err)
		}
	}
	return content[:whole], nil
}

// eachRecord gives the records of whole lines, and counts those that can't be
// read.
func eachRecord(content []byte, take func(Record)) (damaged int) {
	for line := range bytes.Lines(content) {
		r, err := parseLine(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			damaged++
			continue
		}
		take(r)
	}
	return damaged
}

func (b *Book) take(r Record) {
	b.last = max(b.last, r.Seq)
	b.history.add(r)
	if r.Seq > b.delivered {
		b.waits = append(b.waits, r)
	}
}

func formatLine(r Record) ([]byte, error) {
	content, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encoding a minute: %w", err)
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(content, castagnoli), content), nil
}

func parseLine(line []byte) (Record, error) {
	sum, content, ok := bytes.Cut(line, []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !ok || err != nil || len(sum) != 8 || crc32.Checksum(content, castagnoli) != uint32(want) {
		return Record{}, errors.New("a line whose checksum is not its own")
	}
	var r Record
	if err := json.Unmarshal(content, &r); err != nil {
		return Record{}, fmt.Errorf("a line that is no record: %w", err)
	}
	return r, r.Check()
}

// Append names a record and writes it to disk. After an error nothing of it
// stays, and the minute is unmeasured.
func (b *Book) Append(r Record) (Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.Epoch, r.Seq, r.At = b.epoch, b.last+1, r.At.UTC()
	if err := r.Check(); err != nil {
		return r, err
	}
	line, err := formatLine(r)
	if err != nil {
		return r, err
	}
	if err := b.openMonth(r.At); err != nil {
		return r, err
	}
	_, err = b.file.WriteAt(line, b.size)
	if err == nil {
		err = b.file.Sync()
	}
	if err != nil {
		b.last++ // what is on disk is open: the name is used up
		return r, errors.Join(fmt.Errorf("writing a minute down: %w; make room on the probe's disk", err), b.file.Truncate(b.size), b.closeMonth())
	}
	b.size += int64(len(line))
	b.take(r)
	return r, nil
}

// openMonth opens the month's file, and puts its name on disk. Half a line is
// left there where a disk failed while one was written, and cut off now.
func (b *Book) openMonth(at time.Time) error {
	name := at.Format(monthLog)
	if b.file != nil && b.month == name {
		return nil
	}
	if err := b.closeMonth(); err != nil {
		return fmt.Errorf("the probe's book: %w", err)
	}
	path := filepath.Join(b.dir, name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("the probe's book: %w", err)
	}
	content, err := cutToLines(path)
	if err = errors.Join(err, durable.Folder(b.dir)); err != nil {
		return errors.Join(fmt.Errorf("the probe's book: %w", err), f.Close())
	}
	b.file, b.month, b.size = f, name, int64(len(content))
	_ = b.prune() // what stays goes with the next month; no minute is lost for it
	return nil
}

// prune removes the oldest months, by how many there are and not by the clock,
// which may be years off. What the server hasn't got stays.
func (b *Book) prune() error {
	months, err := b.months()
	for err == nil && len(months) > monthsKept && filepath.Base(months[0]) != b.month {
		next, _ := time.Parse(monthLog, filepath.Base(months[1])) // its form is the pattern's
		if len(b.waits) > 0 && b.waits[0].At.Before(next) {
			return nil
		}
		if err = os.Remove(months[0]); err == nil {
			b.history.forget(next)
			months = months[1:]
		}
	}
	return err
}

func (b *Book) closeMonth() error {
	if b.file == nil {
		return nil
	}
	f := b.file
	b.file = nil
	return f.Close()
}

// Waiting gives at most so many records that the server has not confirmed, the
// oldest first.
func (b *Book) Waiting(most int) []Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Record(nil), b.waits[:min(most, len(b.waits))]...)
}

// Delivered notes that the server has all up to a seq. One that is told twice
// after a crash in between is known to the server by its name.
func (b *Book) Delivered(seq uint64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := durable.Write(filepath.Join(b.dir, deliveredFile), fmt.Appendf(nil, "%d\n", seq), 0o600); err != nil {
		return fmt.Errorf("noting what the server took: %w; make room on the probe's disk", err)
	}
	b.delivered = max(b.delivered, seq)
	for len(b.waits) > 0 && b.waits[0].Seq <= seq {
		b.waits = b.waits[1:]
	}
	return nil
}

// Days gives what the book holds, by days of UTC, the first first.
func (b *Book) Days() []Day {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.history.days()
}

// Of gives the records of a day of UTC, in the order in which they were written.
func (b *Book) Of(date time.Time) (all []Record, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	content, err := os.ReadFile(filepath.Join(b.dir, date.Format(monthLog)))
	if err != nil {
		return nil, fmt.Errorf("reading the probe's book: %w", err)
	}
	eachRecord(content, func(r Record) {
		if r.At.Truncate(dayHours * time.Hour).Equal(date) {
			all = append(all, r)
		}
	})
	return all, nil
}

// GotIn says whether the probe ever got in: what it meets before that is more
// likely its own settings than the service.
func (b *Book) GotIn() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.history.gotIn
}

// Damaged gives how many lines were passed over when the book was opened.
func (b *Book) Damaged() int { return b.damaged }

// Close lets go of the folder.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return errors.Join(b.closeMonth(), b.lock.Close())
}
