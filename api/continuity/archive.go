package continuity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg/vault"
)

// Archive is what a place holds of one cluster.
type Archive struct {
	Store  target.Store
	System string // the cluster's system identifier; see Systems
	Keys   *vault.Keys
}

// Systems gives the clusters that a place has sets or logs of.
func Systems(ctx context.Context, s target.Store) (all []string, err error) {
	found, err := s.List(ctx, ".")
	for _, e := range found {
		if e.Folder && goodSystem.MatchString(e.Name) {
			all = append(all, e.Name)
		}
	}
	return all, err
}

// Sets gives the whole sets, the oldest first, and the names of halves: folders
// without a manifest, of which another program may still be writing one. A set
// whose manifest can't be read is told with the error, beside all others.
func (a Archive) Sets(ctx context.Context) (whole []Set, halves []string, err error) {
	all, err := a.standing(ctx)
	return all.whole, all.halves, errors.Join(err, all.wrong)
}

// standing is what stands at a place.
type standing struct {
	whole  []Set // the oldest first
	halves []string
	unread []string // sets whose manifest can't be read
	wrong  error    // why not
}

// standing lists sets; it fails where the place doesn't give its list.
func (a Archive) standing(ctx context.Context) (all standing, err error) {
	found, err := a.Store.List(ctx, path.Join(a.System, "sets"))
	if err != nil {
		return all, err
	}
	for _, e := range found {
		if !e.Folder || !goodSet.MatchString(e.Name) {
			continue
		}
		s, err := a.Set(ctx, e.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			all.halves = append(all.halves, e.Name)
		case err != nil:
			all.unread, all.wrong = append(all.unread, e.Name), errors.Join(all.wrong, err)
		default:
			all.whole = append(all.whole, s)
		}
	}
	slices.SortFunc(all.whole, func(a, b Set) int { return strings.Compare(a.ID, b.ID) })
	return all, ctx.Err()
}

// The most bytes that are read of a manifest and of a mark.
const (
	longestManifest = 64 << 10
	longestMark     = 64 << 20
)

// Set gives one set; fs.ErrNotExist where there is none, or half of one.
func (a Archive) Set(ctx context.Context, id string) (Set, error) {
	if !goodSet.MatchString(id) {
		return Set{}, fmt.Errorf("a set is called like 20261122T010000Z, not %q", id)
	}
	r, err := a.Store.Get(ctx, path.Join(a.System, "sets", id, "manifest.json"))
	if err != nil {
		return Set{}, fmt.Errorf("set %s: %w", id, err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, longestManifest))
	if err = errors.Join(err, r.Close()); err != nil {
		return Set{}, fmt.Errorf("manifest of set %s: %w", id, err)
	}
	return readSet(raw, a.System, id)
}

// Put makes a set of what write writes, and gives it as it stands in its
// manifest; write may note in the set what it learns. The mark is taken after
// that; it may be nil, and give nil. Where it fails, half of a set may stand
// there: Sets names it, Drop removes it.
func (a Archive) Put(ctx context.Context, s Set, write func(io.Writer, *Set) error, mark func() (*Mark, error)) (Set, error) {
	keys, err := a.Keys.Under(a.Keys.Current()) // whatever replaces it meanwhile
	if err != nil {
		return s, err
	}
	s.Format, s.ID, s.File, s.Key, s.System = format, s.Began.UTC().Format(stamp), s.Kind.file(), keys.Current(), a.System
	if _, err := a.Set(ctx, s.ID); !errors.Is(err, fs.ErrNotExist) {
		return s, errors.Join(fmt.Errorf("set %s stands there already, or can't be looked for; try again in a second", s.ID), err)
	}
	sum, err := a.put(ctx, keys, path.Join(s.folder(), s.File), func(w io.Writer) error { return write(w, &s) })
	if err != nil {
		return s, fmt.Errorf("set %s: %w", s.ID, err)
	}
	s.Bytes, s.Plain, s.SHA256 = sum.bytes, sum.plain, sum.sha256()
	if mark != nil {
		if s.Mark, err = a.putMark(ctx, keys, s, mark); err != nil {
			return s, fmt.Errorf("mark of set %s: %w", s.ID, err)
		}
	}
	s.Ended = latest(s.Began, time.Now().UTC())
	return s, a.name(ctx, s)
}

// putMark gives the hash of the mark's file.
func (a Archive) putMark(ctx context.Context, keys *vault.Keys, s Set, mark func() (*Mark, error)) (string, error) {
	m, err := mark()
	if err != nil || m == nil {
		return "", err
	}
	sum, err := a.put(ctx, keys, path.Join(s.folder(), markFile), func(w io.Writer) error { return json.NewEncoder(w).Encode(m) })
	if err != nil {
		return "", err
	}
	return sum.sha256(), nil
}

// OpenMark gives what the database had at the mark's moment: a restore to its
// position has to have the same. fs.ErrNotExist of a set without one.
func (a Archive) OpenMark(ctx context.Context, s Set) (m Mark, err error) {
	if s.Mark == "" {
		return m, fmt.Errorf("set %s has no mark: %w", s.ID, fs.ErrNotExist)
	}
	r, err := a.open(ctx, path.Join(s.folder(), markFile), s.Mark)
	if err != nil {
		return m, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, longestMark))
	if err = errors.Join(err, r.Close()); err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		return m, fmt.Errorf("mark of set %s: %w", s.ID, err)
	}
	return m, nil
}

// name makes a set whole: its manifest is its last file.
func (a Archive) name(ctx context.Context, s Set) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		_, err = a.Store.Put(ctx, path.Join(s.folder(), "manifest.json"), bytes.NewReader(append(text, '\n')))
	}
	if err != nil {
		return fmt.Errorf("manifest of set %s: %w", s.ID, err)
	}
	return nil
}

// sum counts and hashes a file on its way.
type sum struct {
	hash.Hash
	bytes int64 // of the file
	plain int64 // of what it holds
}

func (s *sum) Write(p []byte) (int, error) {
	s.bytes += int64(len(p))
	return s.Hash.Write(p)
}

func (s *sum) sha256() string { return hex.EncodeToString(s.Sum(nil)) }

// unwritten is an error of what writes, rather than of the place it goes to.
type unwritten struct{ error }

func (u *unwritten) Unwrap() error { return u.error }

// put seals what write writes on its way to its place, so that nothing of it
// stands on a disk of ours. Whichever end broke first is the one that is told.
func (a Archive) put(ctx context.Context, keys *vault.Keys, name string, write func(io.Writer) error) (*sum, error) {
	s := &sum{Hash: sha256.New()}
	r, w := io.Pipe()
	wrote := make(chan error, 1)
	go func() { // ends with the pipe, whichever end breaks first
		err := unhurried(func() (err error) {
			s.plain, err = sealed(keys, io.MultiWriter(w, s), write)
			return err
		})
		if err != nil {
			err = &unwritten{err}
		}
		_ = w.CloseWithError(err) // nil: the end
		wrote <- err
	}()
	n, err := a.Store.Put(ctx, name, r)
	_ = r.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	failed := <-wrote
	var ours *unwritten
	switch {
	case err != nil && !errors.As(err, &ours):
		return s, err
	case failed != nil:
		return s, failed
	case n != s.bytes:
		return s, fmt.Errorf("%d of %d bytes arrived", n, s.bytes)
	}
	return s, nil
}

// unhurried does something on a thread that gives way to all others, so that
// packing, sealing and counting slow no receipt. On systems on which only whole
// programs can give way it is as quick as others.
func unhurried(do func() error) error {
	done := make(chan error, 1)
	go func() {
		if runtime.GOOS == "linux" {
			runtime.LockOSThread() // for good: the thread ends with it
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, lowly)
		}
		done <- do()
	}()
	return <-done
}

// lowly is the niceness of what may take its time.
const lowly = 10

// sealed packs and seals what write writes, and gives how many bytes that was.
func sealed(keys *vault.Keys, to io.Writer, write func(io.Writer) error) (int64, error) {
	closed, err := keys.Writer(to)
	if err != nil {
		return 0, err
	}
	packed, err := zstd.NewWriter(closed, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return 0, fmt.Errorf("packing: %w", err)
	}
	n := &counter{w: packed}
	if err := write(n); err != nil {
		_ = packed.Close() // it has failed already
		return n.bytes, err
	}
	return n.bytes, errors.Join(packed.Close(), closed.Close())
}

// counter counts what goes through it, and tells.
type counter struct {
	w     io.Writer
	bytes int64
	tell  func(int64) // nil: nobody
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.bytes += int64(n)
	if c.tell != nil {
		c.tell(c.bytes)
	}
	return n, err
}

// OpenSet gives what is in a set: a tar of a cluster's files, or a dump for
// pg_restore. The last read gives ErrDamaged where the file's bytes were not
// the manifest's; so read to the end before relying on it.
func (a Archive) OpenSet(ctx context.Context, s Set) (io.ReadCloser, error) {
	return a.open(ctx, path.Join(s.folder(), s.File), s.SHA256)
}

// OpenLog gives a segment of the log, or a timeline's history, as PostgreSQL
// reads it; fs.ErrNotExist where the place lacks it.
func (a Archive) OpenLog(ctx context.Context, name string) (io.ReadCloser, error) {
	if !goodLog.MatchString(name) {
		return nil, fmt.Errorf("%q is no name in the log", name)
	}
	return a.open(ctx, path.Join(a.System, "wal", name+logEnd), "")
}

// logEnd ends the names of the log's files at a place.
const logEnd = ".zst.age"

// Log names what a place has of the log, the oldest first.
func (a Archive) Log(ctx context.Context) (names []string, err error) {
	found, err := a.Store.List(ctx, path.Join(a.System, "wal"))
	for _, e := range found {
		if name, ours := strings.CutSuffix(e.Name, logEnd); ours && goodLog.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

// opened reads a sealed file, and at its end compares the hash.
type opened struct {
	from   io.ReadCloser
	tee    io.Reader
	packed *zstd.Decoder
	seen   hash.Hash
	want   string // "": the seal alone tells
	name   string
}

func (a Archive) open(ctx context.Context, name, want string) (io.ReadCloser, error) {
	from, err := a.Store.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	o := &opened{from: from, seen: sha256.New(), want: want, name: name}
	o.tee = io.TeeReader(from, o.seen)
	plain, err := a.Keys.Reader(o.tee)
	if err == nil {
		o.packed, err = zstd.NewReader(plain, zstd.WithDecoderConcurrency(1))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), from.Close())
	}
	return o, nil
}

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.packed.Read(p)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF) && o.want == "":
		return n, io.EOF
	case errors.Is(err, io.EOF):
		if _, err := io.Copy(io.Discard, o.tee); err != nil {
			return n, fmt.Errorf("%s: %w", o.name, err)
		}
		if hex.EncodeToString(o.seen.Sum(nil)) == o.want {
			return n, io.EOF
		}
		return n, fmt.Errorf("%s: %w", o.name, ErrDamaged)
	}
	return n, fmt.Errorf("%s: %w: %w", o.name, ErrDamaged, err)
}

func (o *opened) Close() error {
	o.packed.Close()
	return o.from.Close()
}
