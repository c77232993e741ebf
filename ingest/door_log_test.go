package ingest

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestStrangersCannotFillTheLog(t *testing.T) {
	log := &safeBuffer{}
	h, now := newHearsay(slog.New(slog.NewTextHandler(log, nil))), time.Unix(1_790_000_000, 0)
	for range 10_000 {
		h.warn(now, "a connection failed")
	}
	if n := strings.Count(log.String(), "\n"); n != hearsayBurst {
		t.Errorf("%d lines, want %d", n, hearsayBurst)
	}
	h.warn(now.Add(hearsayEvery), "a connection failed")
	if !strings.Contains(log.String(), "untold=9900") {
		t.Error("nobody learns how many were not told")
	}
}
