package pg_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/pg"
)

// As root, a cluster to be thrown away stands elsewhere where its user can't reach
// the folder that was asked for.
func TestWhatAKilledProgramLeftIsEndedAndRemovedWhereverItStands(t *testing.T) {
	for name, dir := range map[string]string{"where it was asked for": folder(t), "elsewhere": filepath.Join(t.TempDir(), "db")} {
		t.Run(name, func(t *testing.T) {
			c := start(t, dir)
			if number(t, c, "SELECT 1") != 1 {
				t.Fatal("it doesn't run")
			}
			at, err := url.Parse(c.URL())
			if err != nil {
				t.Fatal(err)
			}
			if err := pg.EndLeft(dir, pg.ClusterOptions{}); err != nil {
				t.Fatal(err)
			}
			if s, err := pg.SystemOf(t.Context(), c.URL()); err == nil {
				t.Errorf("cluster %s still runs", s.ID)
			}
			socket := at.Query().Get("host")
			if _, err := os.Stat(socket); err == nil && !strings.HasPrefix(socket, dir) {
				t.Errorf("%s is left", socket)
			}
		})
	}
}

// Where there is no /proc the file of its number alone tells of a server.
func TestAServerThatCannotBeEndedKeepsItsFolder(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), "sleep", "60")
	server.Dir = data
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprintf("%d\n%s\n0\n5432\n%s\n", server.Process.Pid, data, dir)
	if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(said), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := pg.EndLeft(dir, pg.ClusterOptions{}); err == nil || !strings.Contains(err.Error(), data) {
		t.Errorf("of one that runs it says %v", err)
	}
	_ = server.Process.Kill()
	_ = server.Wait() // it was killed
	if err := pg.EndLeft(dir, pg.ClusterOptions{}); err != nil {
		t.Error(err)
	}
}
