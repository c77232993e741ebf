package ingest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/fleet"
)

// book is a log that can be read while it is written.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestAnExternalBrokerIsReachedOverTLSOnly(t *testing.T) {
	for _, address := range []string{"", "localhost:8883", "mqtt://localhost:1883", "http://localhost:8883", "mqtts://localhost", "mqtts://local host:1"} {
		if _, err := newRemote(Remote{URL: address}, nil, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "mqtts://host:port") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWhyAnExternalBrokerCannotBeReachedIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	var told book
	c, err := newRemote(Remote{URL: "mqtts://" + address}, nil, slog.New(slog.NewTextHandler(&told, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.start(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(told.String(), "connection refused"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log says %q", told.String())
		}
	}
}

func TestTheBrokersLogTellsWhatFailedAndNotWhatEnded(t *testing.T) {
	var told book
	log := slog.New(withoutPackets{slog.NewTextHandler(&told, nil)})
	log.Warn("", "error", io.EOF)
	log.Warn("", "error", &net.OpError{Op: "read", Err: net.ErrClosed})
	if told.String() != "" {
		t.Errorf("told %q", told.String())
	}
	log.Warn("", "error", fleet.ErrNotFound, "pk", "tokens")
	if got := told.String(); !strings.Contains(got, "a connection failed") || strings.Contains(got, "tokens") {
		t.Errorf("told %q", got)
	}
}
