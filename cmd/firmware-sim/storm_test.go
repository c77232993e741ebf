package main

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"tikklok/gateway/wire"
)

func stormOf(backlog int) *stormGateway {
	g := &stormGateway{id: 7, random: rand.New(rand.NewPCG(1, 1)), tally: newStormTally()}
	g.outage(backlog, time.UnixMilli(1_790_000_000_000))
	g.land()
	return g
}

func asStored(g *stormGateway) (all []row) {
	for i, t := range g.taps {
		all = append(all, row{name: wire.Name{Stream: g.stream, Seq: uint64(i + 1)}, wall: t.at, token: g.token(uint64(i + 1))})
	}
	return all
}

func TestAStormIsJudgedByName(t *testing.T) {
	g := stormOf(5)
	for name, c := range map[string]struct {
		change           func([]row) []row
		lost, duplicated int
	}{
		"all there":                 {func(r []row) []row { return r }, 0, 0},
		"one missing":               {func(r []row) []row { return r[1:] }, 1, 0},
		"one twice":                 {func(r []row) []row { return append(r, r[0]) }, 0, 1},
		"one under another's token": {func(r []row) []row { r[2].token[0]++; return r }, 1, 0},
		"one at another time":       {func(r []row) []row { r[2].wall++; return r }, 1, 0},
		"one that nobody made":      {func(r []row) []row { return append(r, row{name: wire.Name{Stream: g.stream, Seq: 6}}) }, 0, 1},
		"a stream that nobody has":  {func(r []row) []row { return append(r, row{name: wire.Name{Seq: 1}}) }, 0, 1},
	} {
		lost, duplicated := judgeStorm([]*stormGateway{g}, c.change(asStored(g)))
		if lost != c.lost || duplicated != c.duplicated {
			t.Errorf("%s: %d lost, %d stored twice; want %d and %d", name, lost, duplicated, c.lost, c.duplicated)
		}
	}
}

func TestALightGatewaySendsLiveTapsFirstAndBacklogAtTheServersPace(t *testing.T) {
	g := stormOf(1000)
	now := time.UnixMilli(1_790_000_010_000)
	g.moments = []time.Time{now.Add(-stormFlush)}
	g.tap(now)
	f := g.takeNext(now)
	if f == nil || len(f.seqs) != 1 || f.seqs[0] != 1001 {
		t.Fatalf("first %+v, want the live tap", f)
	}
	g.flights[1] = f
	for i := range stormWindow - 2 {
		if f = g.takeNext(now); f == nil || len(f.seqs) != stormBatch {
			t.Fatalf("batch %d of the backlog: %+v", i, f)
		}
		g.flights[uint32(i+2)] = f
	}
	if f = g.takeNext(now); f != nil {
		t.Error("backlog took the last place, which is for live taps")
	}
	clear(g.flights)
	g.pace(&wire.Receipt{Pace: 3000}, now)
	if f = g.takeNext(now.Add(2999 * time.Millisecond)); f != nil {
		t.Error("backlog went before its turn")
	}
	if f = g.takeNext(now.Add(4501 * time.Millisecond)); f == nil {
		t.Error("backlog did not go at its turn")
	}
	if f = g.takeNext(now.Add(4501 * time.Millisecond)); f != nil {
		t.Error("two batches went in one turn")
	}
}

func TestWhatIsAnsweredButNotCommittedIsSentAgain(t *testing.T) {
	g := stormOf(10)
	f := g.take(&g.backlog, time.UnixMilli(1_790_000_010_000))
	g.flights[5] = f
	g.answered(5, &wire.Receipt{Marks: []wire.Mark{{Stream: g.stream, Committed: []wire.Range{{From: 1, To: 7}}}}}, time.UnixMilli(1_790_000_011_000))
	if len(g.backlog) != 3 || g.backlog[0] != 8 || g.tally.committed.Load() != 7 {
		t.Errorf("%v are sent again, %d count as committed", g.backlog, g.tally.committed.Load())
	}
}

func TestPercentiles(t *testing.T) {
	all := []int64{5, 1, 4, 2, 3}
	for p, want := range map[int]int64{1: 1, 50: 3, 99: 5, 100: 5} {
		if got := percentile(all, p); got != want {
			t.Errorf("%d: %d, want %d", p, got, want)
		}
	}
	if percentile(nil, 99) != 0 {
		t.Error("none has one")
	}
}

func TestMemoryIsReadFromTheKernel(t *testing.T) {
	if n, err := peakMemory(os.Getpid()); err != nil || n < 1<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if _, err := peakMemory(1 << 30); err == nil {
		t.Error("a process that isn't there has memory")
	}
	if _, parent, ok := parentOf("/proc/self/stat"); !ok || parent != os.Getppid() {
		t.Errorf("parent %d", parent)
	}
}

func TestTooManyGatewaysForTheMachineAreToldBeforeAnythingStarts(t *testing.T) {
	if err := enoughFiles(1 << 40); err == nil {
		t.Error("it would start")
	}
}
