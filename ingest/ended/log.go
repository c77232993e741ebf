package ended

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tikklok/ingest/durable"
)

// book is the log of one tenant: a file with one End a line, each after the
// beginning of a SHA-256 over it and the line before, so that one that was
// changed, lost or moved is noticed.
type book struct {
	path string
	size int64  // of its whole lines
	last string // the sum of the last line
	all  []End
	has  map[End]bool
}

// open reads the log of a tenant; one that isn't there is empty. The piece of a
// line that a crash left at its end counts for nothing.
func open(folder string, tenant int64) (*book, error) {
	b := &book{path: filepath.Join(folder, fmt.Sprintf("%d.log", tenant)), has: map[End]bool{}}
	text, err := os.ReadFile(b.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading what was ended: %w", err)
	}
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return b, nil
		}
		if err := b.read(line); err != nil {
			return nil, fmt.Errorf("reading what was ended: %s, line %d: %w; bring the file back from its copy, or move it away: then what it says is not ended again after a restore", b.path, n, err)
		}
		text = rest
	}
}

// read takes in one line.
func (b *book) read(line []byte) error {
	sum, body, _ := bytes.Cut(line, []byte(" "))
	if string(sum) != sumOf(b.last, body) {
		return errors.New("it was changed, or the one before it")
	}
	var e End
	if err := json.Unmarshal(body, &e); err != nil {
		return err
	}
	b.add(e, len(line)+1, string(sum))
	return nil
}

func (b *book) add(e End, size int, sum string) {
	e = e.plain()
	b.all, b.has[e], b.size, b.last = append(b.all, e), true, b.size+int64(size), sum
}

func sumOf(last string, body []byte) string {
	sum := sha256.Sum256(append([]byte(last+" "), body...))
	return hex.EncodeToString(sum[:8])
}

// plain has its instants in UTC, to the microsecond, as the database has them.
func (e End) plain() End {
	e.Created, e.At = time.UnixMicro(e.Created.UnixMicro()).UTC(), time.UnixMicro(e.At.UnixMicro()).UTC()
	return e
}

// write adds those that the log lacks, in one write that is on disk when write
// returns, and gives how many. After an error the book is to be opened anew.
func (b *book) write(all []End) (int, error) {
	var text []byte
	n, last := 0, b.last
	for _, e := range all {
		if e = e.plain(); b.has[e] {
			continue
		}
		body, err := json.Marshal(e)
		if err != nil {
			return 0, fmt.Errorf("writing down what was ended: %w", err)
		}
		last = sumOf(last, body)
		line := last + " " + string(body) + "\n"
		text = append(text, line...)
		b.add(e, 0, last)
		n++
	}
	if n == 0 {
		return 0, nil
	}
	if err := b.append(text); err != nil {
		return 0, fmt.Errorf("writing down what was ended: %w", err)
	}
	b.size += int64(len(text))
	return n, nil
}

// append writes after the whole lines, over what a crash left of another.
func (b *book) append(text []byte) error {
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(b.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = b.whole(f); err == nil {
		_, err = f.WriteAt(text, b.size)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil || b.size > 0 {
		return err
	}
	return errors.Join(durable.Folder(filepath.Dir(b.path)), durable.Folder(filepath.Dir(filepath.Dir(b.path)))) // its name is new
}

// whole cuts off what a crash left. A file that somebody took away or shortened
// meanwhile is an error: it is read anew then, and what it lacks written again.
func (b *book) whole(f *os.File) error {
	info, err := f.Stat()
	if err == nil && info.Size() < b.size {
		err = fmt.Errorf("%s was shortened while the server ran", b.path)
	}
	if err != nil {
		return err
	}
	return f.Truncate(b.size)
}
