package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"tikklok/api/sla/probe"
)

type probeRun struct {
	Config string    `default:"probe.json" type:"path" help:"The file that \"tikklok probe add\" wrote; mode 0600."`
	Book   string    `default:"var/probe" type:"path" help:"Folder of what was measured, of the probe's gateway and its journal."`
	HTTP   string    `default:"127.0.0.1:8090" help:"Where everybody may read how the service does; \"\": nowhere."`
	Scale  int       `hidden:"" default:"1"` // of a drill: minutes pass so many times faster
	Began  time.Time `hidden:""`             // of a drill: what its first minute is called
	Since  time.Time `hidden:""`             // of a drill: when that minute begins
}

// visitMost and tapMost leave room for two visits in a minute.
const (
	visitMost   = 15 * time.Second
	tapMost     = 40 * time.Second
	deliverMost = 20 * time.Second
)

// Run measures until ctx ends. It needs no database and no other folder of the
// server's, so that it can run on another host (OB-S1).
func (c probeRun) Run(ctx context.Context) (err error) {
	f, server, err := readProbeFile(c.Config)
	if err != nil {
		return err
	}
	var l net.Listener
	if c.HTTP != "" {
		if l, err = listen(c.HTTP, "--http"); err != nil {
			return err
		}
		defer l.Close() // was closed where it served
	}
	book, err := probe.OpenBook(filepath.Join(c.Book, "book"), f.Email)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	if n := book.Damaged(); n > 0 {
		slog.Warn("lines of the probe's book could not be read; their minutes are unmeasured", "lines", n)
	}
	return c.measure(ctx, f, server, book, l)
}

// measure runs the probe, its gateway and, where there is a listener, its page.
func (c probeRun) measure(ctx context.Context, f probeFile, server *url.URL, book *probe.Book, l net.Listener) error {
	agent, scale := "tikklok-probe/"+version, time.Duration(max(1, c.Scale))
	clock := probe.Clock{Began: time.Now(), Scale: c.Scale, Named: c.Began}
	if !c.Since.IsZero() {
		clock.Began = clock.Began.Add(time.Until(c.Since)) // with its monotonic reading
	}
	taps := newTapper(f, c.Book, tapMost/scale)
	m := probe.Probe{Book: book, Clock: clock, Log: slog.Default(), Tap: taps.tap,
		Visitor: probe.Visitor{Server: server, Email: f.Email, Password: f.Password, Agent: agent, Timeout: visitMost / scale},
		Courier: &probe.Courier{Book: book, Server: server, Key: f.Key, Agent: agent, Client: &http.Client{Timeout: deliverMost}, Log: slog.Default()}}
	work, ctx := errgroup.WithContext(ctx)
	if l != nil {
		s, err := newStatusServer(book, clock, f.Name)
		if err != nil {
			return err
		}
		fmt.Printf("probe %s measures %s; how it does: http://%s\n", f.Name, f.Server, l.Addr())
		work.Go(func() error { return s.run(ctx, l) })
	}
	work.Go(func() error { return m.Run(ctx) })
	work.Go(func() error { taps.run(ctx); return nil })
	return work.Wait()
}

// readProbeFile reads and checks the file: what is wrong in it would look like
// an outage.
func readProbeFile(path string) (f probeFile, server *url.URL, err error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil, fmt.Errorf("%s is not there: make one with `tikklok probe add NAME` on the server", path)
	}
	if err != nil {
		return f, nil, fmt.Errorf("the probe's file: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return f, nil, fmt.Errorf("%s may be read by others, and whoever has it can sign in as the probe: chmod 600 %s", path, path)
	}
	if f, server, err = parseProbeFile(content); err != nil {
		return f, nil, fmt.Errorf("%s: %w; mend it, or make another with `tikklok probe add`", path, err)
	}
	return f, server, nil
}

func parseProbeFile(content []byte) (f probeFile, server *url.URL, err error) {
	if err := json.Unmarshal(content, &f); err != nil {
		return f, nil, err
	}
	for _, field := range []struct{ name, value string }{{"name", f.Name}, {"email", f.Email}, {"password", f.Password}, {"key", f.Key}} {
		if field.value == "" {
			return f, nil, fmt.Errorf("%s lacks", field.name)
		}
	}
	if _, _, err := net.SplitHostPort(f.Gateway); err != nil {
		return f, nil, fmt.Errorf("gateway %q: want HOST:PORT, of serve's --mqtt", f.Gateway)
	}
	server, err = serverAddress(f.Server)
	return f, server, err
}

// serverAddress reads where people reach the pages.
func serverAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("server %q: want http://HOST:PORT or https://HOST", text)
	}
	return u, nil
}
