package pg_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// start runs a cluster as this process, or skips where there are no programs.
func start(t *testing.T, dir string) *pg.Cluster {
	t.Helper()
	if _, err := exec.LookPath("postgres"); err != nil {
		if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(found) == 0 {
			t.Skip("PostgreSQL: no server programs on this machine")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := pg.StartCluster(ctx, dir, pg.ClusterOptions{NoFsync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop() })
	return c
}

// folder gives one that an unprivileged user can reach: t.TempDir can't be.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tikklok-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "db")
}

func number(t *testing.T, c *pg.Cluster, sql string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func keepSeven(t *testing.T, c *pg.Cluster) {
	t.Helper()
	pgtest.Exec(t, c.URL(), "CREATE TABLE kept AS SELECT 7 AS n")
}

func stop(t *testing.T, c *pg.Cluster) {
	t.Helper()
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
}

func running(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
	return err == nil
}

func TestAClusterKeepsItsDataAndListensOnNoNetwork(t *testing.T) {
	dir := folder(t)
	c := start(t, dir)
	if n := number(t, c, "SELECT (current_setting('listen_addresses') = '' AND current_setting('data_checksums') = 'on' AND current_setting('server_encoding') = 'UTF8')::int"); n != 1 {
		t.Error("its settings are others")
	}
	keepSeven(t, c)
	stop(t, c)
	if running(dir) {
		t.Error("it runs after Stop")
	}
	c = start(t, dir)
	if n := number(t, c, "SELECT n FROM kept"); n != 7 {
		t.Errorf("kept %d", n)
	}
}

func TestTheLastToUseAClusterStopsIt(t *testing.T) {
	dir := folder(t)
	first, second := start(t, dir), start(t, dir)
	stop(t, first)
	if n := number(t, second, "SELECT 1"); n != 1 {
		t.Error("it stopped under the second")
	}
	stop(t, second)
	if running(dir) {
		t.Error("it runs after both stopped")
	}
}

func TestWhoLosesPatienceDoesNotStopTheClusterUnderOthers(t *testing.T) {
	dir := folder(t)
	first := start(t, dir)
	pid := postmasterPID(t, dir)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil { // it answers nobody
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := pg.StartCluster(ctx, dir, pg.ClusterOptions{NoFsync: true})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err == nil {
		t.Error("a server that doesn't answer was taken for one that does")
	}
	if n := number(t, first, "SELECT 1"); n != 1 || postmasterPID(t, dir) != pid {
		t.Error("the server was stopped under the one who uses it")
	}
}

// TestMain lets the test program be the parent that is killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("TIKKLOK_TEST_PARENT")
	if dir == "" {
		os.Exit(m.Run())
	}
	if _, err := pg.StartCluster(context.Background(), dir, pg.ClusterOptions{NoFsync: true}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {} // until it is killed
}

func TestTheOrphanOfAKilledProgramIsAdoptedAndStopped(t *testing.T) {
	dir := folder(t)
	stop(t, start(t, dir)) // makes the data folder, or skips
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "TIKKLOK_TEST_PARENT="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	word := make([]byte, 100)
	n, _ := out.Read(word)
	if string(word[:n]) != "ready\n" {
		t.Fatalf("the parent says %q", word[:n])
	}
	pid := postmasterPID(t, dir)
	_ = parent.Process.Kill()
	_ = parent.Wait()
	if syscall.Kill(pid, 0) != nil {
		t.Fatal("the server died with its parent: nothing to adopt")
	}
	c := start(t, dir)
	if got := postmasterPID(t, dir); got != pid {
		t.Errorf("another server runs: %d, not %d", got, pid)
	}
	stop(t, c)
	if running(dir) {
		t.Error("the orphan runs after Stop")
	}
}

func postmasterPID(t *testing.T, dir string) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(raw), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestAKilledServerRecovers(t *testing.T) {
	dir := folder(t)
	c := start(t, dir)
	keepSeven(t, c)
	pid := postmasterPID(t, dir)
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	stop(t, c)
	if n := number(t, start(t, dir), "SELECT n FROM kept"); n != 7 {
		t.Errorf("kept %d", n)
	}
}

func TestAServerThatDiesIsStartedAgainAtTheSameAddress(t *testing.T) {
	for name, dir := range map[string]string{
		"short path": folder(t), "long path": filepath.Join(filepath.Dir(folder(t)), strings.Repeat("long/", 30), "db"),
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, dir)
			ctx, end := context.WithCancel(t.Context())
			kept := make(chan error, 1)
			go func() { kept <- c.Keep(ctx, pg.ClusterOptions{NoFsync: true}) }()
			pid := postmasterPID(t, dir)
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			deadline := time.Now().Add(time.Minute)
			for {
				conn, err := pgx.Connect(t.Context(), c.URL())
				if err == nil {
					_ = conn.Close(t.Context())
					if postmasterPID(t, dir) != pid {
						break
					}
				}
				if time.Now().After(deadline) {
					t.Fatalf("not started again: %v", err)
				}
				time.Sleep(20 * time.Millisecond)
			}
			end()
			if err := <-kept; err != nil {
				t.Error(err)
			}
			stop(t, c)
			if running(dir) {
				t.Error("it runs after Stop")
			}
		})
	}
}

func TestAStatementThatOutlivesItsServerDoesNotKeepTheNextFromStarting(t *testing.T) {
	dir := folder(t)
	c := start(t, dir)
	keepSeven(t, c)
	conn, err := pgx.Connect(t.Context(), c.URL())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT count(*) FROM generate_series(1, 100000000000) n, generate_series(1, 1000) m")
		ended <- err
	}()
	for number(t, c, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%generate_series(1, 1000)%' AND pid <> pg_backend_pid()") == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if err := syscall.Kill(postmasterPID(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again := start(t, dir)
	if n := number(t, again, "SELECT n FROM kept"); n != 7 {
		t.Errorf("kept %d", n)
	}
	if <-ended == nil {
		t.Error("the statement of the dead server came to an end")
	}
	stop(t, c)
	stop(t, again)
}

func TestAPidFileOfAnotherProcessIsPutAside(t *testing.T) {
	dir := folder(t)
	stop(t, start(t, dir))
	stale := fmt.Sprintf("%d\n%s\n0\n5432\n/nowhere\n\n", os.Getpid(), filepath.Join(dir, "data"))
	if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := number(t, start(t, dir), "SELECT 1"); n != 1 {
		t.Error("no answer")
	}
}

func TestADataFolderOfAnotherVersionIsRefusedAndUntouched(t *testing.T) {
	dir := folder(t)
	stop(t, start(t, dir))
	for _, version := range []string{"9", "999", "9.6", "new"} {
		t.Run(version, func(t *testing.T) {
			path := filepath.Join(dir, "data", "PG_VERSION")
			if err := os.WriteFile(path, []byte(version+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			before := listing(t, dir)
			_, err := pg.StartCluster(t.Context(), dir, pg.ClusterOptions{NoFsync: true})
			if !errors.Is(err, pg.ErrOtherVersion) {
				t.Errorf("refused with: %v", err)
			}
			if after := listing(t, dir); after != before {
				t.Errorf("it was touched:\n%s\nnow\n%s", before, after)
			}
		})
	}
}

func TestAFolderOfSomethingElseIsRefusedAndUntouched(t *testing.T) {
	dir := folder(t)
	stop(t, start(t, dir))
	if err := os.Remove(filepath.Join(dir, "data", "PG_VERSION")); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	if c, err := pg.StartCluster(t.Context(), dir, pg.ClusterOptions{NoFsync: true}); err == nil {
		stop(t, c)
		t.Error("it was taken")
	}
	if after := listing(t, dir); after != before {
		t.Error("it was touched")
	}
}

// listing names every file of the data folder with its size.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(filepath.Join(dir, "data"), func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAPathTooLongForASocketStillWorks(t *testing.T) {
	dir := filepath.Join(filepath.Dir(folder(t)), strings.Repeat("long/", 30), "db")
	if n := number(t, start(t, dir), "SELECT 1"); n != 1 {
		t.Error("no answer")
	}
}

func TestAPlaceThatTheServersUserCannotReachIsReplaced(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root: only for root the server has another user")
	}
	private := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Run("while it runs", func(t *testing.T) {
		if n := number(t, start(t, filepath.Join(private, "db")), "SELECT 1"); n != 1 {
			t.Error("no answer")
		}
	})
	if left, _ := os.ReadDir(private); len(left) != 0 {
		t.Errorf("left behind %v", left)
	}
}
