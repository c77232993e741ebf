package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"tikklok/gateway/wire"
)

// A segment is a file 0000000000000001.log, 2 and so on in hexadecimal:
//
//	 0  magic (8: "TIKKLOKJ")
//	 8  version (2: 1)
//	10  gateway (4)
//	14  number (8)
//	22  CRC-32C (4) of the above
//	26  records (record.go)
const (
	segmentMagic   = "TIKKLOKJ"
	segmentVersion = 1
	segmentHead    = 26
	segmentSuffix  = ".log"
	damagedDir     = "damaged"
	damagedSuffix  = ".damaged"
	tornSuffix     = ".torn"
	sector         = 512 // bytes that a bad place on a disk takes at least
)

// position is a place in the journal.
type position struct {
	Segment uint64 `json:"segment"`
	Offset  int64  `json:"offset"`
}

func (p position) before(q position) bool {
	return p.Segment < q.Segment || p.Segment == q.Segment && p.Offset < q.Offset
}

func segmentPath(dir string, n uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x%s", n, segmentSuffix))
}

func segmentNumbers(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if n, err := strconv.ParseUint(name, 16, 64); ok && err == nil && len(name) == 16 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func appendSegmentHead(b []byte, gateway uint32, n uint64) []byte {
	b = append(b, segmentMagic...)
	b = binary.LittleEndian.AppendUint16(b, segmentVersion)
	b = binary.LittleEndian.AppendUint32(b, gateway)
	b = binary.LittleEndian.AppendUint64(b, n)
	return binary.LittleEndian.AppendUint32(b, wire.Checksum(b))
}

// decodeSegmentHead gives version and gateway, and false for a head that is
// damaged or cut off.
func decodeSegmentHead(b []byte) (version uint16, gateway uint32, ok bool) {
	if len(b) < segmentHead || string(b[:8]) != segmentMagic || wire.Checksum(b[:22]) != binary.LittleEndian.Uint32(b[22:]) {
		return 0, 0, false
	}
	return binary.LittleEndian.Uint16(b[8:]), binary.LittleEndian.Uint32(b[10:]), true
}

// region is a place that can't be read.
type region struct{ from, to int64 }

// scan calls take for every valid record of a segment's bytes, from an offset
// on, and gives the regions between them: after damage it goes on at the next
// valid record.
func scan(data []byte, from int64, take func(r Record, at, end int64)) []region {
	var bad []region
	for at := from; at < int64(len(data)); {
		r, n := decodeRecord(data[at:])
		if n > 0 {
			take(r, at, at+int64(n))
			at += int64(n)
			continue
		}
		next := at + 1
		for next < int64(len(data)) {
			if _, n := decodeRecord(data[next:]); n > 0 {
				break
			}
			next++
		}
		bad = append(bad, region{at, next})
		at = next
	}
	return bad
}

// loadSegment takes a segment into the index. What can't be read at the end of
// the last one, beyond what is known to have been synchronised, was being
// written when power failed: it is cut off. All else that can't be read is
// quarantined.
func (j *Journal) loadSegment(n uint64, last bool, known position) error {
	path := segmentPath(j.dir, n)
	data, err := readSegment(path)
	if err != nil {
		if j.readOnly && errors.Is(err, fs.ErrNotExist) {
			return nil // it became safe while we read
		}
		return err
	}
	from := int64(segmentHead)
	version, gateway, ok := decodeSegmentHead(data)
	switch {
	case !ok:
		from = 0
	case version != segmentVersion:
		return fmt.Errorf("%s has version %d, this program reads %d: update the gateway", filepath.Base(path), version, segmentVersion)
	case j.gateway == 0:
		j.gateway = gateway
	case j.gateway != gateway:
		return fmt.Errorf("it belongs to gateway %d, not to gateway %d: give each gateway a folder of its own", gateway, j.gateway)
	}
	seg := &segment{end: int64(len(data))}
	j.segments[n], j.number = seg, n
	bad := scan(data, from, func(r Record, at, end int64) { j.index(r, position{n, at}, end, known) })
	if k := len(bad); last && k > 0 && bad[k-1].to == seg.end && !(position{n, bad[k-1].from}).before(known) {
		seg.end = bad[k-1].from
		bad = bad[:k-1]
	}
	if k := len(bad); known.Segment == n && seg.end < known.Offset && (k == 0 || bad[k-1].to < seg.end) {
		bad = append(bad, region{seg.end, seg.end}) // synchronised bytes are gone
	}
	for _, r := range bad {
		if !j.quarantine(n, r.from, data[r.from:r.to], damagedSuffix) {
			seg.unsaved++
		}
	}
	if !last || j.readOnly {
		return nil
	}
	return j.resume(n, ok, data[seg.end:])
}

// readSegment reads a whole segment; where the disk can't, zeros stand, which
// are damage like any other.
func readSegment(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if !errors.Is(err, unix.EIO) {
		return data, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	data = make([]byte, info.Size())
	for at := int64(0); at < info.Size(); at += sector {
		block := data[at:min(at+sector, info.Size())]
		if _, err := f.ReadAt(block, at); err != nil {
			clear(block)
		}
	}
	return data, nil
}

// resume makes the last segment the active one, without its torn tail.
func (j *Journal) resume(n uint64, headOK bool, torn []byte) error {
	end := j.segments[n].end
	if !headOK && end == 0 {
		delete(j.segments, n) // it was just being made
		return os.Remove(segmentPath(j.dir, n))
	}
	if !headOK {
		return nil
	}
	f, err := os.OpenFile(segmentPath(j.dir, n), os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if len(torn) > 0 {
		j.quarantine(n, end, torn, tornSuffix)
		if err := errors.Join(f.Truncate(end), f.Sync()); err != nil {
			f.Close()
			return err
		}
	}
	j.active, j.size = f, end
	return nil
}

// quarantine copies bytes to the folder damaged/ and says whether they are
// there. A full disk must not keep the journal from opening: their segment is
// kept instead.
func (j *Journal) quarantine(n uint64, at int64, bytes []byte, suffix string) bool {
	path := filepath.Join(j.dir, damagedDir, fmt.Sprintf("%016x-%08x%s", n, at, suffix))
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(bytes)) {
		return true
	}
	if j.readOnly {
		return false
	}
	if err := writeFile(path, bytes); err != nil {
		os.Remove(path)
		return false
	}
	return true
}

func countDamaged(dir string) (uint64, error) {
	entries, err := os.ReadDir(filepath.Join(dir, damagedDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	var n uint64
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), damagedSuffix) {
			n++
		}
	}
	return n, nil
}

// writeFile writes a file and synchronises it and its folder.
func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// replaceFile does the same so that there is the old content or the new one,
// whole, whenever power fails.
func replaceFile(path string, b []byte) error {
	if err := writeFile(path+".new", b); err != nil {
		os.Remove(path + ".new")
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// full makes ErrFull recognisable in what a write gave.
func full(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
