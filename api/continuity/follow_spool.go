package continuity

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"tikklok/api/continuity/target"
	"tikklok/ingest/durable"
	"tikklok/ingest/pg/vault"
)

// layOut seals one piece, links it for every place and forgets it: killed in
// between, it does so again.
func (s *spool) layOut(name string, keys *vault.Keys, places []target.Target) error {
	beside := filepath.Join(s.dir, name+logEnd+".part")
	if err := sealFile(filepath.Join(s.in, name), beside, keys); err != nil {
		return errors.Join(err, os.Remove(beside))
	}
	for _, t := range places {
		to := filepath.Join(s.out(t.Name), name+logEnd)
		if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Link(beside, to); err != nil {
			return err
		}
		if err := durable.Folder(s.out(t.Name)); err != nil {
			return err
		}
	}
	return errors.Join(os.Remove(beside), os.Remove(filepath.Join(s.in, name)))
}

func sealFile(from, to string, keys *vault.Keys) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = sealed(keys, out, func(w io.Writer) error { _, err := io.Copy(w, in); return err })
	return errors.Join(err, out.Sync(), out.Close())
}

// used gives the bytes on disk: a file that is linked twice counts once.
func (s *spool) used() (total int64) {
	seen := map[uint64]bool{}
	_ = filepath.WalkDir(s.dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil // gone since
		}
		at, err := e.Info()
		if err != nil {
			return nil
		}
		if own, ok := at.Sys().(*syscall.Stat_t); ok && !seen[own.Ino] {
			seen[own.Ino], total = true, total+own.Blocks*512
		}
		return nil
	})
	return total
}

// over says that no more is to be fetched.
func (s *spool) over() bool { return s.used() > s.cap || s.tight() }

// crowded says that something is to be given up, before there is too much.
func (s *spool) crowded() bool { return s.used() > s.cap*3/4 || s.tight() }

// tight says that the disk has too little room left.
func (s *spool) tight() bool {
	free, _, err := durable.Room(s.dir)
	return err == nil && free < s.leave
}

// relieve gives up, for a place that doesn't take it, what another place has
// already, the oldest first, until there is room for new pieces.
func (s *spool) relieve(places []string, log *slog.Logger) (err error) {
	if !s.crowded() {
		return nil
	}
	lacking := map[string][]string{} // piece → places that wait for it
	for _, p := range places {
		names, _ := s.waiting(p)
		for _, n := range names {
			lacking[n] = append(lacking[n], p)
		}
	}
	var names []string
	for n, at := range lacking {
		if len(at) < len(places) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	given := 0
	for _, n := range names {
		if !s.crowded() {
			break
		}
		for _, p := range lacking[n] {
			err = errors.Join(err, os.Remove(filepath.Join(s.out(p), n+logEnd)))
		}
		given++
	}
	if given > 0 {
		log.Error("pieces of the database's log were given up for a place that doesn't take them; another place has them", "pieces", given)
	}
	return err
}

// pieceTime is how long a place may take over one piece of 16 MB: one that says
// all the time that it lives may still take nothing.
const pieceTime = 10 * time.Minute

// sendOne forgets a piece once it stands at its place whole.
func (s *spool) sendOne(ctx context.Context, store target.Store, place, name string) error {
	ctx, cancel := context.WithTimeout(ctx, pieceTime)
	defer cancel()
	from, err := os.Open(filepath.Join(s.out(place), name+logEnd))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // given up meanwhile
	}
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := store.Put(ctx, path.Join(s.system, "wal", name+logEnd), from); err != nil {
		return err
	}
	if err := os.Remove(from.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
