package alarm

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tikklok/ingest/durable"
	"tikklok/ingest/mail"
)

// Book keeps the alarms of whoever runs the service, and the letters that wait
// to tell of them, in one file: they are written as one, so that a letter is
// there from the moment on from which its alarms count as told, whenever the
// program is killed. One looks and notes while another posts; nobody else does.
type Book struct {
	path string
	mu   sync.Mutex
	kept kept
}

type kept struct {
	Alarms  []Alarm
	Letters []waiting
}

// waiting is a letter that no mail server took yet.
type waiting struct {
	Key      string // of its Message-ID, the same at each attempt
	To       string
	Subject  string
	Body     string
	Made     time.Time
	Due      time.Time // of the next attempt
	Attempts int       `json:",omitzero"`
	News     bool      // it tells what began or was over: a later letter doesn't stand for it
}

// ErrDamaged is a book that can't be read. It was put aside: what is wrong now
// is told again.
var ErrDamaged = errors.New("the book of alarms can't be read; it was put aside, and what is wrong is told again")

// OpenBook reads the book at a path; where there is none it is empty. One that
// is damaged is renamed to PATH.damaged, and comes back empty with ErrDamaged.
func OpenBook(path string) (*Book, error) {
	b := &Book{path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the book of alarms: %w", err)
	}
	if b.kept, err = parse(text); err != nil {
		b.kept = kept{}
		return b, errors.Join(fmt.Errorf("%w: %s.damaged: %w", ErrDamaged, filepath.Base(path), err), os.Rename(path, path+".damaged"))
	}
	return b, nil
}

// ReadBook gives what a book has, for who only looks: alarms, also those that
// were not told yet, and how many letters wait.
func ReadBook(path string) (alarms []Alarm, letters int, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("the book of alarms: %w", err)
	}
	k, err := parse(text)
	if err != nil {
		return nil, 0, fmt.Errorf("the book of alarms %s can't be read: %w", path, err)
	}
	return k.Alarms, len(k.Letters), nil
}

func parse(text []byte) (k kept, err error) {
	if err := json.Unmarshal(text, &k); err != nil {
		return kept{}, err
	}
	for _, a := range k.Alarms {
		if a.Key == "" || a.Since.IsZero() {
			return kept{}, errors.New("an alarm without a key or a beginning")
		}
	}
	for _, w := range k.Letters {
		if w.Key == "" || w.To == "" || w.Subject == "" || w.Body == "" {
			return kept{}, errors.New("a letter without an address or a text")
		}
	}
	return k, nil
}

// note brings the book to what came of a look, with a letter to each address
// where one is due. A letter that only repeats what lasts takes the place of an
// older such letter that still waits.
func (b *Book) note(left []Alarm, t Turn, to []string, zone *time.Location, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := kept{Alarms: left, Letters: slices.Clone(b.kept.Letters)}
	if t.Tell {
		next.Letters = slices.DeleteFunc(next.Letters, func(w waiting) bool { return !w.News && w.Attempts == 0 })
		subject, body, err := t.Letter("en", zone)
		if err != nil {
			return err
		}
		for _, address := range to {
			next.Letters = append(next.Letters, waiting{Key: rand.Text(), To: address, Subject: subject, Body: body, Made: now, Due: now, News: len(t.Begun)+len(t.Over) > 0})
		}
	}
	return b.put(next)
}

// put makes k what the book has, in memory also where the disk refuses: what is
// wrong is told all the same, perhaps twice after a restart.
func (b *Book) put(k kept) error {
	if same(k, b.kept) {
		return nil
	}
	b.kept = k
	text, err := json.MarshalIndent(k, "", " ")
	if err != nil {
		return fmt.Errorf("the book of alarms: %w", err)
	}
	return durable.Write(b.path, text, 0o600)
}

func same(a, b kept) bool {
	return slices.Equal(a.Letters, b.Letters) && slices.EqualFunc(a.Alarms, b.Alarms, sameAlarm)
}

// alarms are those that it has.
func (b *Book) alarms() []Alarm {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept.Alarms
}

// due gives a letter whose next attempt has come; ok is false where none has.
func (b *Book) due(now time.Time) (w waiting, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.kept.Letters, func(w waiting) bool { return !w.Due.After(now) || w.Made.After(now) })
	if i < 0 {
		return waiting{}, false
	}
	return b.kept.Letters[i], true
}

// end writes down how an attempt at a letter went.
func (b *Book) end(key string, o mail.Outcome, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := kept{Alarms: b.kept.Alarms, Letters: slices.Clone(b.kept.Letters)}
	i := slices.IndexFunc(next.Letters, func(w waiting) bool { return w.Key == key })
	if i < 0 {
		return nil
	}
	w := &next.Letters[i]
	w.Attempts++
	w.Made = earlier(w.Made, now)
	w.Due = now.Add(mail.Backoff(w.Attempts))
	if o.State != mail.Waiting || now.Sub(w.Made) >= mail.LongestWait {
		next.Letters = slices.Delete(next.Letters, i, i+1)
	}
	return b.put(next)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
