package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"testing"

	"tikklok/gateway/wire"
)

func twinOf(n int) Twin {
	t := Twin{wire.Twin{OldVersion: 1, NewVersion: 2}}
	binary.LittleEndian.PutUint32(t.Old[:], uint32(n))
	binary.LittleEndian.PutUint32(t.New[4:], uint32(n))
	return t
}

func named(t *testing.T, j *Journal, twins ...Twin) {
	t.Helper()
	_, err := j.Name(1, wire.Tap{Tick: 5, Reader: "door"}, twins...)
	must(t, err)
}

// sentTwins drains a journal and gives the twins sent, each with its parcel.
func sentTwins(t *testing.T, j *Journal) (twins []wire.Twin, parcels []*Parcel) {
	t.Helper()
	_, parcels = drain(t, j)
	for _, p := range parcels {
		twins = append(twins, p.Batch.Twins...)
	}
	return twins, parcels
}

func wantTwins(t *testing.T, what string, j *Journal, want ...Twin) []*Parcel {
	t.Helper()
	got, parcels := sentTwins(t, j)
	var plain []wire.Twin
	for _, w := range want {
		plain = append(plain, w.Twin)
	}
	if !slices.Equal(got, plain) {
		t.Errorf("%s: sent %v, want %v", what, got, plain)
	}
	return parcels
}

func TestATwinIsSentWithItsTapAndUntilItsBatchIsAnswered(t *testing.T) { // I7
	dir := folder(t)
	j := open(t, dir)
	named(t, j, twinOf(1))
	named(t, j, twinOf(1))
	parcels := wantTwins(t, "with the tap, once", j, twinOf(1))
	if parcels[0].Taps() != 2 {
		t.Errorf("%d taps beside the twin, want 2", parcels[0].Taps())
	}
	wantTwins(t, "in flight", j)
	j.Return(parcels[0])
	wantTwins(t, "the answer was lost", j, twinOf(1))
	crash(j)

	j = open(t, dir)
	for _, p := range wantTwins(t, "after a kill", j, twinOf(1)) {
		j.Answered(p)
	}
	named(t, j, twinOf(1))
	wantTwins(t, "answered, tapped again", j)
	must(t, j.Tidy())
	crash(j)

	j = open(t, dir)
	named(t, j, twinOf(1))
	wantTwins(t, "answered before the restart", j)
	named(t, j, twinOf(2))
	wantTwins(t, "another fob", j, twinOf(2))
}

func TestATwinThatCantBeStoredLeavesNoTapWithoutIt(t *testing.T) {
	dir := tiny(t, "160")
	j := open(t, dir)
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = j.Name(1, wire.Tap{Tick: uint64(n), Reader: "door"}, twinOf(n))
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("want %v, got %v", ErrFull, err)
	}
	crash(j)
	j = open(t, dir)
	twins, _ := sentTwins(t, j)
	if len(twins) != n-1 || j.Unsent() != uint64(n-1) {
		t.Errorf("%d twins and %d taps are there, %d of each were accepted", len(twins), j.Unsent(), n-1)
	}
}

func TestAnUnansweredTwinOutlivesItsSegment(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	j.limit = 2000
	must(t, j.Append(twinOf(1), tapOf(reader, 1)))
	for seq := uint64(2); seq <= 200; seq++ {
		must(t, j.Append(tapOf(reader, seq)))
	}
	before := files(t, dir)
	first, err := os.ReadFile(segmentPath(dir, 1))
	must(t, err)
	_, parcels := sentTwins(t, j)
	j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(200), Safe: upTo(200)}})
	for _, p := range parcels {
		j.Return(p) // marks came with another batch's receipt
	}
	must(t, j.Tidy())
	if after := files(t, dir); after >= before {
		t.Errorf("%d segments, there were %d", after, before)
	}
	crash(j)
	must(t, os.WriteFile(segmentPath(dir, 1), first, 0o600))
	j = open(t, dir)
	wantTwins(t, "killed before the segment was gone", j, twinOf(1))
	crash(j)
	must(t, os.Remove(segmentPath(dir, 1)))
	j = open(t, dir)
	wantTwins(t, "moved", j, twinOf(1))
}

func TestTwinsAreSentAgainWhenTheServerGoesBack(t *testing.T) { // I2
	j := open(t, folder(t))
	must(t, j.Append(twinOf(1), tapOf(reader, 1)))
	answerAll(t, j, 1, 0)
	wantTwins(t, "answered", j)
	j.Mark([]wire.Mark{{Stream: reader}})
	wantTwins(t, "gone back", j, twinOf(1))
}

func TestARefusedTwinHoldsUpNoTap(t *testing.T) {
	j := open(t, folder(t))
	must(t, j.Append(twinOf(1), tapOf(reader, 1)))
	p := take(t, j)
	if held := j.Hold(p); held != 0 {
		t.Errorf("%d taps are held for what a twin may have spoilt", held)
	}
	for range 2 {
		p := take(t, j)
		if len(p.Batch.Twins) > 0 && p.Taps() > 0 {
			t.Fatal("they travel together again")
		}
		if p.Taps() == 0 {
			j.Hold(p)
			continue
		}
		j.Mark([]wire.Mark{{Stream: reader, Committed: upTo(1)}})
		j.Answered(p)
	}
	wantTwins(t, "refused alone", j)
	must(t, j.Append(twinOf(2), tapOf(reader, 2)))
	p = take(t, j)
	j.Answered(p)
	if len(p.Batch.Twins) != 1 {
		t.Error("later twins are not sent")
	}
}

func TestAnExportHoldsTwins(t *testing.T) {
	dir := folder(t)
	j := open(t, dir)
	must(t, j.Append(twinOf(1), tapOf(reader, 1)))
	for _, all := range []bool{false, true} {
		if got := exportedTwins(t, dir, all); !slices.Equal(got, []wire.Twin{twinOf(1).Twin}) {
			t.Errorf("all=%v: exported %v", all, got)
		}
		answerAll(t, j, 1, 1)
		must(t, j.Tidy())
	}
	if got := exportedTwins(t, dir, false); len(got) > 0 {
		t.Errorf("exported again: %v", got)
	}
}

func TestAHundredThousandTwinsTakeLittleMemoryAndNoTapWaits(t *testing.T) {
	j := open(t, folder(t))
	var records []Record
	for n := range 100_000 {
		records = append(records, twinOf(n))
	}
	must(t, j.Append(append(records, tapOf(reader, 1))...))
	if n := len(j.twins.known); n > maxTwins {
		t.Errorf("%d twins are kept in memory, at most %d should be", n, maxTwins)
	}
	logs, parcels := drain(t, j)
	wantSeqs(t, "the tap", seqsOf(logs, reader), 1, 1)
	for _, p := range parcels {
		j.Answered(p)
	}
	must(t, j.Append(twinOf(100_000)))
	wantTwins(t, "there is room again", j, twinOf(100_000))
}

func TestATwinOutOfRangeIsRefused(t *testing.T) {
	j := open(t, folder(t))
	for _, versions := range [][2]uint32{{0, 1}, {1, 1}, {2, 1}, {1, wire.MaxKeyVersion + 1}} {
		bad := twinOf(1)
		bad.OldVersion, bad.NewVersion = versions[0], versions[1]
		if err := j.Append(bad); err == nil {
			t.Errorf("versions %v were taken", versions)
		}
		if _, err := j.Name(1, wire.Tap{}, bad); err == nil {
			t.Errorf("versions %v were taken with a tap", versions)
		}
	}
}

func exportedTwins(t *testing.T, dir string, all bool) (twins []wire.Twin) {
	t.Helper()
	var file bytes.Buffer
	_, err := Export(dir, &file, all)
	must(t, err)
	r, err := wire.NewExportReader(&file)
	must(t, err)
	for {
		payload, err := r.Next()
		if err != nil {
			return twins
		}
		b, err := wire.DecodeBatch(payload)
		must(t, err)
		twins = append(twins, b.Twins...)
	}
}
