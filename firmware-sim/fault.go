package sim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of faults.
const (
	KillGateway    FaultKind = "kill gateway"
	KillBroker     FaultKind = "kill broker"
	KillIngest     FaultKind = "kill ingest"
	KillPostgreSQL FaultKind = "kill postgresql"
	Unplug         FaultKind = "unplug a reader"
	FullDisk       FaultKind = "full disk"
	TornJournal    FaultKind = "torn journal"
	FlippedJournal FaultKind = "flipped journal bytes"
	OldImage       FaultKind = "journal of an old image"
	DeadForGood    FaultKind = "gateway dies for good"
	ClockTo1970    FaultKind = "clock to 1970"
	ClockTo2042    FaultKind = "clock to 2042"
	ClockBackwards FaultKind = "clock runs backwards"
	Duplicates     FaultKind = "batches repeated and out of order"
	LostReceipts   FaultKind = "receipts lost"
	DeadHour       FaultKind = "no coverage"
	CutConnection  FaultKind = "connection cut"
	BatterySwap    FaultKind = "battery swapped"
)

// shares say how often each kind comes, in so many of 200 faults: each of the
// four processes at least 31 times.
var shares = []struct {
	kind  FaultKind
	share int
}{
	{KillGateway, 34}, {KillIngest, 33}, {KillPostgreSQL, 32}, {KillBroker, 31},
	{Unplug, 8}, {FullDisk, 6}, {TornJournal, 6}, {FlippedJournal, 6}, {OldImage, 4}, {DeadForGood, 3},
	{ClockTo1970, 6}, {ClockTo2042, 5}, {ClockBackwards, 3},
	{Duplicates, 6}, {LostReceipts, 5}, {DeadHour, 5}, {CutConnection, 4}, {BatterySwap, 3},
}

// Fault is one thing that goes wrong.
type Fault struct {
	At   time.Duration // since the first, not before
	Kind FaultKind
	Post int           // where, for those that hit a gateway or its readers
	Pick uint64        // for whatever else there is to choose
	For  time.Duration // until it is mended
}

// String gives what stands in the log.
func (f Fault) String() string {
	where := ""
	if !f.Central() {
		where = fmt.Sprintf(" at post %d", f.Post)
	}
	return fmt.Sprintf("%s%s for %.1f s", f.Kind, where, f.For.Seconds())
}

// Central says whether a fault hits what all gateways share.
func (f Fault) Central() bool {
	return f.Kind == KillBroker || f.Kind == KillIngest || f.Kind == KillPostgreSQL
}

// Posts counts where gateways stand: the first ones are desks, with readers
// without memory; at the others all readers have one.
type Posts struct{ Desks, Others int }

// place draws a post where a fault harms no tap that only the gateway holds
// (I2): bytes of a journal are destroyed only where readers keep theirs, and an
// old image is put back at a desk, whose gateway names taps itself (I1).
func (p Posts) place(kind FaultKind, random *rand.Rand) int {
	switch {
	case kind == OldImage && p.Desks > 0:
		return random.IntN(p.Desks)
	case (kind == DeadForGood || kind == FlippedJournal || kind == BatterySwap) && p.Others > 0:
		return p.Desks + random.IntN(p.Others)
	}
	return random.IntN(p.Desks + p.Others)
}

// Schedule draws what goes wrong and when, over a time: the same for the same
// seed.
func Schedule(seed uint64, faults int, posts Posts, over time.Duration) []Fault {
	random := rand.New(rand.NewPCG(seed, 0x6661756C74))
	kinds := mix(faults)
	random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	schedule := make([]Fault, faults)
	for i, kind := range kinds {
		within := (float64(i) + random.Float64()) / float64(faults)
		schedule[i] = Fault{
			At: time.Duration(within * float64(over)).Round(time.Millisecond), Kind: kind,
			Post: posts.place(kind, random), Pick: random.Uint64(), For: lasts(kind, random).Round(time.Millisecond),
		}
	}
	return schedule
}

// mix gives the kinds of so many faults, each as near to its share as can be.
func mix(faults int) []FaultKind {
	given := make([]int, len(shares))
	var kinds []FaultKind
	for n := 1; n <= faults; n++ {
		next, most := 0, -1<<31
		for i, s := range shares {
			if behind := s.share*n - 200*given[i]; behind > most {
				next, most = i, behind
			}
		}
		given[next]++
		kinds = append(kinds, shares[next].kind)
	}
	return kinds
}

// lasts is how long a fault lasts, where it is not over at once.
func lasts(kind FaultKind, random *rand.Rand) time.Duration {
	seconds := func(from, to float64) time.Duration {
		return time.Duration((from + random.Float64()*(to-from)) * float64(time.Second))
	}
	switch kind {
	case KillGateway, KillBroker, KillIngest, KillPostgreSQL:
		return seconds(0, 0.5)
	case Unplug, FullDisk:
		return seconds(1, 5)
	case ClockTo1970, ClockTo2042, ClockBackwards, Duplicates, DeadHour:
		return seconds(8, 20)
	case LostReceipts, OldImage:
		return seconds(4, 8)
	}
	return seconds(0.1, 1)
}
