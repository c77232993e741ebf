package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"tikklok/api/sla/alarm"
)

// errorLog passes records on and remembers the errors among them: each is an
// alarm until it wasn't logged for a while. So whatever fails and says so is
// told, also what nobody thought of a source for. Messages are constant; of the
// attributes, which may say more, none is taken along.
type errorLog struct {
	slog.Handler
	kept *keptErrors
}

type keptErrors struct {
	mu    sync.Mutex
	since time.Time // of this program: what was logged before isn't known
	last  map[string]time.Time
	first map[string]time.Time
	count map[string]int
}

const (
	errorLasts = 6 * time.Hour // that long after it was last logged
	errorsKept = 100           // messages
)

// rememberErrors makes a handler that does.
func rememberErrors(h slog.Handler) *errorLog {
	return &errorLog{h, &keptErrors{since: time.Now(), last: map[string]time.Time{}, first: map[string]time.Time{}, count: map[string]int{}}}
}

// watchedErrors are logged, and told by a source of their own.
func watchedErrors() []string {
	return []string{
		"a backup was not made; it is tried again", "a backup did not stand its check", "the audit log was altered",
		"ports are open that nobody expects, or closed that should be open; close them, or name them with --expect-port",
	}
}

// Handle passes a record on.
func (h *errorLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError && !slices.Contains(watchedErrors(), r.Message) {
		h.kept.note(r.Message, r.Time)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs and WithGroup keep remembering.
func (h *errorLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &errorLog{h.Handler.WithAttrs(attrs), h.kept}
}

// WithGroup likewise.
func (h *errorLog) WithGroup(name string) slog.Handler {
	return &errorLog{h.Handler.WithGroup(name), h.kept}
}

func (k *keptErrors) note(message string, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.last[message]; !known {
		if len(k.last) >= errorsKept {
			return
		}
		k.first[message] = at
	}
	k.last[message] = at
	k.count[message]++
}

// alarms gives what was logged lately; blind says that the program has not run
// long enough to know that something is over.
func (h *errorLog) alarms(now time.Time) (all []alarm.Signal, blind bool) {
	if h == nil {
		return nil, true
	}
	k := h.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	for message, last := range k.last {
		if now.Sub(last) >= errorLasts {
			delete(k.last, message)
			delete(k.first, message)
			delete(k.count, message)
			continue
		}
		times, stamp := k.count[message], k.first[message].UTC().Format("2006-01-02 15:04 MST")
		all = append(all, alarm.Signal{Key: clipped("log "+message, 120), NL: fmt.Sprintf("Fout in het logboek van de server (%d keer sinds %s): %s", times, stamp, message),
			EN: fmt.Sprintf("Error in the server's log (%d times since %s): %s", times, stamp, message)})
	}
	return all, now.Sub(k.since) < errorLasts
}

// clipped cuts a text to so many bytes, at a character.
func clipped(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}
