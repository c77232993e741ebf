package gateway

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tikklok/gateway/wire"
)

const (
	wordFile = "heard.json"
	wordKept = time.Hour // between two notes of it: flash wears
)

// word knows how long ago the server was last heard. What a run before this
// one heard counts only where a clock tells how long that is ago: the machine's
// own within one boot, else one that somebody vouched for then and now. A note
// may be an hour older than what was heard: it errs on the side of silence.
type word struct {
	path  string
	clock *clock
	log   *slog.Logger

	mu    sync.Mutex
	last  heardNote // Boot, BootTime and Wall 0: never
	noted heardNote
}

// heardNote is an instant on two clocks.
type heardNote struct {
	Boot     string `json:"boot"`     // which boot of the machine
	BootTime int64  `json:"boottime"` // Machine.Boot, ms
	Wall     int64  `json:"wall"`     // Unix ms, at the earliest; 0: nobody vouched for it
	own      bool   // of this run: BootTime counts whatever the boot is called
}

func loadWord(dir string, c *clock, log *slog.Logger) *word {
	w := &word{path: filepath.Join(dir, wordFile), clock: c, log: log}
	b, err := os.ReadFile(w.path)
	var note heardNote
	if err == nil && json.Unmarshal(b, &note) == nil {
		w.last, w.noted = note, note
	}
	return w
}

// heard takes note that the server spoke just now.
func (w *word) heard() {
	m := w.clock.now()
	n := heardNote{Boot: w.clock.machine.BootID(), BootTime: w.clock.boot + int64(w.clock.tick()), own: true}
	if m.Source != wire.SourceUndisciplined {
		n.Wall = m.Instant - int64(m.Bound)
	}
	w.mu.Lock()
	w.last = n
	due := !w.noted.own || n.BootTime-w.noted.BootTime >= wordKept.Milliseconds() || n.Wall != 0 && w.noted.Wall == 0
	if due {
		w.noted = n
	}
	w.mu.Unlock()
	if !due {
		return
	}
	b, err := json.Marshal(n)
	if err == nil {
		err = replaceFile(w.path, b)
	}
	if err != nil {
		w.log.Debug("note of the server's last word not kept", "error", err)
	}
}

// fresh says whether the server was heard within a time, for certain.
func (w *word) fresh(within time.Duration) bool {
	w.mu.Lock()
	n := w.last
	w.mu.Unlock()
	age, known := w.age(n)
	return known && age >= 0 && age < within
}

func (w *word) age(n heardNote) (age time.Duration, known bool) {
	if n.own || n.Boot != "" && n.Boot == w.clock.machine.BootID() {
		return time.Duration(w.clock.boot+int64(w.clock.tick())-n.BootTime) * time.Millisecond, true
	}
	m := w.clock.now()
	if n.Wall == 0 || m.Source == wire.SourceUndisciplined {
		return 0, false
	}
	return time.Duration(m.Instant+int64(m.Bound)-n.Wall) * time.Millisecond, true
}
