package pg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// What PostgreSQL keeps of its log for those who fetch it. The caps are what
// keeps a slow or full place for backups from filling the disk and stopping
// ingest: past KeepLog the server forgets what nobody fetched, and goes on.
const (
	KeepLog  = 1 << 30         // bytes
	LogEvery = 5 * time.Minute // after this, a segment that has something in it ends
)

// MaxWAL is how many bytes of log the server writes before a checkpoint lets it
// forget them.
const MaxWAL = 4 << 30

// Spare is what others leave free of a disk of so many bytes, as the database may
// stand on it: what its log grows by, and something for itself; a tenth of a
// smaller disk.
func Spare(size int64) int64 { return min(MaxWAL+KeepLog+512<<20, size/10) }

// logSlot is PostgreSQL's own memory of how far the log was fetched.
const logSlot = "tikklok_backup"

// ErrNoTools says that the programs that come with PostgreSQL's client are missing.
var ErrNoTools = errors.New("PostgreSQL's pg_basebackup, pg_receivewal and pg_restore were not found beside its server: install them (Debian: apt-get install postgresql-client)")

// System tells a cluster from every other, copies of it excepted.
type System struct {
	ID     string // PostgreSQL's system identifier
	Major  int
	Schema int64 // as migrations count it
	Bytes  int64 // of its database on disk
}

// SystemOf reads it as the database's owner.
func SystemOf(ctx context.Context, url string) (s System, err error) {
	err = asOwner(ctx, url, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, `SELECT (SELECT system_identifier::text FROM pg_control_system()), current_setting('server_version_num')::int / 10000,
			(SELECT COALESCE(max(version_id), 0) FROM goose_db_version WHERE is_applied), pg_database_size(current_database())`).Scan(&s.ID, &s.Major, &s.Schema, &s.Bytes)
	})
	if err != nil {
		return s, fmt.Errorf("reading which database cluster this is: %w", err)
	}
	return s, nil
}

// tool gives one of PostgreSQL's client programs of the cluster's version, run
// as ourselves, so that it writes where we may.
func (c *Cluster) tool(ctx context.Context, name string, args ...string) (*exec.Cmd, error) {
	bin := c.bin
	if bin.dir == "" { // another program started it
		bin, _ = fitting(append(installed(ctx, c.place), fetched(ctx, c.place, programCache(c.place))...), 0)
	}
	if _, err := os.Stat(filepath.Join(bin.dir, name)); err != nil {
		return nil, ErrNoTools
	}
	cmd := bin.command(ctx, c.place, name, append(args, "--dbname="+c.address("postgres"), "--no-password")...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd, nil
}

// Positions are where a base backup begins and ends in the log.
type Positions struct {
	Timeline    int
	Start, Stop string // X/X
}

// Base writes a tar of the cluster's files to w, with the log that makes them
// agree: enough to start a copy from, without anything else. A checkpoint comes
// first: at once when hurry is set, else spread over minutes. Rate bounds how many KB a second it reads,
// so that others aren't slowed.
func (c *Cluster) Base(ctx context.Context, w io.Writer, hurry bool, rate int) (Positions, error) {
	slot, drop, err := c.holdLog(ctx)
	if err != nil {
		return Positions{}, err
	}
	defer drop()
	checkpoint := "spread"
	if hurry {
		checkpoint = "fast"
	}
	cmd, err := c.tool(ctx, "pg_basebackup", "--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint="+checkpoint,
		"--label="+slot, "--max-rate="+strconv.Itoa(rate)+"k", "--verbose")
	if err != nil {
		return Positions{}, err
	}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = w, &said
	cmd.Env = append(cmd.Environ(), "PGAPPNAME="+slot)
	if err = cmd.Start(); err == nil {
		giveWay(cmd.Process.Pid)
		c.readerGivesWay(ctx, slot)
		err = cmd.Wait()
	}
	if err != nil {
		return Positions{}, fmt.Errorf("pg_basebackup: %w: %s", err, lastLine(said.String()))
	}
	return positions(said.String())
}

var (
	beginsAt = regexp.MustCompile(`start point: ([0-9A-F]+/[0-9A-F]+) on timeline (\d+)`)
	endsAt   = regexp.MustCompile(`end point: ([0-9A-F]+/[0-9A-F]+)`)
)

// positions reads what pg_basebackup --verbose says in English.
func positions(said string) (p Positions, err error) {
	begin, end := beginsAt.FindStringSubmatch(said), endsAt.FindStringSubmatch(said)
	if begin == nil || end == nil {
		return p, fmt.Errorf("pg_basebackup did not say where in the log its backup begins and ends: %s", lastLine(said))
	}
	p.Start, p.Stop = begin[1], end[1]
	p.Timeline, err = strconv.Atoi(begin[2])
	return p, err
}

func lastLine(text string) string {
	last := ""
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" {
			last = line
		}
	}
	return last
}

// holdLog has the server keep its log (up to KeepLog) while a base is made: it
// ends with that of its own making.
func (c *Cluster) holdLog(ctx context.Context) (name string, drop func(), err error) {
	name = "tikklok_base_" + strconv.FormatInt(time.Now().Unix(), 36)
	err = asOwner(ctx, c.url, func(conn *pgx.Conn) error {
		if err := capped(ctx, conn); err != nil {
			return err
		}
		// What a killed program left behind holds log too.
		if _, err := conn.Exec(ctx, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'tikklok\\_base\\_%' AND NOT active"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "SELECT pg_create_physical_replication_slot($1, true)", name)
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("holding the log for a base backup: %w", err)
	}
	return name, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = execute(ctx, c.url, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"+name+"'") // else the next one does
	}, nil
}

// capped refuses a server that would keep the log without bound.
func capped(ctx context.Context, conn *pgx.Conn) error {
	var keep string
	if err := conn.QueryRow(ctx, "SHOW max_slot_wal_keep_size").Scan(&keep); err != nil {
		return err
	}
	if keep == "-1" {
		return errors.New("the database server runs with settings of an older version of this program (max_slot_wal_keep_size); stop every program that uses it, and start again")
	}
	return nil
}

// FollowLog has the server keep its log from now on until ReceiveLog fetched
// it, and takes over from a program that was killed. It says whether it begins
// anew: there was nothing before, or the server gave part of it up
// so that its disk doesn't fill up.
func (c *Cluster) FollowLog(ctx context.Context) (anew bool, err error) {
	err = asOwner(ctx, c.url, func(conn *pgx.Conn) error {
		if err := capped(ctx, conn); err != nil {
			return err
		}
		var status string
		var reader *int32
		err := conn.QueryRow(ctx, "SELECT COALESCE(wal_status, 'lost'), active_pid FROM pg_replication_slots WHERE slot_name = $1", logSlot).Scan(&status, &reader)
		anew = errors.Is(err, pgx.ErrNoRows)
		if err != nil && !anew {
			return err
		}
		if reader != nil {
			if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend($1, 5000)", *reader); err != nil {
				return err
			}
		}
		if status == "lost" {
			if _, err := conn.Exec(ctx, "SELECT pg_drop_replication_slot($1)", logSlot); err != nil {
				return err
			}
			anew = true
		}
		if anew {
			_, err = conn.Exec(ctx, "SELECT pg_create_physical_replication_slot($1, true)", logSlot)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("following the database's log: %w", err)
	}
	return anew, nil
}

// ReceiveLog writes the log into a folder as it grows, each segment under its
// name when it is whole and synced, until ctx ends (nil) or the server does.
// FollowLog comes first; where that began anew, with an empty folder.
func (c *Cluster) ReceiveLog(ctx context.Context, dir string) error {
	cmd, err := c.tool(ctx, "pg_receivewal", "--directory="+dir, "--slot="+logSlot, "--no-loop")
	if err != nil {
		return err
	}
	var said strings.Builder
	cmd.Stderr = &said
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("pg_receivewal ended (%v): %s", err, lastLine(said.String()))
}
