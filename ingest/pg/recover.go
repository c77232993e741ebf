package pg

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tikklok/ingest/durable"
)

// Recovery is what a cluster is made from again: a full backup and the log
// after it, both opened.
type Recovery struct {
	Base io.Reader // as pg_basebackup --format=tar wrote it, one archive, not compressed
	// Log gives the log's segments and histories to put, by their own names; they
	// stand beside the cluster, opened, while they are replayed.
	Log  func(put func(name string, content io.Reader) error) error
	To   Point
	Room int64 // bytes that all of it takes on the disk; less is refused before anything is written
}

// Point is how far the log is replayed. The zero Point: to its end.
type Point struct {
	LSN  string    // up to this position of the log, what is written there left out
	Time time.Time // with all that was committed until then
}

// What callers branch on.
var (
	// ErrNotReached says that the log ends before the point that was asked for.
	ErrNotReached = errors.New("the archived log ends before the point that was asked for; ask for an earlier one, or for all that there is")
	// ErrNoRoom says that the disk has too little room for a restore; nothing was
	// written.
	ErrNoRoom = errors.New("there is too little room to restore")
	// ErrBase says that a full backup is not what pg_basebackup writes.
	ErrBase = errors.New("the full backup does not unpack")
)

// notReached is how PostgreSQL says so (xlogrecovery.c).
const notReached = "recovery ended before configured recovery target was reached"

// Recover makes a cluster in a folder that holds none, from a full backup,
// replays the log and gives it running: what was committed by the point stands
// in it, and nothing later. It goes its own way from there: its log is another
// timeline's. A recovery that fails leaves no data folder.
func Recover(ctx context.Context, dir string, r Recovery, o ClusterOptions) (*Cluster, error) {
	o = o.logging()
	p, err := freePlace(dir, r.Room, o)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(p.data); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty one
		return nil, fmt.Errorf("restoring: %w", err)
	}
	fresh := p.data + ".new"
	err = os.RemoveAll(fresh)
	if err == nil {
		err = p.unpack(fresh, r.Base)
	}
	if err == nil {
		err = p.takeLog(r)
	}
	if err == nil {
		err = p.put(filepath.Join(fresh, "recovery.signal"), strings.NewReader(""), 0o600)
	}
	if err == nil {
		err = os.Rename(fresh, p.data)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("restoring: %w", err), os.RemoveAll(fresh), os.RemoveAll(p.archived()), p.discard())
	}
	return p.replay(ctx, r, o)
}

// logging has a log.
func (o ClusterOptions) logging() ClusterOptions {
	o.Log = cmp.Or(o.Log, slog.Default())
	return o
}

// freePlace makes the folder of a cluster that is to be restored: it holds none,
// and its disk has room for it beside the database that may stand there too.
func freePlace(dir string, room int64, o ClusterOptions) (place, error) {
	p, err := findPlace(dir, o)
	if err != nil {
		return p, err
	}
	major, err := dataMajor(p.data)
	if major > 0 || err != nil {
		return p, errors.Join(fmt.Errorf("%s holds a database already; restore into another folder", p.dir), err)
	}
	free, size, err := durable.Room(p.dir)
	if spare := Spare(size); err == nil && free-spare < room {
		err = fmt.Errorf("%w: it takes about %d MB, and the disk of %s has %d MB left, of which %d MB stay free for a database's log; make room there, or name a folder on another disk", ErrNoRoom, room>>20, p.dir, free>>20, spare>>20)
	}
	if err != nil {
		return p, errors.Join(err, p.discard())
	}
	return p, nil
}

// archived is where the log stands while it is replayed.
func (p place) archived() string { return filepath.Join(p.dir, "archived") }

func (p place) takeLog(r Recovery) error {
	if err := os.RemoveAll(p.archived()); err != nil { // of a recovery that was killed
		return err
	}
	if err := p.own(p.archived()); err != nil {
		return err
	}
	return r.Log(func(name string, content io.Reader) error {
		if !filepath.IsLocal(name) || strings.ContainsAny(name, "/%") {
			return fmt.Errorf("%q is no name of the log", name)
		}
		if err := p.put(filepath.Join(p.archived(), name), content, 0o600); err != nil {
			return fmt.Errorf("log %s: %w", name, err)
		}
		return nil
	})
}

// replay starts the server on what was unpacked, and waits until it has
// replayed the log: before that it takes no connection.
func (p place) replay(ctx context.Context, r Recovery, o ClusterOptions) (*Cluster, error) {
	o.recovery = r.settings(p.archived())
	c, err := startIn(ctx, p, o)
	if gone := os.RemoveAll(p.archived()); err == nil && gone != nil {
		err = errors.Join(gone, c.Stop())
	}
	if err == nil {
		return c, nil
	}
	err = errors.Join(fmt.Errorf("replaying the log: %w", p.why(err)), os.RemoveAll(p.data), p.discard())
	return nil, err
}

// why finds in the server's log what it died of: its last words are of its end.
func (p place) why(err error) error {
	raw, failed := os.ReadFile(filepath.Join(p.dir, "postgresql.log"))
	if failed != nil {
		return err
	}
	if strings.Contains(string(raw), notReached) {
		return ErrNotReached
	}
	if _, fatal, found := strings.Cut(string(raw), "FATAL:"); found {
		fatal, _, _ = strings.Cut(fatal, "\n")
		return fmt.Errorf("%w (%s)", err, strings.TrimSpace(fatal))
	}
	return err
}

// settings are those of recovery
// (https://www.postgresql.org/docs/15/runtime-config-wal.html#RUNTIME-CONFIG-WAL-ARCHIVE-RECOVERY);
// they end with the server's run.
func (r Recovery) settings(archived string) []string {
	s := []string{
		"restore_command=cp " + shellQuoted(archived) + "/%f %p", "hot_standby=off", "recovery_target_action=promote",
		"archive_mode=off", "primary_conninfo=",
	}
	switch {
	case r.To.LSN != "":
		// A position is of the backup's own timeline: a restore may have gone its own way since.
		s = append(s, "recovery_target_lsn="+r.To.LSN, "recovery_target_inclusive=off", "recovery_target_timeline=current")
	case !r.To.Time.IsZero():
		s = append(s, "recovery_target_time="+r.To.Time.UTC().Format("2006-01-02 15:04:05.999999+00"))
	}
	return s
}

// shellQuoted quotes a path for the shell; a percent sign would be the
// server's.
func shellQuoted(path string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(path, "%", "%%"), "'", `'\''`) + "'"
}

// unpack writes a full backup into a folder of the server's user.
func (p place) unpack(to string, from io.Reader) error {
	if err := p.own(to); err != nil {
		return err
	}
	r := tar.NewReader(from)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBase, err)
		}
		if err := p.unpackOne(to, h, r); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(to, "PG_VERSION")); err != nil {
		return fmt.Errorf("%w: it has no PG_VERSION", ErrBase)
	}
	// What reads on past the archive's end finds that the rest was cut off.
	if _, err := io.Copy(io.Discard, from); err != nil {
		return fmt.Errorf("%w: %w", ErrBase, err)
	}
	return nil
}

func (p place) unpackOne(to string, h *tar.Header, content io.Reader) error {
	if !filepath.IsLocal(h.Name) {
		return fmt.Errorf("%w: it names %q, which is outside of it", ErrBase, h.Name)
	}
	path := filepath.Join(to, h.Name)
	switch h.Typeflag {
	case tar.TypeDir:
		return p.own(path)
	case tar.TypeReg:
		err := p.put(path, content, 0o600)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: it is cut short: %w", ErrBase, err)
		}
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", h.Name, err)
		}
		return nil
	}
	return fmt.Errorf("%w: %q is neither file nor folder (a tablespace?); that is not restored", ErrBase, h.Name)
}

// put writes a file of the server's user, which was not there.
func (p place) put(path string, content io.Reader, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if p.user != nil {
		err = errors.Join(err, f.Chown(int(p.user.Uid), int(p.user.Gid)))
	}
	return errors.Join(err, f.Close())
}
