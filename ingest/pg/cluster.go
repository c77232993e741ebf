package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// MinMajor is the oldest PostgreSQL that this program works with.
const MinMajor = 15

// clusterPort is the socket's number; nothing listens on the network.
const clusterPort = 5432

// maxSocketPath is what Linux takes for a socket's path, without its end mark.
const maxSocketPath = 107

// Cluster is a private PostgreSQL: reached through a socket that only its user
// and root can open, started when first needed, and stopped by the last
// program that uses it.
//
// What it keeps is as durable as fsync makes it, unless ClusterOptions.NoFsync
// is set. A data folder is never wiped: one of another major version, or a
// damaged one, is refused.
type Cluster struct {
	place  place
	url    string         // stays the same as long as the cluster is used
	socket string         // folder
	use    *claim         // shared by all who use the cluster
	child  *exec.Cmd      // nil: started by another program, perhaps a dead one
	ended  chan struct{}  // closed when the child has ended; nil without one
	bin    serverPrograms // what it was started with
}

// ClusterOptions are choices about a private cluster.
type ClusterOptions struct {
	NoFsync bool         // for tests: fast, and lost at a power cut
	Log     *slog.Logger // nil: slog.Default()

	recovery []string // settings of a server that replays an archive; see Recover
}

// ErrOtherVersion says that the data folder belongs to another major version
// of PostgreSQL; it was not touched.
var ErrOtherVersion = errors.New("the database was made by another version of PostgreSQL")

// ErrNoPostgreSQL says that no server programs were found or fetched.
var ErrNoPostgreSQL = errors.New("no PostgreSQL found: install it (Debian: apt-get install postgresql) or set DATABASE_URL")

// StartCluster gives the running cluster of a folder: one that another program
// started, the orphan of a killed one, or a new one. It waits until queries
// are answered; ctx bounds only that.
func StartCluster(ctx context.Context, dir string, o ClusterOptions) (*Cluster, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	p, err := findPlace(dir, o)
	if err != nil {
		return nil, err
	}
	return startIn(ctx, p, o)
}

func startIn(ctx context.Context, p place, o ClusterOptions) (*Cluster, error) {
	starting, err := p.lock(ctx, "start.lock", syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer starting.release()
	c := &Cluster{place: p}
	if c.use, err = p.lock(ctx, "use.lock", syscall.LOCK_SH); err != nil {
		return nil, err
	}
	for {
		err := c.start(ctx, o)
		if err == nil {
			c.url = c.address("tikklok")
			return c, nil
		}
		if !errors.Is(err, errPassing) || ctx.Err() != nil {
			return nil, errors.Join(err, c.leave())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// errPassing says that a server left by a killed program is just coming up or
// going down: looking again helps.
var errPassing = errors.New("a database server is starting or stopping")

func (c *Cluster) start(ctx context.Context, o ClusterOptions) error {
	running, err := readPostmaster(c.place.data)
	if err != nil {
		return err
	}
	if running != nil {
		c.socket = running.socket
		o.Log.Debug("using the database server that runs already", "pid", running.pid)
		return c.ready(ctx, running.pid)
	}
	if c.bin, err = findPrograms(ctx, c.place, o); err != nil {
		return err
	}
	if err := initialise(ctx, c.place, c.bin, o); err != nil {
		return err
	}
	if c.socket, err = c.place.socketFolder(c.socket); err != nil {
		return err
	}
	if err := endOrphans(c.place.data, o); err != nil {
		return err
	}
	if err := c.spawn(o); err != nil {
		return err
	}
	return c.ready(ctx, c.child.Process.Pid)
}

// spawn starts the server in a process group of its own, so that Ctrl-C at a
// terminal does not reach it before the programs that use it are done.
func (c *Cluster) spawn(o ClusterOptions) error {
	log, err := os.OpenFile(filepath.Join(c.place.dir, "postgresql.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("database server's log: %w", err)
	}
	defer log.Close()
	args := []string{"-D", c.place.data}
	for _, s := range slices.Concat(c.settings(o), o.recovery, []string{"wal_compression=" + c.compression()}) {
		args = append(args, "-c", s)
	}
	c.child = c.bin.command(context.Background(), c.place, "postgres", args...)
	c.child.Stdout, c.child.Stderr = log, log
	if err := c.child.Start(); err != nil {
		c.child = nil
		return fmt.Errorf("starting the database server: %w", err)
	}
	c.ended = make(chan struct{})
	go func() { // ends with the server, which Stop waits for
		_ = c.child.Wait()
		close(c.ended)
	}()
	return nil
}

// compression is how pages in the log are made small: PostgreSQL's own way
// (on) took 1 ms a page of taps, LZ4 none that could be seen; not every server
// is built with it.
func (c *Cluster) compression() string {
	if c.bin.command(context.Background(), c.place, "postgres", "-C", "wal_compression", "-c", "wal_compression=lz4", "-D", c.place.data).Run() == nil {
		return "lz4"
	}
	return "on"
}

// settings suit two cores and a few GB shared with the rest of the program;
// -c wins over files, so that every start has them.
func (c *Cluster) settings(o ClusterOptions) []string {
	s := []string{
		"listen_addresses=", "port=" + strconv.Itoa(clusterPort),
		"unix_socket_directories=" + c.socket, "unix_socket_permissions=0700",
		"max_connections=100", "shared_buffers=128MB", "work_mem=16MB", "maintenance_work_mem=64MB",
		// A night that removes very much, and gateways beside it: few checkpoints,
		// and a background writer that keeps up, so that no commit waits for pages.
		"max_wal_size=" + strconv.Itoa(MaxWAL>>20) + "MB", "checkpoint_timeout=15min", "bgwriter_delay=20ms", "bgwriter_lru_maxpages=1000", "bgwriter_lru_multiplier=4",
		"max_slot_wal_keep_size=" + strconv.Itoa(KeepLog>>20) + "MB", "archive_timeout=" + strconv.Itoa(int(LogEvery.Seconds())),
		"log_error_verbosity=terse", "log_min_error_statement=panic", // OB-P14: neither keys nor statements in the log
		"jit=off", "timezone=UTC", "log_timezone=UTC", "lc_messages=C",
	}
	if o.NoFsync {
		s = append(s, "fsync=off", "full_page_writes=off")
	}
	return s
}

// URL gives the address of the cluster's database, with its owner's rights.
func (c *Cluster) URL() string { return c.url }

func (c *Cluster) address(database string) string {
	q := url.Values{"host": {c.socket}, "port": {strconv.Itoa(clusterPort)}}
	return "postgres://postgres@/" + database + "?" + q.Encode()
}

// ready waits for the first answer, and makes the database on the first start.
func (c *Cluster) ready(ctx context.Context, pid int) error {
	for {
		err := c.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("the database server ended at once; its last words: %s", c.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("waiting for the database server: %w", errors.Join(ctx.Err(), err))
		case <-time.After(20 * time.Millisecond):
		}
		if c.child == nil && !alive(pid) {
			return fmt.Errorf("%w: %w", errPassing, err)
		}
	}
}

func (c *Cluster) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.address("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var found bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'tikklok')").Scan(&found); err != nil || found {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE tikklok")
	return err
}

// lastWords gives the end of the server's log.
func (c *Cluster) lastWords() string {
	raw, err := os.ReadFile(filepath.Join(c.place.dir, "postgresql.log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], " | ")
}

// Keep starts the server again when it dies (killed for its memory, say),
// until ctx ends.
func (c *Cluster) Keep(ctx context.Context, o ClusterOptions) error {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
		running, err := readPostmaster(c.place.data)
		if running != nil || errors.Is(err, errPassing) {
			continue
		}
		o.Log.ErrorContext(ctx, "the database server is gone; starting it again", "last_words", c.lastWords())
		if err := c.again(ctx, o); err != nil && ctx.Err() == nil {
			o.Log.ErrorContext(ctx, "the database server did not start; trying again", "error", err)
		}
	}
}

func (c *Cluster) again(ctx context.Context, o ClusterOptions) error {
	starting, err := c.place.lock(ctx, "start.lock", syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer starting.release()
	if c.ended != nil {
		<-c.ended // reaped: its number can't be another's
	}
	c.child, c.ended = nil, nil
	return c.start(ctx, o)
}

// Stop ends the use of the cluster, and the cluster itself when nobody else
// uses it: connections are closed, and what was committed is kept.
func (c *Cluster) Stop() error {
	starting, err := c.place.lock(context.Background(), "start.lock", syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer starting.release()
	return errors.Join(c.leave(), c.place.discard())
}

// leave gives the use of the cluster up, also one that never answered: a
// command that lost patience must not stop the server under a service.
func (c *Cluster) leave() error {
	var err error
	if c.use.alone() {
		err = c.halt()
	}
	return errors.Join(err, c.use.release())
}

// halt asks for a fast shutdown, and for an immediate one (safe, but the next
// start has to recover) when that takes over a minute.
func (c *Cluster) halt() error {
	running, err := readPostmaster(c.place.data)
	if err != nil {
		return err
	}
	pid := 0
	switch {
	case c.child != nil:
		pid = c.child.Process.Pid
	case running != nil:
		pid = running.pid
	default:
		return nil
	}
	for _, try := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, time.Minute}, {syscall.SIGQUIT, 10 * time.Second}} {
		_ = syscall.Kill(pid, try.signal) // gone already: seen below
		if c.gone(pid, try.wait) {
			return c.place.removeSocketFolder(c.socket)
		}
	}
	return fmt.Errorf("the database server (process %d) does not stop", pid)
}

func (c *Cluster) gone(pid int, within time.Duration) bool {
	deadline := time.After(within)
	for alive(pid) {
		select {
		case <-c.ended: // a nil channel where it is not our child
			return true
		case <-deadline:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
	return true
}

// alive says whether a process runs; one that only waits to be reaped (under
// an init that doesn't) does not.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true // no /proc here
	}
	_, state, _ := strings.Cut(string(stat), ") ") // proc(5): pid (name) state …
	return !strings.HasPrefix(state, "Z")
}
