package journal

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"tikklok/gateway/wire"
)

// aged gives a journal with several segments: a start, pairs, and taps between.
func aged(t *testing.T, dir string) *Journal {
	t.Helper()
	j := open(t, dir)
	j.limit = 2000
	must(t, j.Heard(Start{Stream: reader, Start: wire.Start{Predecessor: 3}, Highest: 1}))
	for seq := uint64(1); seq <= 200; seq++ {
		must(t, j.Append(tapOf(reader, seq)))
		if seq%20 == 0 {
			must(t, j.Append(Pair{reader, wire.Pair{Tick: 1000 * seq, Instant: int64(seq), Source: wire.SourceServer}}))
		}
	}
	return j
}

func answerAll(t *testing.T, j *Journal, committed, safe uint64) {
	t.Helper()
	_, parcels := drain(t, j)
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(committed), Safe: upTo(safe)}})
	for _, p := range parcels {
		j.Answered(p)
	}
}

func files(t *testing.T, dir string) int {
	t.Helper()
	numbers, err := segmentNumbers(dir)
	must(t, err)
	return len(numbers)
}

func TestSegmentsGoOnceSafeAndKeptTapsKeepTheirStartAndPairs(t *testing.T) {
	dir := folder(t)
	j := aged(t, dir)
	before := files(t, dir)
	answerAll(t, j, 200, 150)
	must(t, j.Tidy())
	if after := files(t, dir); after >= before {
		t.Errorf("%d segments, there were %d", after, before)
	}
	must(t, j.Close())
	j = open(t, dir)
	if have := j.Have(reader); len(have) != 1 || have[0] != (wire.Range{From: 1, To: 200}) {
		t.Errorf("have %v: a reader would be asked again for what is safe", have)
	}
	if logs, _ := drain(t, j); len(seqsOf(logs, reader)) != 0 {
		t.Error("committed taps were sent again")
	}
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(150), Safe: upTo(150)}}) // I2
	logs, _ := drain(t, j)
	wantSeqs(t, "not safe", seqsOf(logs, reader), 151, 200)
	starts, low := 0, ^uint64(0)
	for _, l := range logs {
		if l.Start != nil {
			starts++
		}
		for _, p := range l.Pairs {
			low = min(low, p.Tick)
		}
	}
	if starts != 1 || low > 151_000 {
		t.Errorf("%d starts, lowest pair %d: want the start and a pair before tick 151000", starts, low)
	}
}

func TestNothingGoesWhileItIsOnlyCommitted(t *testing.T) {
	dir := folder(t)
	j := aged(t, dir)
	before := files(t, dir)
	answerAll(t, j, 200, 0)
	must(t, j.Tidy())
	if after := files(t, dir); after != before {
		t.Errorf("%d segments, want all %d", after, before)
	}
}

func TestOldOwnEpochsAreForgottenButThePredecessorIsNamed(t *testing.T) {
	dir := folder(t)
	var last wire.Name
	for range 5 {
		j := open(t, dir)
		j.limit = 400
		for i := range uint64(20) {
			name, err := j.Name(1, wire.Tap{Tick: i})
			must(t, err)
			last = name
		}
		_, parcels := drain(t, j)
		for _, p := range parcels {
			for _, l := range p.Batch.Logs {
				j.Mark([]wire.Mark{{Stream: l.Stream, Committed: upTo(20), Safe: upTo(20)}})
			}
			j.Answered(p)
		}
		must(t, j.Tidy())
		must(t, j.Tidy())
		must(t, j.Close())
	}
	j := open(t, dir)
	if len(j.streams) > 2 {
		t.Errorf("%d streams are remembered", len(j.streams))
	}
	_, err := j.Name(1, wire.Tap{})
	must(t, err)
	logs, _ := drain(t, j)
	found := false
	for _, l := range logs {
		if l.Stream == j.Own() && l.Start != nil {
			found = l.Start.Predecessor == last.Epoch && l.Start.PredecessorLast == last.Seq
		}
	}
	if !found {
		t.Errorf("no start names %v", last)
	}
}

// tiny gives a folder on a disk of some KiB.
func tiny(t *testing.T, kib string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+kib+"k"); err != nil {
		t.Skipf("no small disk to be had: mount tmpfs: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

func TestAFullDiskStoresNothingHalfAndRecovers(t *testing.T) {
	dir := tiny(t, "256")
	j := open(t, dir)
	var stored uint64
	var err error
	for err == nil && stored < 100_000 {
		var name wire.Name
		if name, err = j.Name(1, wire.Tap{Tick: stored}); err == nil {
			stored = name.Seq
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("%v after %d taps, want ErrFull", err, stored)
	}
	if _, err := j.Name(1, wire.Tap{}); !errors.Is(err, ErrFull) {
		t.Errorf("still full: %v", err)
	}
	must(t, os.Remove(dir+"/"+reserveFile))
	name, err := j.Name(1, wire.Tap{Tick: stored})
	must(t, err)
	if name.Seq != stored+1 {
		t.Errorf("seq %d after %d: a refused tap left a hole", name.Seq, stored)
	}
	own := j.Own()
	crash(j)
	j = open(t, dir)
	if have := j.Have(own); len(have) != 1 || have[0] != (wire.Range{From: 1, To: stored + 1}) || j.Damaged() != 0 {
		t.Errorf("have %v, damaged %d, want 1…%d", have, j.Damaged(), stored+1)
	}
}

func TestTidyMakesRoomOnAFullDisk(t *testing.T) {
	dir := tiny(t, "512")
	j := open(t, dir)
	j.limit = 64 << 10
	must(t, j.Heard(Start{Stream: reader, Highest: 1}))
	var seq uint64
	var err error
	for err == nil && seq < 100_000 {
		seq++
		err = j.Append(tapOf(reader, seq))
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("%v, want ErrFull", err)
	}
	answerAll(t, j, seq, seq)
	if err := j.Tidy(); err != nil {
		t.Logf("first: %v", err)
	}
	must(t, j.Append(tapOf(reader, seq)))
	must(t, j.Tidy())
}

func TestADiskThatFailsGetsANewEpoch(t *testing.T) {
	j := open(t, folder(t))
	before, err := j.Name(1, wire.Tap{})
	must(t, err)
	j.writer.Lock()
	j.active.Close() // every write and truncate fails from here on
	j.writer.Unlock()
	if _, err := j.Name(1, wire.Tap{}); err == nil || errors.Is(err, ErrFull) {
		t.Fatalf("%v, want another error than ErrFull", err)
	}
	after, err := j.Name(1, wire.Tap{})
	must(t, err)
	if after.Epoch == before.Epoch || after.Seq != 1 {
		t.Errorf("%v after %v: a seq that may be on disk could be given again", after, before)
	}
	logs, _ := drain(t, j)
	for _, l := range logs {
		if l.Stream == after.Stream && (l.Start == nil || l.Start.Predecessor != before.Epoch || l.Start.PredecessorLast != 1) {
			t.Errorf("start %+v", l.Start)
		}
	}
}

func TestAnExportHoldsWhatIsNotCommitted(t *testing.T) {
	dir := folder(t)
	j := aged(t, dir)
	answerAll(t, j, 120, 0)
	must(t, j.Tidy())
	for _, c := range []struct {
		all  bool
		from uint64
	}{{false, 121}, {true, 1}} {
		var file bytes.Buffer
		n, err := Export(dir, &file, c.all)
		must(t, err)
		r, err := wire.NewExportReader(&file)
		must(t, err)
		var logs []wire.Log
		for {
			payload, err := r.Next()
			if err != nil {
				break
			}
			b, err := wire.DecodeBatch(payload)
			must(t, err)
			logs = append(logs, b.Logs...)
		}
		wantSeqs(t, "exported", seqsOf(logs, reader), c.from, 200)
		if n != int(201-c.from) || r.Gateway() != gatewayID {
			t.Errorf("%d taps of gateway %d", n, r.Gateway())
		}
	}
}

func TestDaysWithoutANetworkTakeLittleMemory(t *testing.T) {
	j := open(t, folder(t))
	const taps, readers = 400_000, 8
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for seq := uint64(1); seq <= taps/readers; seq += 100 {
		for r := range uint64(readers) {
			var rs []Record
			for i := range uint64(100) {
				rs = append(rs, tapOf(wire.Stream{Origin: wire.FirstReader + r, Epoch: 1}, seq+i))
			}
			must(t, j.Append(rs...))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > taps {
		t.Errorf("%d bytes for %d taps, want less than one a tap", grown, taps)
	}
	if j.Unsent() != taps {
		t.Errorf("unsent %d, want %d", j.Unsent(), taps)
	}
	p, err := j.Take(true, 200)
	must(t, err)
	if p.Taps() != 200 {
		t.Errorf("%d taps in a parcel", p.Taps())
	}
}
