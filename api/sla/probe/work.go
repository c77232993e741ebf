package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tikklok/ingest/durable"
)

const workFile = "work.json"

// Work is maintenance that was announced to all customers, as the server last
// told it: kept here so that people can read it while the server is down.
type Work struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	NL    Words     `json:"nl"`
	EN    Words     `json:"en"`
}

// Words are what an announcement says in one language.
type Words struct {
	Title   string `json:"title"`
	Changes string `json:"changes,omitempty"`
}

func (w Work) same(o Work) bool {
	return w.From.Equal(o.From) && w.Until.Equal(o.Until) && w.NL == o.NL && w.EN == o.EN
}

// SetWork keeps what the server says is announced, in place of what it said
// before.
func (b *Book) SetWork(all []Work) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.EqualFunc(all, b.work, Work.same) {
		return nil
	}
	content, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("keeping what was announced: %w", err)
	}
	if err := durable.Write(filepath.Join(b.dir, workFile), content, 0o600); err != nil {
		return fmt.Errorf("keeping what was announced: %w", err)
	}
	b.work = all
	return nil
}

// loadWork reads what was announced; what can't be read is told anew by the
// server.
func (b *Book) loadWork() error {
	content, err := os.ReadFile(filepath.Join(b.dir, workFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the probe's book: %w", err)
	}
	b.work, _ = parseWork(content) // none where it can't be read
	return nil
}

func parseWork(content []byte) (all []Work, err error) {
	if err := json.Unmarshal(content, &all); err != nil {
		return nil, fmt.Errorf("what was announced: %w", err)
	}
	return all, nil
}
