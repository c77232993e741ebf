package probe

import (
	"encoding/json"
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
		fmt.Fprint(w, `{"new":3,"maintenance":[]}`)
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

// A captive portal answers everything with its own page, and 200.
func TestWhatSomethingElseTookIsNotDelivered(t *testing.T) {
	for name, answers := range map[string]http.HandlerFunc{
		"a portal's page":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<form action=/login>") },
		"nothing":           func(http.ResponseWriter, *http.Request) {},
		"JSON of another":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"days":null,"ok":true}`) },
		"an endless answer": func(w http.ResponseWriter, _ *http.Request) { endless(w, nil) },
		"a portal's address": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/portal" {
				fmt.Fprint(w, `{"new":1,"days":[]}`)
				return
			}
			http.Redirect(w, r, "/portal", http.StatusFound)
		},
		"a circle": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, t.TempDir())
			c := courier(t, b, answers)
			if _, err := c.ask(t.Context(), minute(0)); !errors.Is(err, errStranger) {
				t.Errorf("asked which minutes are there: %v", err)
			}
			write(t, b, 0, Up)
			if _, err := c.Deliver(t.Context(), time.Now()); !errors.Is(err, errStranger) || len(b.Waiting(9)) != 1 {
				t.Errorf("told: %v, %d wait", err, len(b.Waiting(9)))
			}
		})
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

// A clock that was ahead for half an hour and was set right: what it named is
// refused, and the server isn't asked the same each minute until then.
func TestMinutesOfAClockThatWasAheadAreOfferedOnceAndNotEachMinute(t *testing.T) {
	b := open(t, t.TempDir())
	now := minute(0)
	for n := range 30 { // of the day after, an hour ahead
		write(t, b, 60+n, Up)
	}
	asked, told := 0, map[time.Time]bool{}
	c := courier(t, b, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Method == http.MethodGet {
			fmt.Fprint(w, `{"days":[]}`)
			return
		}
		var d Delivery
		if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
			t.Error(err)
		}
		for _, m := range d.Minutes {
			if m.At.After(now.Add(5 * time.Minute)) {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
		}
		for _, m := range d.Minutes {
			told[m.At] = true
		}
		fmt.Fprint(w, `{"new":1}`)
	})
	deliver := func() int {
		asked = 0
		_, _ = c.Deliver(t.Context(), now) // that it gives up is its error
		now = now.Add(time.Minute)
		return asked
	}
	deliver() // gives up after twenty
	deliver() // passes over the rest
	if n := len(b.Waiting(100)); n != 0 {
		t.Errorf("%d minutes wait still", n)
	}
	write(t, b, 0, Down)
	if n := deliver(); n != 1 || len(told) != 1 {
		t.Errorf("a minute of now: asked %d times, %d told", n, len(told))
	}
	for range 30 {
		if n := deliver(); n != 0 {
			t.Fatalf("at %s it was asked %d times", now, n)
		}
	}
	now = minute(60) // the hour is over, and most lies ahead still
	if n := deliver(); n > 3 || len(told) != 2 {
		t.Errorf("an hour later: asked %d times, %d told", n, len(told))
	}
	now = now.Add(compareEvery)
	if deliver(); len(told) != 31 {
		t.Errorf("a day later %d minutes are told, want all 31", len(told))
	}
}

// A clock that was over the month's end for a while: its file comes after that
// of the minutes which were written later.
func TestAfterARestartMinutesOfAClockThatWasSetBackAreToldInTheOrderOfTheirNames(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	for _, n := range []int{0, 2, 3, 1} { // October, November, and October again
		write(t, b, n, Up)
	}
	_ = b.Close()
	b = open(t, dir)
	for i, r := range b.Waiting(9) {
		if r.Seq != uint64(i+1) {
			t.Errorf("record %d waits at place %d", r.Seq, i+1)
		}
	}
	if s := b.Status(minute(1)); s.Newest.Seq != 4 || !s.Fresh {
		t.Errorf("the newest is %+v, fresh: %t; want the last that was written", s.Newest, s.Fresh)
	}
	posts := 0
	c := courier(t, b, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
		} else if posts++; posts > 5 {
			w.WriteHeader(http.StatusServiceUnavailable) // or it would never end
		}
		fmt.Fprint(w, `{"new":1}`)
	})
	if n, err := c.Deliver(t.Context(), minute(1)); err != nil || n != 4 || posts != 1 {
		t.Errorf("%d told in %d requests: %v", n, posts, err)
	}
}
