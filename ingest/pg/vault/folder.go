package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"tikklok/ingest/durable"
)

// Folder is where dumps are kept: sealed, listed in manifest.json, and removed
// when they expire (OB-P4, OB-C8). Programs that share it take turns.
type Folder struct {
	Dir    string
	Keys   *Keys
	Former Fingerprint   // what is dumped stands under this key too; "": it does not
	Keep   time.Duration // how long a dump is kept
}

const (
	manifestName = "manifest.json"
	sealedEnd    = ".dump.age"
	plainEnd     = ".dump" // of an older version
	stamp        = "20060102T150405Z"
)

// Add makes a dump of what write writes, complete, sealed and synced, and gives
// its path. It holds what was committed at now.
func (f Folder) Add(now time.Time, write func(io.Writer) error) (path string, err error) {
	err = f.locked(func(m *Manifest) error {
		var d Dump
		if d, err = f.make(now.UTC().Format(stamp)+sealedEnd, now, write); err != nil {
			return err
		}
		path = filepath.Join(f.Dir, d.File)
		m.Dumps = append(m.Dumps, d)
		return nil
	})
	return path, err
}

// make writes a sealed file under another name first.
func (f Folder) make(name string, made time.Time, write func(io.Writer) error) (Dump, error) {
	path := filepath.Join(f.Dir, name)
	var err error
	if f.Keys, err = f.Keys.Under(f.Keys.Current()); err != nil { // whatever replaces it meanwhile
		return Dump{}, err
	}
	d := Dump{File: name, Made: made.UTC(), Expires: made.Add(f.Keep).UTC(), Key: f.Keys.Current(), Former: f.Former}
	if _, err := os.Stat(path); err == nil {
		return d, fmt.Errorf("%s is there already; try again in a second", path)
	}
	sum, err := f.write(path+".part", write)
	if err == nil {
		d.SHA256, d.Bytes = sum.hash, sum.bytes
		err = os.Rename(path+".part", path)
	}
	if err != nil {
		return d, errors.Join(fmt.Errorf("backing up: %w", err), remove(path+".part"))
	}
	return d, durable.Folder(f.Dir)
}

type fileSum struct {
	hash  string
	bytes int64
}

func (f Folder) write(path string, write func(io.Writer) error) (sum fileSum, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return sum, err
	}
	hash := sha256.New()
	w, err := f.Keys.Writer(io.MultiWriter(file, hash))
	if err == nil {
		err = errors.Join(write(w), w.Close())
	}
	if err = errors.Join(err, file.Sync()); err == nil {
		sum.bytes, err = file.Seek(0, io.SeekEnd)
	}
	sum.hash = hex.EncodeToString(hash.Sum(nil))
	return sum, errors.Join(err, file.Close())
}

// Note lists what stands at another place, or that it was removed there: its
// master key stays for as long, and erasures tell until when it stands there.
func (f Folder) Note(d Dump) error {
	return f.locked(func(m *Manifest) error {
		i := slices.IndexFunc(m.Dumps, func(o Dump) bool { return o.Place == d.Place && o.File == d.File })
		if i < 0 {
			m.Dumps = append(m.Dumps, d)
			return nil
		}
		m.Dumps[i] = d
		return nil
	})
}

// Tend brings folder and list together, at the start and each day: dumps of
// older versions are sealed, those that nobody listed are listed, expired ones
// removed. It gives how many were sealed and removed.
func (f Folder) Tend(now time.Time) (sealed, removed int, err error) {
	if _, err := os.Stat(f.Dir); errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil // no dump was made yet
	}
	err = f.locked(func(m *Manifest) (err error) {
		if err = f.dropParts(); err == nil {
			sealed, err = f.sealPlain(m)
		}
		if err == nil {
			err = f.find(m)
		}
		m.missing(f.Dir, now)
		for i := range m.Dumps {
			if d := &m.Dumps[i]; err == nil && d.Place == "" && d.Removed == nil && !now.Before(d.Expires) {
				err = remove(filepath.Join(f.Dir, d.File))
				gone := now.UTC()
				d.Removed, removed = &gone, removed+1
			}
		}
		return err
	})
	return sealed, removed, err
}

// dropParts removes what programs that were killed left half-made; whoever is
// making one holds the lock.
func (f Folder) dropParts() error {
	names, err := filepath.Glob(filepath.Join(f.Dir, "*"+plainEnd+"*.part"))
	for _, path := range names {
		err = errors.Join(err, remove(path))
	}
	if err != nil {
		return fmt.Errorf("removing half-made dumps: %w", err)
	}
	return nil
}

// sealPlain seals the dumps of older versions; a sealed one whose making was
// interrupted is made again.
func (f Folder) sealPlain(m *Manifest) (n int, err error) {
	names, err := filepath.Glob(filepath.Join(f.Dir, "*"+plainEnd))
	if err != nil {
		return 0, fmt.Errorf("looking for dumps: %w", err)
	}
	for _, path := range names {
		name, made := filepath.Base(path)+".age", madeAt(path)
		_, err := os.Stat(filepath.Join(f.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			var d Dump
			if d, err = f.make(name, made, func(w io.Writer) error { return copyFile(w, path) }); err == nil {
				m.Dumps = append(m.Dumps, d)
			}
		}
		if err = errors.Join(err, remove(path)); err != nil {
			return n, fmt.Errorf("sealing %s: %w", path, err)
		}
		n++
	}
	return n, nil
}

func copyFile(w io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}

// madeAt reads when a dump was made from its name, or else from its file.
func madeAt(path string) time.Time {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	if at, err := time.Parse(stamp, name); err == nil {
		return at
	}
	if at, err := os.Stat(path); err == nil {
		return at.ModTime()
	}
	return time.Time{} // gone already
}

// find lists sealed dumps that are in the folder and not on the list: put there
// by hand, or left by a program that was killed before it listed them.
func (f Folder) find(m *Manifest) error {
	names, err := filepath.Glob(filepath.Join(f.Dir, "*"+sealedEnd))
	if err != nil {
		return fmt.Errorf("looking for dumps: %w", err)
	}
	for _, path := range names {
		name := filepath.Base(path)
		if slices.ContainsFunc(m.Dumps, func(d Dump) bool { return d.File == name && d.Removed == nil }) {
			continue
		}
		d := Dump{File: name, Made: madeAt(path).UTC(), Expires: madeAt(path).Add(f.Keep).UTC()}
		if err := f.describe(path, &d); err != nil {
			return fmt.Errorf("listing %s: %w", path, err)
		}
		m.Dumps = append(m.Dumps, d)
	}
	slices.SortStableFunc(m.Dumps, func(a, b Dump) int { return a.Made.Compare(b.Made) })
	return nil
}

func (f Folder) describe(path string, d *Dump) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, d.Key, err = f.Keys.reader(file); err != nil && d.Key == "" {
		d.Key = "unknown" // not ours to open; it expires all the same
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	hash := sha256.New()
	d.Bytes, err = io.Copy(hash, file)
	d.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return err
}

// missing marks dumps that somebody took away.
func (m *Manifest) missing(dir string, now time.Time) {
	for i := range m.Dumps {
		d := &m.Dumps[i]
		if d.Place != "" || d.Removed != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, d.File)); errors.Is(err, fs.ErrNotExist) {
			gone := now.UTC()
			d.Removed = &gone
		}
	}
}

// Open writes a dump as pg_restore reads it; a file of another folder too. An
// error says that what was written is not whole.
func (k *Keys) Open(path string, to io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening a dump: %w", err)
	}
	defer file.Close()
	r, under, err := k.reader(file)
	if err != nil {
		return fmt.Errorf("%s (sealed under master key %s): %w", path, under, err)
	}
	if _, err := io.Copy(to, r); err != nil {
		return fmt.Errorf("%s is damaged or cut short, take another one: %w", path, err)
	}
	return nil
}

// ReadManifest gives the list of a folder, empty where there is none.
func ReadManifest(dir string) (m Manifest, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		return m, fmt.Errorf("list of dumps in %s: %w; move the file away, and it is made again", dir, err)
	}
	return m, nil
}

// locked lets fn change the list, alone.
func (f Folder) locked(fn func(*Manifest) error) error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return fmt.Errorf("folder for backups: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(f.Dir, "manifest.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("folder for backups: %w", err)
	}
	defer lock.Close() // lets go of the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("folder for backups: %w", err)
	}
	m, err := ReadManifest(f.Dir)
	if err != nil {
		return err
	}
	return errors.Join(fn(&m), m.save(f.Dir))
}

func (m Manifest) save(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("list of dumps: %w", err)
	}
	if err := durable.Write(filepath.Join(dir, manifestName), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("list of dumps: %w", err)
	}
	return nil
}

// remove removes a file that may be gone already.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
