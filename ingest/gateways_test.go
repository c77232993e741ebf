package ingest

import (
	"testing"
	"time"
)

func TestWhoComesWhileALookUpIsUnderWaySharesTheNext(t *testing.T) {
	w := newWorld(t)
	here := []gateway{w.addGateway(w.site, "a"), w.addGateway(w.site, "b"), w.addGateway(w.site, "c")}
	g := newGateways(w.db)
	g.last = &inquiry{done: make(chan struct{})} // one that takes long
	found := make(chan error)
	for _, want := range here {
		go func() {
			_, err := g.find(t.Context(), want.id)
			found <- err
		}()
	}
	w.until("all joined", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.next != nil && len(g.next.ids) == len(here)
	})
	close(g.last.done)
	for range here {
		select {
		case err := <-found:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("not answered")
		}
	}
	if _, err := g.find(t.Context(), 99999); err == nil {
		t.Error("found one that isn't there")
	}
}
