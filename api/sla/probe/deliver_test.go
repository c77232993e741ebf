package probe

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func courier(t *testing.T, b *Book, h http.HandlerFunc) *Courier {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Courier{Book: b, Server: u, Key: "tk_x", Client: server.Client(), Log: slog.New(slog.DiscardHandler)}
}

func TestADeliveryGoesOnWhereTheAnswerWasLost(t *testing.T) {
	b := open(t, t.TempDir())
	for n := range 3 {
		write(t, b, n, Up)
	}
	var bodies []string
	c := courier(t, b, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // of an older version
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		if len(bodies) == 1 { // kept there, and the answer lost
			panic(http.ErrAbortHandler)
		}
		if r.Header.Get("Authorization") != "Bearer tk_x" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	if _, err := c.Deliver(t.Context(), time.Now()); err == nil || len(b.Waiting(9)) != 3 {
		t.Fatalf("a lost answer: %v, %d wait", err, len(b.Waiting(9)))
	}
	if n, err := c.Deliver(t.Context(), time.Now()); err != nil || n != 3 || len(b.Waiting(9)) != 0 {
		t.Fatalf("again: %d, %v, %d wait", n, err, len(b.Waiting(9)))
	}
	if bodies[0] != bodies[1] || strings.Count(bodies[0], `"at"`) != 3 {
		t.Errorf("told %s and %s", bodies[0], bodies[1])
	}
}

// A server that refuses all, as one of another version may, is not flooded.
func TestAServerThatRefusesAllIsOfferedAFewAtATime(t *testing.T) {
	b := open(t, t.TempDir())
	for n := range 100 {
		write(t, b, n, Up)
	}
	asked := 0
	c := courier(t, b, func(w http.ResponseWriter, _ *http.Request) { asked++; w.WriteHeader(http.StatusUnprocessableEntity) })
	var said answer
	n, err := c.Deliver(t.Context(), time.Now())
	if !errors.As(err, &said) || n != refusedMost || len(b.Waiting(1000)) != 100-refusedMost || asked > 3*refusedMost {
		t.Errorf("%d passed over, %d wait, asked %d times, %v", n, len(b.Waiting(1000)), asked, err)
	}
}

func TestAKeyThatWasRevokedIsSaidToBe(t *testing.T) {
	b := open(t, t.TempDir())
	write(t, b, 0, Up)
	c := courier(t, b, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	if _, err := c.Deliver(t.Context(), time.Now()); err == nil || !strings.Contains(fmt.Sprint(err), "probe add") || len(b.Waiting(9)) != 1 {
		t.Errorf("%v, %d wait", err, len(b.Waiting(9)))
	}
}
