package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

func TestPartsStopInReverseAndWaitForEachOther(t *testing.T) {
	var mu sync.Mutex
	var stopped []string
	named := func(name string) part {
		return part{name, func(ctx context.Context) error {
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			stopped = append(stopped, name)
			return ctx.Err()
		}}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := runParts(ctx, []part{named("a"), named("b"), named("c")}); err != nil {
		t.Error(err)
	}
	if !slices.Equal(stopped, []string{"c", "b", "a"}) {
		t.Errorf("stopped %v", stopped)
	}
}

func TestAFailingPartStopsAllAndIsNamed(t *testing.T) {
	wrong := errors.New("the disk is full")
	waits := part{"waits", func(ctx context.Context) error { <-ctx.Done(); return nil }}
	fails := part{"fails", func(context.Context) error { return wrong }}
	err := runParts(t.Context(), []part{waits, fails, waits})
	if !errors.Is(err, wrong) || err.Error() != "fails: the disk is full" {
		t.Errorf("got %v", err)
	}
}
