package payroll

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sort"

	"tikklok/ingest/pg"
)

// File is the file of a run. Its bytes are read from Open, the same at every
// pull.
type File struct {
	Run       int64
	Name      string
	MediaType string
	SHA256    [32]byte
	Size      int64 // bytes
}

// File names the file of a run that left or may leave, without reading it: who
// holds its SHA-256 needs no more. Errors: ErrNotFound, ErrUnfinished, ErrVoid,
// ErrPurged, ErrClosed.
func (f Office) File(ctx context.Context, tx pg.Tx, id int64) (File, error) {
	run, err := RunByID(ctx, tx, id)
	if err != nil {
		return File{}, err
	}
	switch run.State {
	case Prepared:
		return File{}, fmt.Errorf("run %d: %w", id, ErrUnfinished)
	case Void:
		return File{}, fmt.Errorf("run %d: %w: %s", id, ErrVoid, run.VoidReason)
	}
	if there, err := hasBytes(ctx, tx, id); err != nil || !there && run.Bytes > 0 {
		return File{}, cmp.Or(err, fmt.Errorf("run %d: %w", id, ErrPurged))
	}
	if err := f.Reconcile(ctx, tx); err != nil {
		return File{}, err
	}
	return File{Run: id, Name: run.FileName, MediaType: run.MediaType, SHA256: run.SHA256, Size: run.Bytes}, nil
}

// Open reads the whole file once and gives its bytes only when they have the
// SHA-256 that left with the manifest, so that a damaged file does not even
// begin to leave; it can then be read and sought, a part at a time in memory,
// while ctx lasts. Errors: ErrClosed.
func (file File) Open(ctx context.Context, db *pg.DB, tenant int64) (*Content, error) {
	c := &Content{run: file.Run, read: func(part int) (body []byte, err error) {
		err = db.InTenant(ctx, tenant, func(tx pg.Tx) error { body, err = readPart(ctx, tx, file.Run, part); return err })
		return body, err
	}}
	whole := sha256.New()
	for {
		body, err := c.read(len(c.parts))
		if err != nil {
			return nil, err
		}
		if body == nil {
			break
		}
		whole.Write(body)
		c.size += int64(len(body))
		c.parts = append(c.parts, part{end: c.size, sum: sha256.Sum256(body)})
	}
	if [32]byte(whole.Sum(nil)) != file.SHA256 {
		return nil, fmt.Errorf("%w: the stored bytes of run %d do not have its SHA-256; restore the database", ErrClosed, file.Run)
	}
	return c, nil
}

// Content is the bytes of a file, an io.ReadSeeker, not for use by several at
// once.
type Content struct {
	run   int64
	read  func(part int) ([]byte, error) // nil: there is none
	parts []part
	size  int64
	at    int64
	held  int    // which part
	body  []byte // of the held part; nil: none
}

// part is a stored piece of a file.
type part struct {
	end int64 // where the next one begins
	sum [32]byte
}

// Size gives how many bytes there are.
func (c *Content) Size() int64 { return c.size }

// Read reads on. Each part is looked at again: what leaves is what was
// verified.
func (c *Content) Read(p []byte) (int, error) {
	if c.at >= c.size {
		return 0, io.EOF
	}
	i := sort.Search(len(c.parts), func(i int) bool { return c.at < c.parts[i].end })
	if c.body == nil || c.held != i {
		body, err := c.read(i)
		if err != nil {
			return 0, err
		}
		if sha256.Sum256(body) != c.parts[i].sum {
			return 0, fmt.Errorf("%w: part %d of run %d changed while it was read; restore the database", ErrClosed, i, c.run)
		}
		c.held, c.body = i, body
	}
	n := copy(p, c.body[int64(len(c.body))-(c.parts[i].end-c.at):])
	c.at += int64(n)
	return n, nil
}

// Seek moves as io.Seeker says.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, errors.New("seeking before the first byte")
	}
	c.at = offset
	return offset, nil
}
