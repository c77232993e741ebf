package ingest

import (
	"log/slog"
	"testing"
	"time"
)

func TestAGatewayMaySendAJournalAtOnceAndAStreamAfterIt(t *testing.T) {
	a := newAllowances(slog.New(slog.DiscardHandler))
	now := time.Unix(1000, 0)
	if wait, news := a.take(1, gulp, now); wait != 0 || news {
		t.Errorf("the first gulp waits %v", wait)
	}
	if wait, news := a.take(1, flow, now); wait != time.Second || !news {
		t.Errorf("what comes after waits %v, news %v", wait, news)
	}
	if wait, _ := a.take(2, 1, now); wait != 0 {
		t.Errorf("another gateway waits %v", wait)
	}
	if wait, news := a.take(1, flow, now.Add(2*time.Second)); wait != 0 || news {
		t.Errorf("two seconds later it waits %v", wait)
	}
	if wait, news := a.take(1, flow, now.Add(2*time.Second)); wait == 0 || news {
		t.Errorf("waits %v, told again: %v", wait, news)
	}
	later := now.Add(time.Minute)
	if _, news := a.take(1, 2*gulp, later); !news {
		t.Error("a second flood, after it was calm, is no news")
	}
	a.take(2, 1, later.Add(time.Minute))
	if len(a.buckets) != 1 {
		t.Errorf("%d buckets are kept, want that of the one that just sent", len(a.buckets))
	}
}
