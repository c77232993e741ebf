package pg_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// past is a cluster's history: a full backup, the log after it, and a moment
// between two rows.
type past struct {
	base   []byte
	wal    map[string][]byte
	moment pg.Moment
	rows   int // at the moment
}

// history makes one: a row before the backup, one after it, the moment, and a
// row after that.
func history(t *testing.T) past {
	t.Helper()
	c := start(t, t.TempDir())
	defer stop(t, c)
	run(t, c.URL(), "CREATE TABLE seen (n int); INSERT INTO seen VALUES (1)")
	p := past{base: baseBackup(t, c.URL())}
	run(t, c.URL(), "INSERT INTO seen VALUES (2)")
	err := pg.AtMoment(t.Context(), c.URL(), func(tx pg.Tx, m pg.Moment) error {
		p.moment = m
		run(t, c.URL(), "INSERT INTO seen VALUES (3)") // committed while the moment is read
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM seen").Scan(&p.rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := pg.MarkMoment(t.Context(), c.URL()); err != nil {
		t.Fatal(err)
	}
	p.wal = keepLog(t, c.URL())
	return p
}

func run(t *testing.T, url, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func baseBackup(t *testing.T, url string) []byte {
	t.Helper()
	name, err := exec.LookPath("pg_basebackup")
	if err != nil {
		if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup"); len(found) > 0 {
			name = found[len(found)-1]
		} else {
			t.Skip("PostgreSQL: no pg_basebackup on this machine")
		}
	}
	cmd := exec.CommandContext(t.Context(), name, "--dbname="+url, "--pgdata=-", "--format=tar", "--wal-method=none", "--checkpoint=fast", "--no-sync")
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, wrong.String())
	}
	return out
}

// keepLog gives what the server has of its log.
func keepLog(t *testing.T, url string) map[string][]byte {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	var data string
	if err := c.QueryRow(t.Context(), "SHOW data_directory").Scan(&data); err != nil {
		t.Fatal(err)
	}
	segments, _ := filepath.Glob(filepath.Join(data, "pg_wal", "0*"))
	if len(segments) == 0 {
		t.Fatalf("no log in %s", data)
	}
	all := map[string][]byte{}
	for _, path := range segments {
		if all[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func (p past) log(put func(string, io.Reader) error) error {
	for name, content := range p.wal {
		if err := put(name, bytes.NewReader(content)); err != nil {
			return err
		}
	}
	return nil
}

// recovered restores and counts the rows.
func recovered(t *testing.T, p past, to pg.Point) (rows int, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	c, err := pg.Recover(ctx, dir, pg.Recovery{Base: bytes.NewReader(p.base), Log: p.log, To: to}, pg.ClusterOptions{NoFsync: true})
	if err != nil {
		if _, stat := os.Stat(filepath.Join(dir, "data")); !errors.Is(stat, fs.ErrNotExist) {
			t.Error("a failed recovery left a data folder")
		}
		return 0, err
	}
	defer stop(t, c)
	run(t, c.URL(), "INSERT INTO seen VALUES (99); DELETE FROM seen WHERE n = 99") // it may be written
	conn, err := pgx.Connect(ctx, c.URL())
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	return rows, conn.QueryRow(ctx, "SELECT count(*) FROM seen").Scan(&rows)
}

func TestARestoreToAMomentHasWhatWasSeenThenAndNothingLater(t *testing.T) {
	p := history(t)
	if p.rows != 2 {
		t.Fatalf("%d rows were seen at the moment, not 2", p.rows)
	}
	for name, c := range map[string]struct {
		to   pg.Point
		rows int
		err  error
	}{
		"the moment":           {pg.Point{LSN: p.moment.LSN}, p.rows, nil},
		"the end of the log":   {pg.Point{}, 3, nil},
		"later than the log":   {pg.Point{LSN: "FF/0"}, 0, pg.ErrNotReached},
		"a time after its end": {pg.Point{Time: time.Now().Add(time.Hour)}, 0, pg.ErrNotReached},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := recovered(t, p, c.to)
			if !errors.Is(err, c.err) || rows != c.rows {
				t.Errorf("%d rows and %v, not %d and %v", rows, err, c.rows, c.err)
			}
		})
	}
}

func TestHalfAFullBackupIsRefused(t *testing.T) {
	p := history(t)
	whole := p.base
	for name, base := range map[string][]byte{"cut": whole[:len(whole)/2], "empty": nil, "not a backup": []byte("no tape archive, only words, and more than five hundred and twelve bytes of them" + string(make([]byte, 600)))} {
		t.Run(name, func(t *testing.T) {
			p.base = base
			if _, err := recovered(t, p, pg.Point{}); !errors.Is(err, pg.ErrBase) {
				t.Errorf("%v, not ErrBase", err)
			}
		})
	}
}
