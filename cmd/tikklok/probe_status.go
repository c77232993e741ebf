package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/api/sla/probe"
)

// statusServer shows how the service does, from the probe's book: it works when
// the server doesn't.
type statusServer struct {
	book  *probe.Book
	clock probe.Clock
	name  string
	pages *page.Renderer
	zone  *time.Location
}

func newStatusServer(book *probe.Book, clock probe.Clock, name string) (*statusServer, error) {
	pages, err := page.Embedded()
	if err != nil {
		return nil, fmt.Errorf("preparing the status page: %w", err)
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return nil, fmt.Errorf("time zones: %w", err)
	}
	return &statusServer{book, clock, name, pages, zone}, nil
}

// run serves until ctx ends, and closes l.
func (s *statusServer) run(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /status.json", s.json)
	mux.Handle("GET "+page.AssetPrefix, s.pages.Assets())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("the status page: %w", err)
	case <-ctx.Done():
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(stop); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	}
}

func (s *statusServer) page(w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	if err := s.pages.Render(&b, s.view(statusLanguage(r))); err != nil {
		slog.Error("the status page failed", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	secure(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w) // the reader went away: nobody to tell
}

func secure(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", page.Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
}

// statusLanguage is what was chosen, else English for a browser that asks for it
// first, else Dutch.
func statusLanguage(r *http.Request) string {
	switch l := r.URL.Query().Get("language"); {
	case l == "nl" || l == "en":
		return l
	case strings.HasPrefix(r.Header.Get("Accept-Language"), "en"):
		return "en"
	}
	return "nl"
}

func (s *statusServer) view(language string) *page.Status {
	now := s.clock.Now().Wall.In(s.zone)
	st := s.book.Status(now)
	v := &page.Status{Frame: page.Frame{Language: language, Now: now, Path: "/"}, Work: s.announced(st.Work, language), Probe: s.name, Zone: s.zone.String(),
		State: stateOf(st), Tap: string(st.Newest.Tap), Skew: int(st.Newest.Skew() / time.Second), Lacking: st.Lacking, Waiting: st.Waiting}
	if st.Newest.Seq > 0 {
		v.At, v.Since = st.Newest.At.In(s.zone), st.Since.In(s.zone)
	}
	for _, d := range st.Days {
		v.Days = append(v.Days, page.StatusDay{Date: d.Date, Measured: d.Measured(), Down: d.Down})
		v.Minutes += d.Measured()
		v.Down += d.Down
	}
	return v
}

func (s *statusServer) announced(all []probe.Work, language string) (out []page.Announcement) {
	for _, w := range all {
		words := w.EN
		if language == "nl" {
			words = w.NL
		}
		from, until := w.From.In(s.zone), w.Until.In(s.zone)
		out = append(out, page.Announcement{Title: words.Title, Changes: words.Changes, From: from, Until: until, OneDay: from.YearDay() == until.YearDay() && from.Year() == until.Year()})
	}
	return out
}

// stateOf is up, down, or unknown where nothing says how it is now.
func stateOf(s probe.Status) string {
	if !s.Fresh {
		return "unknown"
	}
	return string(s.Newest.State)
}

// statusJSON is what other programs read.
type statusJSON struct {
	Probe   string          `json:"probe"`
	State   string          `json:"state"` // up, down or unknown
	Began   time.Time       `json:"began"` // of this run of the probe
	Minute  *time.Time      `json:"minute,omitempty"`
	Tap     probe.TapState  `json:"tap,omitempty"`
	Waiting int             `json:"waiting"` // minutes that the server hasn't got yet
	Lacking int             `json:"unmeasured"`
	Ahead   int             `json:"server_ahead_seconds,omitempty"` // where the clocks disagree; below zero: the probe's is ahead
	Work    []probe.Work    `json:"maintenance,omitempty"`          // announced, and not over
	Days    []statusDayJSON `json:"days"`
}

type statusDayJSON struct {
	Date string `json:"date"` // of Europe/Amsterdam
	Up   int    `json:"up"`
	Down int    `json:"down"`
	Late int    `json:"tap_waits"`
}

func (s *statusServer) json(w http.ResponseWriter, _ *http.Request) {
	st := s.book.Status(s.clock.Now().Wall.In(s.zone))
	out := statusJSON{Probe: s.name, State: stateOf(st), Began: s.clock.Began, Tap: st.Newest.Tap, Waiting: st.Waiting, Lacking: st.Lacking,
		Ahead: int(st.Newest.Skew() / time.Second), Work: st.Work}
	if st.Newest.Seq > 0 {
		out.Minute = &st.Newest.At
	}
	for _, d := range st.Days {
		if d.Measured() > 0 {
			out.Days = append(out.Days, statusDayJSON{d.Date.Format(time.DateOnly), d.Up, d.Down, d.Late})
		}
	}
	secure(w)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // the reader went away: nobody to tell
}
