package sim

import (
	"reflect"
	"testing"
	"time"
)

var posts = Posts{Desks: 3, Others: 5}

func TestAScheduleIsTheSameForTheSameSeed(t *testing.T) {
	a, b := Schedule(7, 200, posts, time.Minute), Schedule(7, 200, posts, time.Minute)
	if !reflect.DeepEqual(a, b) {
		t.Error("two schedules of one seed differ")
	}
	if reflect.DeepEqual(a, Schedule(8, 200, posts, time.Minute)) {
		t.Error("another seed gives the same schedule")
	}
}

func TestTwoHundredFaultsKillEachProcessMoreThanThirtyTimes(t *testing.T) {
	for seed := range uint64(20) {
		kinds := map[FaultKind]int{}
		last := time.Duration(0)
		for _, f := range Schedule(seed, 200, posts, time.Minute) {
			kinds[f.Kind]++
			if f.At < last || f.At > time.Minute {
				t.Fatalf("seed %d: %s after %s", seed, f.At, last)
			}
			last = f.At
		}
		for _, s := range shares {
			if kinds[s.kind] != s.share {
				t.Errorf("seed %d: %d × %s, want %d", seed, kinds[s.kind], s.kind, s.share)
			}
		}
	}
}

func TestBytesAreDestroyedOnlyWhereReadersKeepTheTaps(t *testing.T) { // I2
	for _, f := range Schedule(3, 2000, posts, time.Minute) {
		desk := f.Post < posts.Desks
		switch f.Kind {
		case FlippedJournal, DeadForGood:
			if desk {
				t.Errorf("%s", f)
			}
		case OldImage:
			if !desk {
				t.Errorf("%s: no gateway there names taps", f)
			}
		}
	}
}
