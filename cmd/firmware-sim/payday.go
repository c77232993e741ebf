package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// payday pays the first week of those about whom nothing is asked, so that the
// export pages have something to show: a run, and a delivery of it. The others'
// weeks stay for who looks at the demo.
func (w *world) payday(ctx context.Context) error {
	if err := w.setUpPackage(ctx); err != nil {
		return err
	}
	year, n := w.people.Begin.ISOWeek()
	week := fmt.Sprintf("%d-W%02d", year, n)
	sheets, err := w.timesheets(ctx, week)
	if err != nil {
		return err
	}
	var whose []int64
	seen := map[string]string{}
	for _, t := range sheets {
		if t.State == "open" && t.Minutes > 0 && t.Exceptions+len(t.Missing) == 0 {
			whose, seen[fmt.Sprint(t.Employee)] = append(whose, t.Employee), t.Seen
		}
	}
	if len(whose) == 0 {
		return nil
	}
	err = w.api.call(ctx, "POST", "/api/v1/timesheets/approve", map[string]any{"week": week, "employee_ids": whose, "seen": seen, "reason": "nagekeken"}, nil)
	if err != nil {
		return err
	}
	return w.api.call(ctx, "POST", "/api/v1/runs", map[string]any{"destination_id": w.pays.Destination,
		"from": w.people.Begin.Format(time.DateOnly), "to": w.people.Begin.AddDate(0, 0, 6).Format(time.DateOnly)}, nil)
}

// payPackage is the payroll package of the demo: it is told by a webhook that a
// run is ready, pulls it with its key, and says that it has it.
type payPackage struct {
	Destination int64
	Address     string // host:port, the same at each start
	Key         string
}

func (w *world) packageFile() string { return w.path("sim", "package") }

// setUpPackage gives the package its key, and has it told of runs.
func (w *world) setUpPackage(ctx context.Context) (err error) {
	if w.pays.Address, err = address("127.0.0.1:0"); err != nil {
		return err
	}
	var key struct{ Key string }
	err = w.api.call(ctx, "POST", "/api/v1/keys", map[string]any{
		"name": packageName, "scopes": []string{"payroll"}, "destination_ids": []int64{w.pays.Destination}}, &key)
	if err != nil {
		return err
	}
	w.pays.Key = key.Key
	kept, err := json.Marshal(w.pays)
	if err != nil {
		return fmt.Errorf("keeping the package: %w", err)
	}
	if err := os.WriteFile(w.packageFile(), kept, 0o600); err != nil {
		return fmt.Errorf("keeping the package: %w", err)
	}
	if err := w.openPackage(ctx); err != nil {
		return err
	}
	return w.api.call(ctx, "PUT", fmt.Sprintf("/api/v1/destinations/%d/channels/webhook", w.pays.Destination),
		map[string]any{"url": "http://" + w.pays.Address + "/runs"}, nil)
}

// openPackage starts the package that was set up, if one was.
func (w *world) openPackage(ctx context.Context) error {
	kept, err := os.ReadFile(w.packageFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the package: %w", err)
	}
	if err := json.Unmarshal(kept, &w.pays); err != nil {
		return fmt.Errorf("the package: %w", err)
	}
	l, err := net.Listen("tcp", w.pays.Address)
	if err != nil { // the outbox shows it, and tries again
		fmt.Fprintln(os.Stderr, "the payroll package is away:", err)
		return nil
	}
	s := &http.Server{Handler: http.HandlerFunc(w.toldOfRun), ReadHeaderTimeout: 10 * time.Second}
	w.readers.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "the payroll package stopped:", err)
		}
	})
	w.unplug = append(w.unplug, func() { s.Close() })
	return nil
}

// toldOfRun pulls the run that it is told of. Being told twice of one pulls the
// same bytes again, which changes nothing (I8).
func (w *world) toldOfRun(rw http.ResponseWriter, r *http.Request) {
	var told struct {
		Type string
		Data struct {
			Run  int64
			Path string
		}
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&told); err != nil {
		http.Error(rw, "this is no message of a run", http.StatusBadRequest)
		return
	}
	if told.Type == "run.ready" && strings.HasPrefix(told.Data.Path, "/api/v1/runs/") {
		if err := w.take(r.Context(), told.Data.Run, told.Data.Path); err != nil {
			http.Error(rw, err.Error(), http.StatusBadGateway)
			return
		}
	}
	rw.WriteHeader(http.StatusNoContent)
}

func (w *world) take(ctx context.Context, run int64, path string) error {
	own := w.api.withKey(w.pays.Key)
	file, err := own.raw(ctx, "GET", path, nil)
	if err != nil {
		return err
	}
	return own.call(ctx, "POST", fmt.Sprintf("/api/v1/runs/%d/mark", run),
		map[string]any{"state": "delivered", "reason": fmt.Sprintf("opgehaald, %d bytes", len(file))}, nil)
}
