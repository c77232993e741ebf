package pg_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tikklok/ingest/durable"
	"tikklok/ingest/pg"
)

// writer calls then at the first byte.
type writer struct {
	bytes.Buffer
	then func()
}

func (w *writer) Write(p []byte) (int, error) {
	if w.then != nil {
		w.then()
		w.then = nil
	}
	return w.Buffer.Write(p)
}

func TestADumpHasWhatWasCountedBesideIt(t *testing.T) { // OB-C8
	c := start(t, t.TempDir())
	defer stop(t, c)
	run(t, c.URL(), "CREATE TABLE seen (n int); INSERT INTO seen VALUES (1)")
	dump := &writer{then: func() { run(t, c.URL(), "INSERT INTO seen VALUES (2)") }}
	counted := 0
	err := pg.DumpSeen(t.Context(), c.URL(), dump, func(tx pg.Tx, _ time.Time) error {
		run(t, c.URL(), "INSERT INTO seen VALUES (3)")
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM seen").Scan(&counted)
	})
	if errors.Is(err, pg.ErrNoDump) {
		t.Skip("PostgreSQL:", err)
	}
	if err != nil || counted != 1 {
		t.Fatalf("%d rows, %v", counted, err)
	}
	whole := dump.Bytes()
	for name, c := range map[string]struct {
		dump io.Reader
		room int64
		want error
	}{
		"whole":            {bytes.NewReader(whole), 1, nil},
		"damaged":          {io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), broken{}), 1, errBroken},
		"cut":              {bytes.NewReader(whole[:len(whole)/2]), 1, errAny},
		"no room on disk":  {bytes.NewReader(whole), 1 << 60, pg.ErrNoRoom},
		"damaged far back": {io.MultiReader(bytes.NewReader(whole), broken{}), 1, errBroken},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "db")
			got, err := pg.Undump(t.Context(), dir, c.dump, c.room, pg.ClusterOptions{NoFsync: true})
			if err == nil {
				defer stop(t, got)
				if n := rows(t, got.URL()); n != counted {
					t.Errorf("%d rows, not %d", n, counted)
				}
			}
			if c.want == errAny && err == nil || c.want != errAny && !errors.Is(err, c.want) {
				t.Errorf("%v, not %v", err, c.want)
			}
			if _, stat := os.Stat(filepath.Join(dir, "data")); err != nil && !errors.Is(stat, fs.ErrNotExist) {
				t.Error("it left a data folder")
			}
		})
	}
}

var errBroken, errAny = errors.New("broken"), errors.New("any")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func rows(t *testing.T, url string) (n int) {
	t.Helper()
	db, err := pg.Open(t.Context(), url, pg.RoleOwner)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Look(t.Context(), func(tx pg.Tx) error { return tx.QueryRow(t.Context(), "SELECT count(*) FROM seen").Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestARestoreLeavesRoomForTheDatabaseOnTheSameDisk(t *testing.T) {
	dir := t.TempDir()
	free, size, err := durable.Room(dir)
	if err != nil {
		t.Fatal(err)
	}
	log := func(func(string, io.Reader) error) error { return nil }
	_, err = pg.Recover(t.Context(), filepath.Join(dir, "db"), pg.Recovery{Base: broken{}, Log: log, Room: free - pg.Spare(size)/2}, pg.ClusterOptions{NoFsync: true})
	if !errors.Is(err, pg.ErrNoRoom) {
		t.Errorf("%v, not ErrNoRoom", err)
	}
	for disk, want := range map[int64]int64{10 << 30: 1 << 30, 500 << 30: 11 << 29} {
		if got := pg.Spare(disk); got != want {
			t.Errorf("of a disk of %d GB %d MB stay free, not %d", disk>>30, got>>20, want>>20)
		}
	}
}

func TestARestoreWithoutRoomIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	log := func(func(string, io.Reader) error) error { t.Error("the log was fetched"); return nil }
	_, err := pg.Recover(t.Context(), dir, pg.Recovery{Base: broken{}, Log: log, Room: 1 << 60}, pg.ClusterOptions{NoFsync: true})
	if !errors.Is(err, pg.ErrNoRoom) {
		t.Errorf("%v, not ErrNoRoom", err)
	}
}
