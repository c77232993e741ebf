package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tikklok/ingest/durable"
)

// part ends the name of a file that is being written.
const part = ".part"

// folder is a place on this machine, or mounted on it.
type folder string

func (f folder) path(name string) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", fmt.Errorf("the name %q leads out of the folder", name)
	}
	return filepath.Join(string(f), filepath.FromSlash(name)), nil
}

func (f folder) Put(ctx context.Context, name string, body io.Reader) (n int64, err error) {
	path, err := f.path(name)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, fmt.Errorf("writing a backup: %w", err)
	}
	file, err := os.OpenFile(path+part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("writing a backup: %w", err)
	}
	n, err = io.Copy(file, during(ctx, body))
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(path+part, path)
	}
	if err != nil {
		return n, errors.Join(fmt.Errorf("writing a backup: %w", err), gone(os.Remove(path+part)))
	}
	for at := filepath.Dir(path); ; at = filepath.Dir(at) { // the folders made for it too
		if err := durable.Folder(at); err != nil {
			return n, fmt.Errorf("writing a backup: %w", err)
		}
		if at == filepath.Clean(string(f)) || at == filepath.Dir(at) {
			return n, nil
		}
	}
}

func (f folder) Get(_ context.Context, name string) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

func (f folder) List(_ context.Context, name string) ([]Entry, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	found, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing backups: %w", err)
	}
	var all []Entry
	for _, e := range found {
		at, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since
		}
		if err != nil {
			return nil, fmt.Errorf("listing backups: %w", err)
		}
		all = append(all, Entry{Name: e.Name(), Folder: e.IsDir(), Bytes: at.Size()})
	}
	return all, nil
}

func (f folder) Remove(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	return gone(os.Remove(path))
}

func (f folder) Close() error { return nil }

// gone forgets that there was nothing to remove.
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
