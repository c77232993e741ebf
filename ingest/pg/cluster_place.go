package pg

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// place is where a cluster lives and as whom it runs.
type place struct {
	dir   string              // data, log and locks
	data  string              // PostgreSQL's data folder
	user  *syscall.Credential // nil: ourselves
	asked string              // folder that was asked for, where the cluster stands elsewhere and is removed at the end; else ""
}

// fallback is where root's clusters live whose folder another user can't reach.
const fallback = "/var/lib/tikklok"

// findPlace makes the folder of a cluster. PostgreSQL refuses to run as root,
// so for root it belongs to an unprivileged user; where that one can't reach
// the folder (a clone under a private home), another place is taken, told, and
// noted in the folder, so that it is found again when the folder moves.
func findPlace(dir string, o ClusterOptions) (place, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return place{}, fmt.Errorf("database folder: %w", err)
	}
	p := place{dir: dir}
	if os.Geteuid() == 0 {
		if p, err = placeForRoot(dir, o); err != nil {
			return place{}, err
		}
	}
	p.data = filepath.Join(p.dir, "data")
	if err := os.MkdirAll(filepath.Dir(p.dir), 0o755); err != nil {
		return place{}, fmt.Errorf("database folder: %w", err)
	}
	return p, p.own(p.dir)
}

func placeForRoot(dir string, o ClusterOptions) (place, error) {
	p := place{dir: dir, user: unprivileged()}
	note := filepath.Join(dir, "moved-to")
	if moved, err := os.ReadFile(note); err == nil {
		p.dir = strings.TrimSpace(string(moved))
		return p, nil
	}
	if reachable(filepath.Dir(dir), p.user) {
		return p, nil
	}
	if o.NoFsync {
		err := p.makeTemporary()
		return p, err
	}
	p.dir = filepath.Join(fallback, fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:12])
	o.Log.Warn("the database can't live in the folder asked for: started as root it runs as another user, who can't reach it",
		"folder", dir, "instead", p.dir, "user", p.user.Uid)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return p, fmt.Errorf("database folder: %w", err)
	}
	return p, os.WriteFile(note, []byte(p.dir+"\n"), 0o644)
}

// temporaryName begins the names of folders for clusters that are thrown away,
// and temporaryNote is the file, in the folder that was asked for, that says where
// one is: so that it is found when its program was killed.
const (
	temporaryName = "tikklok-"
	temporaryNote = "temporarily-in"
)

// makeTemporary moves a cluster that is thrown away to where its user gets.
func (p *place) makeTemporary() error {
	instead, err := os.MkdirTemp("", temporaryName)
	if err != nil {
		return fmt.Errorf("database folder: %w", err)
	}
	err = os.Chmod(instead, 0o755)
	if err == nil {
		err = os.MkdirAll(p.dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(p.dir, temporaryNote), []byte(instead), 0o644)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("database folder: %w", err), os.RemoveAll(instead))
	}
	p.asked, p.dir = p.dir, filepath.Join(instead, "db")
	return nil
}

// EndLeft ends the server that a killed program left on a folder that is thrown
// away, and removes what stands of it elsewhere. The caller knows that no program
// uses it, and removes the folder; where this fails it stays, as it says what is left.
func EndLeft(dir string, o ClusterOptions) error {
	o, instead := o.logging(), ""
	if said, err := os.ReadFile(filepath.Join(dir, temporaryNote)); err == nil && strings.HasPrefix(filepath.Base(string(said)), temporaryName) {
		instead = string(said)
		dir = filepath.Join(instead, "db")
	}
	for _, data := range []string{"data", "data.new"} {
		if err := noneLeft(filepath.Join(dir, data), o); err != nil {
			return err
		}
	}
	if instead == "" {
		return nil
	}
	if err := os.RemoveAll(instead); err != nil {
		return fmt.Errorf("removing what a killed program left: %w", err)
	}
	return nil
}

// noneLeft ends what runs on a data folder. Without /proc its processes can't be
// told from others, so that a server which may run there is left alone, and told.
func noneLeft(data string, o ClusterOptions) error {
	if err := endOrphans(data, o); err != nil {
		return err
	}
	runs, err := readPostmaster(data)
	if err == nil && runs != nil {
		err = fmt.Errorf("process %d, which a killed program left, seems to run on %s: end it", runs.pid, data)
	}
	return err
}

// unprivileged gives whom root runs the server as: the packaged user, else
// the one behind sudo, else nobody.
func unprivileged() *syscall.Credential {
	for _, find := range []func() (*user.User, error){
		func() (*user.User, error) { return user.Lookup("postgres") },
		func() (*user.User, error) { return user.LookupId(os.Getenv("SUDO_UID")) },
		func() (*user.User, error) { return user.Lookup("nobody") },
	} {
		u, err := find()
		if err != nil || u.Uid == "0" {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}

// reachable says whether the user can pass every existing folder down to dir;
// those that are made later can be passed.
func reachable(dir string, as *syscall.Credential) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
		if err == nil && !passable(info, as) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func passable(info fs.FileInfo, as *syscall.Credential) bool {
	owner := info.Sys().(*syscall.Stat_t)
	switch {
	case owner.Uid == as.Uid:
		return info.Mode()&0o100 != 0
	case owner.Gid == as.Gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// own makes a folder that only the server's user can open.
func (p place) own(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("database folder: %w", err)
	}
	if p.user == nil {
		return nil
	}
	if err := os.Chown(dir, int(p.user.Uid), int(p.user.Gid)); err != nil {
		return fmt.Errorf("database folder: %w", err)
	}
	return nil
}

// socketFolder gives a folder whose socket's path is short enough for Linux:
// the one of before, where there is one, since its address is known.
func (p place) socketFolder(before string) (string, error) {
	if before != "" {
		return before, p.own(before)
	}
	dir := filepath.Join(p.dir, "run")
	if len(dir)+len("/.s.PGSQL.5432.lock") <= maxSocketPath && !strings.ContainsAny(dir, "@, \"'\\") {
		return dir, p.own(dir)
	}
	dir, err := os.MkdirTemp("/tmp", "tikklok-")
	if err != nil {
		return "", fmt.Errorf("folder of the database's socket: %w", err)
	}
	return dir, p.own(dir)
}

func (p place) removeSocketFolder(dir string) error {
	if dir == "" || filepath.Dir(dir) != "/tmp" {
		return nil
	}
	return os.RemoveAll(dir)
}

// discard removes what was made for the time of a test only.
func (p place) discard() error {
	if p.asked == "" {
		return nil
	}
	if err := os.RemoveAll(filepath.Dir(p.dir)); err != nil {
		return err // the note says where it stands
	}
	err := os.Remove(filepath.Join(p.asked, temporaryNote))
	_ = os.Remove(p.asked) // others may have put something there
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// claim is a locked file; the system lets go of it when its holder
// dies, however it dies.
type claim struct{ file *os.File }

func (p place) lock(ctx context.Context, name string, how int) (*claim, error) {
	f, err := os.OpenFile(filepath.Join(p.dir, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the database folder: %w", err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			return &claim{f}, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("locking the database folder: %w", err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("another program starts or stops the database in %s: %w", p.dir, ctx.Err()), f.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// alone says whether nobody else shares the lock, which is then exclusive.
func (l *claim) alone() bool {
	return syscall.Flock(int(l.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

func (l *claim) release() error { return l.file.Close() }
