package journal

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tikklok/gateway/wire"
)

const gatewayID = 7

var reader = wire.Stream{Origin: wire.FirstReader + 5, Epoch: 0xE1}

// folder gives one in memory where there is such a place: these tests open
// journals by the hundred, and synchronising is not what they are about.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "journal")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func open(t testing.TB, dir string) *Journal {
	t.Helper()
	j, err := Open(dir, gatewayID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// crash gives the journal free as a killed process does: nothing is written.
func crash(j *Journal) {
	j.writer.Lock()
	defer j.writer.Unlock()
	j.closed = true
	if j.active != nil {
		j.active.Close()
	}
	j.lock.Close()
}

func tapOf(s wire.Stream, seq uint64) Tap {
	return Tap{s, 1, wire.Tap{Seq: seq, Tick: 1000 * seq, Wall: 1_700_000_000_000, Token: wire.Token{byte(seq), byte(seq >> 8), 3}}}
}

func taps(s wire.Stream, from, to uint64) []Record {
	var rs []Record
	for seq := from; seq <= to; seq++ {
		rs = append(rs, tapOf(s, seq))
	}
	return rs
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// drain takes all that is due and gives it in the order given out.
func drain(t testing.TB, j *Journal) (logs []wire.Log, parcels []*Parcel) {
	t.Helper()
	for _, live := range []bool{true, false} {
		for {
			p, err := j.Take(live, 100)
			must(t, err)
			if p == nil {
				break
			}
			if _, err := wire.DecodeBatch(p.Batch.Encode()); err != nil {
				t.Fatalf("a batch that the server refuses: %v", err)
			}
			logs, parcels = append(logs, p.Batch.Logs...), append(parcels, p)
		}
	}
	return logs, parcels
}

// seqsOf gives the seqs of one stream in the order sent.
func seqsOf(logs []wire.Log, s wire.Stream) (seqs []uint64) {
	for _, l := range logs {
		for _, tap := range l.Taps {
			if l.Stream == s {
				seqs = append(seqs, tap.Seq)
			}
		}
	}
	return seqs
}

func upTo(n uint64) []wire.Range { return []wire.Range{{From: 1, To: n}} }

func wantSeqs(t *testing.T, what string, got []uint64, from, to uint64) {
	t.Helper()
	var want []uint64
	for seq := from; seq <= to; seq++ {
		want = append(want, seq)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: sent %v, want %d…%d", what, got, from, to)
	}
}

func TestATapStoredBeforeACrashIsSentAfterIt(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	must(t, j.Append(taps(reader, 1, 250)...))
	name, err := j.Name(1, wire.Tap{Tick: 5, Reader: "door"})
	must(t, err)
	crash(j)

	j = open(t, dir)
	logs, _ := drain(t, j)
	wantSeqs(t, "reader", seqsOf(logs, reader), 1, 250)
	wantSeqs(t, "own", seqsOf(logs, name.Stream), 1, 1)
	if j.Unsent() != 251 {
		t.Errorf("unsent %d, want 251", j.Unsent())
	}
}

func TestEveryOpenBeginsAnEpochThatNamesItsPredecessor(t *testing.T) {
	dir := folder(t)
	var before wire.Name
	for run := range 4 {
		j := open(t, dir)
		var last wire.Name
		for i := range uint64(3) {
			name, err := j.Name(1, wire.Tap{Tick: i})
			must(t, err)
			if name.Seq != i+1 {
				t.Fatalf("seq %d, want %d", name.Seq, i+1)
			}
			last = name
		}
		logs, _ := drain(t, j)
		i := slices.IndexFunc(logs, func(l wire.Log) bool { return l.Stream == last.Stream && l.Start != nil })
		if i < 0 {
			t.Fatalf("run %d: no start sent", run)
		}
		if got := *logs[i].Start; got.Predecessor != before.Epoch || got.PredecessorLast != before.Seq {
			t.Errorf("run %d: start %+v, want predecessor %x, last %d", run, got, before.Epoch, before.Seq)
		}
		before = last
		crash(j)
	}
}

func TestARestoredImageUsesNoNameAgain(t *testing.T) {
	dir, image := folder(t), folder(t)
	j := open(t, dir)
	_, err := j.Name(1, wire.Tap{})
	must(t, err)
	must(t, j.Close())
	must(t, os.CopyFS(image, os.DirFS(dir)))
	seen := map[wire.Name]bool{}
	for _, d := range []string{dir, image} {
		j := open(t, d)
		name, err := j.Name(1, wire.Tap{})
		must(t, err)
		if seen[name] {
			t.Errorf("%v named twice", name)
		}
		seen[name] = true
		must(t, j.Close())
	}
}

func TestManyAppendersNameWithoutHolesAndTicksNeverGoBack(t *testing.T) {
	j := open(t, folder(t))
	var wg sync.WaitGroup
	for w := range uint64(16) {
		wg.Go(func() {
			for i := range uint64(50) {
				if _, err := j.Name(1, wire.Tap{Tick: 1000 + i*7 - w}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	logs, _ := drain(t, j)
	wantSeqs(t, "own", seqsOf(logs, j.Own()), 1, 800)
	for _, l := range logs {
		if !slices.IsSortedFunc(l.Taps, func(a, b wire.Tap) int { return int(int64(a.Tick) - int64(b.Tick)) }) {
			t.Error("ticks go backwards")
		}
	}
}

func TestSentUntilCommittedKeptUntilSafe(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	must(t, j.Append(taps(reader, 1, 100)...))
	_, parcels := drain(t, j)
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(100)}})
	for _, p := range parcels {
		if left := j.Answered(p); left != 0 {
			t.Errorf("%d taps left", left)
		}
	}
	if logs, _ := drain(t, j); len(logs) != 0 {
		t.Errorf("committed taps were sent again: %v", logs)
	}
	must(t, j.Tidy())
	crash(j)
	j = open(t, dir)
	if logs, _ := drain(t, j); len(seqsOf(logs, reader)) != 0 {
		t.Errorf("committed taps were sent again after a crash")
	}
	// I2: not safe yet, so a mark that moves backwards makes them due.
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(40)}})
	logs, _ := drain(t, j)
	wantSeqs(t, "after the mark moved backwards", seqsOf(logs, reader), 41, 100)
}

func TestPairsAndStartAreSentUntilAnsweredAndAgainWhenTheServerGoesBack(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	pair := Pair{reader, wire.Pair{Tick: 5, Instant: 1_700_000_000_000, Bound: 9, Source: wire.SourceServer}}
	must(t, j.Heard(Start{Stream: reader, Start: wire.Start{Predecessor: 4, TolerancePPM: 20}, Highest: 2}))
	must(t, j.Append(append(taps(reader, 1, 2), pair)...))
	must(t, j.Append(pair))
	look := func(when string, want int) []*Parcel {
		t.Helper()
		logs, parcels := drain(t, j)
		starts, pairs := 0, 0
		for _, l := range logs {
			if l.Start != nil {
				starts++
			}
			pairs += len(l.Pairs)
		}
		if starts != want || pairs != want {
			t.Errorf("%s: %d starts and %d pairs, want %d", when, starts, pairs, want)
		}
		return parcels
	}
	for _, p := range look("first", 1) {
		j.Return(p)
	}
	for _, p := range look("after the time-out", 1) {
		j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(2)}})
		j.Answered(p)
	}
	look("answered", 0)
	must(t, j.Close())
	j = open(t, dir)
	look("after a restart", 0)
	j.Mark([]wire.Mark{{Stream: reader}})
	look("after the server went back", 1)
}

func TestARefusedBatchIsHeldUntilAskedFor(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	must(t, j.Append(taps(reader, 1, 10)...))
	_, parcels := drain(t, j)
	j.Hold(parcels[0])
	must(t, j.Close())
	j = open(t, dir)
	if logs, _ := drain(t, j); len(seqsOf(logs, reader)) > 0 {
		t.Errorf("held taps were sent")
	}
	missing := j.Ask([]wire.Span{{Stream: reader, From: 3, To: 12}})
	if want := (wire.Span{Stream: reader, From: 11, To: 12}); len(missing) != 1 || missing[0] != want {
		t.Errorf("missing %v, want %v", missing, want)
	}
	logs, _ := drain(t, j)
	wantSeqs(t, "asked", seqsOf(logs, reader), 3, 10)
}

// A reader that was carried to another site spoils its batches; its
// neighbours' taps must not wait for that to be put right.
func TestARefusedBatchOfSeveralStreamsIsSentAgainStreamByStream(t *testing.T) {
	j := open(t, folder(t))
	other := wire.Stream{Origin: reader.Origin + 1, Epoch: 3}
	must(t, j.Append(append(taps(reader, 1, 5), taps(other, 1, 5)...)...))
	p, err := j.Take(true, 100)
	must(t, err)
	if len(p.parts) != 2 || j.Hold(p) != 0 {
		t.Fatalf("%d parts, want 2, and nothing held yet", len(p.parts))
	}
	for range 2 {
		p, err := j.Take(true, 100)
		must(t, err)
		if len(p.parts) != 1 {
			t.Fatalf("%d streams travel together", len(p.parts))
		}
		if p.Batch.Logs[0].Stream == other {
			if held := j.Hold(p); held != 5 {
				t.Errorf("%d held, want 5", held)
			}
			continue
		}
		j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(5)}})
		j.Answered(p)
	}
	if logs, _ := drain(t, j); len(seqsOf(logs, other))+len(seqsOf(logs, reader)) > 0 {
		t.Errorf("sent again: %v", logs)
	}
	must(t, j.Append(append(taps(reader, 6, 7), taps(other, 6, 6)...)...))
	for _, p := range []*Parcel{take(t, j), take(t, j)} {
		if len(p.parts) != 1 {
			t.Error("the refused stream travels with another before it was answered")
		}
	}
}

func take(t *testing.T, j *Journal) *Parcel {
	t.Helper()
	p, err := j.Take(true, 100)
	must(t, err)
	if p == nil {
		t.Fatal("nothing is due")
	}
	return p
}

// A server restored from a backup lacks taps of streams that are quiet now: it
// is told of them at the next connection.
func TestTheHighestSeqIsToldAgainAtEveryConnection(t *testing.T) { // I2
	j := open(t, folder(t))
	must(t, j.Append(Start{Stream: reader}))
	must(t, j.Append(taps(reader, 1, 5)...))
	p := take(t, j)
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(5)}})
	j.Answered(p)
	if _, other := j.Due(true); other {
		t.Fatal("something is due after the answer")
	}
	j.SplitLive()
	if p := take(t, j); p.Taps() != 0 || p.Batch.Logs[0].Highest != 5 {
		t.Errorf("%d taps, logs %v", p.Taps(), p.Batch.Logs)
	}
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(2)}}) // its answer
	if backlog, _ := j.Due(false); backlog != 3 {
		t.Errorf("%d are due again, want 3", backlog)
	}
}

func TestManyRepeatsFitIntoOneBatch(t *testing.T) {
	j := open(t, folder(t))
	for origin := range uint64(20) {
		s := wire.Stream{Origin: reader.Origin + origin, Epoch: 1}
		must(t, j.Append(taps(s, 1, 60)...))
		for seq := range uint64(60) {
			again := tapOf(s, seq+1)
			again.Tick++
			must(t, j.Append(again))
		}
	}
	repeats := 0
	logs, parcels := drain(t, j)
	for _, p := range parcels {
		if _, err := wire.DecodeBatch(p.Batch.Encode()); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range logs {
		if len(l.Taps) == 1 && l.Taps[0].Tick%1000 == 1 {
			repeats++
		}
	}
	if repeats != 20*60 {
		t.Errorf("%d repeats were sent, want all", repeats)
	}
}

func TestLiveTapsGoBeforeTheBacklog(t *testing.T) {
	j := open(t, folder(t))
	must(t, j.Append(taps(reader, 1, 500)...))
	j.SplitLive()
	must(t, j.Append(taps(reader, 501, 503)...))
	if live, _ := j.Due(true); live != 3 {
		t.Errorf("%d live, want 3", live)
	}
	logs, _ := drain(t, j)
	seqs := seqsOf(logs, reader)
	wantSeqs(t, "live", seqs[:3], 501, 503)
	wantSeqs(t, "backlog", seqs[3:], 1, 500)
}

func TestTheSameNameWithOtherBytesIsSentForTheServerToCompare(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	other := tapOf(reader, 2)
	other.Token = wire.Token{9, 9, 9}
	must(t, j.Append(taps(reader, 1, 3)...))
	must(t, j.Append(tapOf(reader, 2), other))
	must(t, j.Append(other))
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(3)}})
	logs, parcels := drain(t, j)
	var got []wire.Tap
	for _, l := range logs {
		got = append(got, l.Taps...)
	}
	if len(got) != 1 || got[0] != other.Tap {
		t.Errorf("sent %v, want only the other one", got)
	}
	for _, p := range parcels {
		j.Answered(p)
	}
	if logs, _ := drain(t, j); len(logs) != 0 {
		t.Errorf("sent again after the answer: %v", logs)
	}
}

func TestAHighestSeqWithoutItsTapIsTold(t *testing.T) {
	j := open(t, folder(t))
	must(t, j.Heard(Start{Stream: reader, Highest: 4}))
	_, parcels := drain(t, j)
	for _, p := range parcels {
		j.Answered(p)
	}
	must(t, j.Heard(Start{Stream: reader, Highest: 9}))
	logs, _ := drain(t, j)
	if len(logs) != 1 || logs[0].Highest != 9 {
		t.Errorf("sent %v, want highest 9", logs)
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	dir := folder(t)
	open(t, dir)
	_, err := Open(dir, gatewayID)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v, want ErrInUse naming the folder", err)
	}
}

func TestAnotherGatewaysJournalIsRefused(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	must(t, j.Append(taps(reader, 1, 1)...))
	crash(j)
	if _, err := Open(dir, gatewayID+1); err == nil || !strings.Contains(err.Error(), "belongs to gateway 7") {
		t.Errorf("%v", err)
	}
}

func TestUnreadableMarksCostOnlySending(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	must(t, j.Append(taps(reader, 1, 5)...))
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(5)}})
	must(t, j.Close())
	must(t, os.WriteFile(filepath.Join(dir, marksFile), []byte("{}\n00000000\n"), 0o600))
	j = open(t, dir)
	logs, _ := drain(t, j)
	wantSeqs(t, "all", seqsOf(logs, reader), 1, 5)
	if j.Damaged() != 1 {
		t.Errorf("damaged %d, want 1", j.Damaged())
	}
}

func TestARecordOutOfRangeIsRefusedAlone(t *testing.T) {
	j := open(t, folder(t))
	if err := j.Append(tapOf(reader, 0)); !errors.Is(err, errRecord) {
		t.Errorf("%v, want errRecord", err)
	}
	must(t, j.Append(tapOf(reader, 1)))
}
