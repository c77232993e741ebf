package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"tikklok/gateway/wire"
)

// images gives the folder of a killed gateway with three small segments, as
// a function that writes it anew, and where its records stand.
func image(t *testing.T) (dir string, segments [][]byte) {
	dir = folder(t)
	j := open(t, dir)
	j.limit = 120
	for seq := uint64(1); seq <= 9; seq++ {
		must(t, j.Append(tapOf(reader, seq)))
	}
	crash(j)
	numbers, err := segmentNumbers(dir)
	must(t, err)
	for _, n := range numbers {
		b, err := os.ReadFile(segmentPath(dir, n))
		must(t, err)
		segments = append(segments, b)
	}
	return dir, segments
}

// restore writes the image with other bytes in one segment.
func restore(t *testing.T, segments [][]byte, number int, with []byte) string {
	dir := folder(t)
	for i, b := range segments {
		if i == number {
			b = with
		}
		must(t, os.WriteFile(segmentPath(dir, uint64(i+1)), b, 0o600))
	}
	return dir
}

func heldSeqs(j *Journal) uint64 { return count(j.Have(reader)) }

func TestInspectCountsDamageThatNobodyOpenedYet(t *testing.T) {
	_, segments := image(t)
	bad := bytes.Clone(segments[0])
	bad[segmentHead+10] ^= 0x21
	dir := restore(t, segments, 0, bad)
	for _, when := range []string{"before", "after"} {
		r, err := Inspect(dir)
		must(t, err)
		if r.Damaged != 1 || r.Taps != 8 {
			t.Errorf("%s a gateway used it: %d taps, %d damaged, want 8 and 1", when, r.Taps, r.Damaged)
		}
		must(t, open(t, dir).Close())
	}
}

func TestAFlippedByteCostsOneRecordAndIsKept(t *testing.T) {
	_, segments := image(t)
	if len(segments) < 3 {
		t.Fatalf("%d segments, want 3", len(segments))
	}
	last := len(segments) - 1
	for n, whole := range segments {
		for at := range whole {
			bad := bytes.Clone(whole)
			bad[at] ^= 0x21
			j := open(t, restore(t, segments, n, bad))
			want := uint64(8)
			if at < segmentHead {
				want = 9
			}
			if heldSeqs(j) != want {
				t.Errorf("segment %d, byte %d: %d taps held, want %d", n+1, at, heldSeqs(j), want)
			}
			tail := n == last && at >= len(whole)-len(appendRecord(nil, tapOf(reader, 9)))
			if tail != (j.Damaged() == 0) {
				t.Errorf("segment %d, byte %d: damaged %d", n+1, at, j.Damaged())
			}
			if !keptBytes(t, j, bad, at) {
				t.Errorf("segment %d, byte %d: the bytes are nowhere", n+1, at)
			}
			must(t, j.Append(tapOf(reader, 10)))
			crash(j)
		}
	}
}

// keptBytes looks for the bytes around a place in the folder damaged/.
func keptBytes(t *testing.T, j *Journal, segment []byte, at int) bool {
	entries, err := os.ReadDir(filepath.Join(j.dir, damagedDir))
	must(t, err)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(j.dir, damagedDir, e.Name()))
		must(t, err)
		if i := bytes.Index(segment, b); i >= 0 && i <= at && at < i+len(b) {
			return true
		}
	}
	return false
}

func TestATornTailIsCutOffAtEveryLength(t *testing.T) {
	_, segments := image(t)
	last := len(segments) - 1
	for n := range segments[last] {
		j := open(t, restore(t, segments, last, segments[last][:n]))
		if j.Damaged() != 0 {
			t.Errorf("%d bytes: damaged %d, a torn tail is none", n, j.Damaged())
		}
		held := heldSeqs(j)
		next := tapOf(reader, held+1)
		must(t, j.Append(next))
		crash(j)
		j = open(t, j.dir)
		if heldSeqs(j) != held+1 || j.Damaged() != 0 {
			t.Errorf("%d bytes: %d taps after one more, want %d; damaged %d", n, heldSeqs(j), held+1, j.Damaged())
		}
		crash(j)
	}
}

func TestASegmentCutElsewhereIsDamage(t *testing.T) {
	_, segments := image(t)
	for n := 1; n < len(segments[0]); n++ {
		j := open(t, restore(t, segments, 0, segments[0][:n]))
		whole := len(scan(segments[0][:n], segmentHead, func(Record, int64, int64) {})) == 0 && n >= segmentHead
		if whole != (j.Damaged() == 0) {
			t.Errorf("%d bytes: damaged %d", n, j.Damaged())
		}
		crash(j)
	}
}

func TestSynchronisedBytesThatAreGoneAreDamage(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	must(t, j.Append(taps(reader, 1, 3)...))
	must(t, j.Close())
	path := segmentPath(dir, 1)
	b, err := os.ReadFile(path)
	must(t, err)
	for _, keep := range []int{len(b) - 1, len(b) - len(appendRecord(nil, tapOf(reader, 3)))} {
		must(t, os.RemoveAll(filepath.Join(dir, damagedDir)))
		must(t, os.WriteFile(path, b[:keep], 0o600))
		j = open(t, dir)
		if j.Damaged() != 1 || heldSeqs(j) != 2 {
			t.Errorf("%d of %d bytes: damaged %d, %d taps", keep, len(b), j.Damaged(), heldSeqs(j))
		}
		crash(j)
	}
}

func TestNoiseBetweenRecordsIsSkipped(t *testing.T) {
	_, segments := image(t)
	noise := bytes.Repeat([]byte{magic0, magic1, 0x40, 0, typeTap}, 4000)
	bad := append(bytes.Clone(segments[0][:segmentHead]), noise...)
	bad = append(bad, segments[0][segmentHead:]...)
	j := open(t, restore(t, segments, 0, bad))
	if heldSeqs(j) != 9 || j.Damaged() != 1 {
		t.Errorf("%d taps, damaged %d", heldSeqs(j), j.Damaged())
	}
}

func FuzzSegment(f *testing.F) {
	f.Add(appendRecord(appendRecord(nil, tapOf(reader, 1)), Pair{reader, wire.Pair{Tick: 1, Source: 1}}))
	f.Add(appendRecord([]byte{magic0, magic1}, Start{Stream: reader, Highest: 3}))
	f.Add(appendRecord(nil, twinOf(5)))
	f.Fuzz(func(t *testing.T, b []byte) {
		read := int64(0)
		for _, r := range scan(b, 0, func(r Record, at, end int64) {
			read += end - at
			again, n := decodeRecord(appendRecord(nil, r))
			if n == 0 || again != r {
				t.Errorf("%+v reads back as %+v", r, again)
			}
		}) {
			read += r.to - r.from
		}
		if read != int64(len(b)) {
			t.Errorf("%d of %d bytes are accounted for", read, len(b))
		}
	})
}
