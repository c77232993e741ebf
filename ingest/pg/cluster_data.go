package pg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postmaster is what postmaster.pid says of a running server.
type postmaster struct {
	pid    int
	socket string
}

// readPostmaster gives the server that runs on a data folder, or nil. A pid
// file whose number now belongs to another process (a container started anew)
// is put aside: the server itself would refuse to start.
func readPostmaster(data string) (*postmaster, error) {
	path := filepath.Join(data, "postmaster.pid")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for a running database server: %w", err)
	}
	// Lines: pid, data folder, start time, port, socket folder …
	// (https://www.postgresql.org/docs/15/storage-file-layout.html)
	lines := strings.Split(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 || syscall.Kill(pid, 0) == syscall.ESRCH {
		return nil, nil // the server clears it itself
	}
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if !alive(pid) || err == nil && !sameFolder(cwd, data) {
		if err := os.Rename(path, path+".stale"); err != nil {
			return nil, fmt.Errorf("putting a stale postmaster.pid aside: %w", err)
		}
		return nil, nil
	}
	if len(lines) < 5 || lines[4] == "" {
		return nil, fmt.Errorf("%w: process %d in %s", errPassing, pid, data)
	}
	return &postmaster{pid: pid, socket: lines[4]}, nil
}

// endOrphans ends what a killed server left running: a process of its own that
// is in the middle of a long statement does not notice, holds the shared memory,
// and no new server starts beside it. SIGQUIT makes such a process leave at once
// (https://www.postgresql.org/docs/15/server-shutdown.html); what was not
// committed is lost anyway. The caller knows that no server runs on the folder.
func endOrphans(data string, o ClusterOptions) error {
	for _, try := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		left := orphans(data)
		if len(left) == 0 {
			return nil
		}
		o.Log.Warn("ending what a killed database server left running", "processes", len(left), "signal", try.signal.String())
		for _, pid := range left {
			_ = syscall.Kill(pid, try.signal) // gone already is as good
		}
		for end := time.Now().Add(try.wait); len(orphans(data)) > 0 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	}
	if left := orphans(data); len(left) > 0 {
		return fmt.Errorf("processes %v of a killed database server do not end", left)
	}
	return nil
}

// orphans gives the database server's processes that work in a data folder.
func orphans(data string) (pids []int) {
	found, _ := filepath.Glob("/proc/[0-9]*") // none where there is no /proc
	for _, dir := range found {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || !alive(pid) {
			continue
		}
		cwd, err := os.Readlink(filepath.Join(dir, "cwd"))
		name, _ := os.ReadFile(filepath.Join(dir, "comm"))
		if err == nil && strings.TrimSpace(string(name)) == "postgres" && sameFolder(cwd, data) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func sameFolder(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// dataMajor gives the major version of a data folder; 0: there is none yet.
func dataMajor(data string) (int, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		if entries, _ := os.ReadDir(data); len(entries) > 0 {
			return 0, fmt.Errorf("%s is not empty, and no database either (PG_VERSION is missing); put it back from a backup, or choose another folder", data)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the database's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0, fmt.Errorf("%w: %q in %s", ErrOtherVersion, strings.TrimSpace(string(raw)), filepath.Join(data, "PG_VERSION"))
	}
	return major, nil
}

// initialise makes the data folder where there is none: beside its place, then
// renamed, so that a killed start leaves no half database.
func initialise(ctx context.Context, p place, bin serverPrograms, o ClusterOptions) error {
	if major, err := dataMajor(p.data); major > 0 || err != nil {
		return err
	}
	fresh := p.data + ".new"
	o.Log.Info("making a database", "folder", p.dir, "postgresql", bin.major)
	args := []string{"-D", fresh, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--data-checksums"}
	if o.NoFsync {
		args = append(args, "--no-sync")
	}
	var failed error
	for _, locale := range []string{"C.UTF-8", "C"} { // the second where the system has not the first
		if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(p.data)); err != nil { // a half one of ours, and an empty one
			return fmt.Errorf("making a database: %w", err)
		}
		out, err := bin.command(ctx, p, "initdb", append(args, "--locale="+locale)...).CombinedOutput()
		if err == nil {
			return os.Rename(fresh, p.data)
		}
		failed = fmt.Errorf("making a database: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return failed
}
