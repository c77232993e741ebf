package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"tikklok/ingest/durable"
)

// part ends the name of a file that is being written.
const part = ".part"

const (
	piece    = 1 << 20 // bytes that are written or read at once
	syncEach = 8       // pieces after which they are synced: a disk that has little to sync keeps nobody waiting who shares it
)

// folder is a place on this machine, or mounted on it.
type folder struct {
	root string
	*share
}

func (f folder) path(name string) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", fmt.Errorf("the name %q leads out of the folder", name)
	}
	return filepath.Join(f.root, filepath.FromSlash(name)), nil
}

func (f folder) Put(ctx context.Context, name string, body io.Reader) (n int64, err error) {
	path, err := f.path(name)
	if err != nil {
		return 0, err
	}
	n, err = f.write(ctx, path+part, body)
	if err == nil {
		err = f.do(ctx, func() error { return f.name(path) })
	}
	if err != nil {
		_ = f.do(context.WithoutCancel(ctx), func() error { return os.Remove(path + part) }) // else the next one writes over it
		return n, fmt.Errorf("writing a backup: %w", err)
	}
	return n, nil
}

// write writes a file, and syncs it.
func (f folder) write(ctx context.Context, path string, body io.Reader) (n int64, err error) {
	file, err := aside(ctx, f.share, func() (*os.File, error) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	})
	if err != nil {
		return 0, err
	}
	n, err = f.fill(ctx, file, during(ctx, body))
	if err == nil {
		err = f.do(ctx, file.Sync)
	}
	return n, errors.Join(err, f.do(ctx, file.Close))
}

// fill writes what body gives, in pieces.
func (f folder) fill(ctx context.Context, file *os.File, body io.Reader) (n int64, err error) {
	buffer := make([]byte, piece)
	for i := 1; ; i++ {
		got, end := whole(body, buffer)
		if got > 0 {
			if err := f.do(ctx, func() error { return f.store(file, buffer[:got], i%syncEach == 0) }); err != nil {
				return n, err
			}
			n += int64(got)
		}
		if end == io.EOF {
			return n, nil
		}
		if end != nil {
			return n, end
		}
	}
}

// whole fills a buffer unless r ends; unlike io.ReadFull it tells an end from a
// connection that broke (io.ErrUnexpectedEOF).
func whole(r io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var got int
		got, err = r.Read(buffer[n:])
		n += got
	}
	return n, err
}

// store writes a piece where there is room for it: a disk is never filled to
// its last byte, since the database may stand on it.
func (f folder) store(file *os.File, p []byte, sync bool) error {
	free, size, err := durable.Room(f.root)
	if err != nil {
		return err
	}
	if least := min(leastFree, size/20); free-int64(len(p)) < least {
		return fmt.Errorf("the disk of %s has %d KB left, of which %d KB stay free: make room there, or name a place with more: %w", f.root, free>>10, least>>10, syscall.ENOSPC)
	}
	if _, err := file.Write(p); err != nil || !sync {
		return err
	}
	return file.Sync()
}

// leastFree is how many bytes a disk keeps, where that is less than a twentieth of it.
const leastFree = 1 << 30

// name gives a file its name, and syncs the folders that may have been made for it.
func (f folder) name(path string) error {
	if err := os.Rename(path+part, path); err != nil {
		return err
	}
	for at := filepath.Dir(path); ; at = filepath.Dir(at) {
		if err := durable.Folder(at); err != nil {
			return err
		}
		if at == filepath.Clean(f.root) || at == filepath.Dir(at) {
			return nil
		}
	}
}

func (f folder) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	file, err := aside(ctx, f.share, func() (*os.File, error) { return os.Open(path) })
	if err != nil {
		return nil, err
	}
	return &reading{ctx: ctx, from: f.share, file: file}, nil
}

// reading is a file being read, a piece at a time. What is read aside never
// lands in the buffer of a reader who has gone.
type reading struct {
	ctx  context.Context
	from *share
	file *os.File
	left []byte
}

func (r *reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if len(r.left) == 0 {
		got, err := aside(r.ctx, r.from, func() ([]byte, error) {
			buffer := make([]byte, piece)
			n, err := r.file.Read(buffer)
			return buffer[:n], err
		})
		if len(got) == 0 {
			return 0, err
		}
		r.left = got
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (r *reading) Close() error {
	return r.from.do(context.WithoutCancel(r.ctx), r.file.Close)
}

func (f folder) List(ctx context.Context, name string) ([]Entry, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	all, err := aside(ctx, f.share, func() ([]Entry, error) { return list(path) })
	if err != nil {
		return nil, fmt.Errorf("listing backups: %w", err)
	}
	return all, nil
}

func list(path string) (all []Entry, err error) {
	found, err := os.ReadDir(path)
	for _, e := range found {
		at, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since
		}
		if err != nil {
			return nil, err
		}
		all = append(all, Entry{Name: e.Name(), Folder: e.IsDir(), Bytes: at.Size()})
	}
	return all, gone(err)
}

func (f folder) Remove(ctx context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	return f.do(ctx, func() error { return gone(os.Remove(path)) })
}

func (f folder) Close() error { return nil }

// gone forgets that there was nothing to list or remove.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// during reads until ctx ends.
func during(ctx context.Context, r io.Reader) io.Reader { return bounded{ctx, r} }

type bounded struct {
	ctx context.Context
	r   io.Reader
}

func (b bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}
