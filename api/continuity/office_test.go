package continuity_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/remote/remotetest"
	"tikklok/ingest/tenant"
)

// office is a private cluster with its places for backups.
type office struct {
	continuity.Maker
	refuse string // the place that a contract forbids
	dir    string // of the cluster
}

// lax is how the clusters of these tests run.
var lax = pg.ClusterOptions{NoFsync: true, Log: slog.New(slog.DiscardHandler)}

func newOffice(t *testing.T) *office {
	t.Helper()
	at := t.TempDir()
	if err := os.Chmod(filepath.Dir(at), 0o755); err != nil { // the database's user passes it, so that others find the cluster there
		t.Fatal(err)
	}
	f := &office{dir: filepath.Join(at, "db")}
	c, err := pg.StartCluster(t.Context(), f.dir, lax)
	if errors.Is(err, pg.ErrNoPostgreSQL) {
		t.Skip("PostgreSQL:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := pg.Migrate(t.Context(), c.URL()); err != nil {
		t.Fatal(err)
	}
	owner, err := pg.Open(t.Context(), c.URL(), pg.RoleOwner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	f.Maker = makerIn(c, owner, t.TempDir(), vault.Passing())
	f.Refusal = func(_ context.Context, t target.Target) (string, error) {
		if t.Name == f.refuse {
			return "it stands in a country elsewhere", nil
		}
		return "", nil
	}
	return f
}

// makerIn makes sets at two places in a folder.
func makerIn(c *pg.Cluster, owner *pg.DB, dir string, keys *vault.Keys) continuity.Maker {
	return continuity.Maker{
		Cluster: c, URL: c.URL(), Owner: owner, Listed: vault.Folder{Dir: filepath.Join(dir, "backups"), Keys: keys, Keep: 14 * 24 * time.Hour},
		Spool: filepath.Join(dir, "log"), Program: "test", Log: lax.Log,
		Targets: []target.Target{target.Local("near", filepath.Join(dir, "near"), tenant.Place{}), target.Local("far", filepath.Join(dir, "far"), tenant.Place{})},
		Keys:    func(context.Context) (*vault.Keys, vault.Fingerprint, error) { return keys, "", nil },
		Refusal: func(context.Context, target.Target) (string, error) { return "", nil },
	}
}

// follow brings the log away until the test ends.
func (f *office) follow(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Follow(ctx) }()
	stopped := false
	stop = func() {
		cancel()
		if !stopped {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		stopped = true
	}
	t.Cleanup(stop)
	return stop
}

func (f *office) makeAll(t *testing.T) []continuity.Outcome {
	t.Helper()
	out, err := f.Make(t.Context(), f.Targets, true)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (f *office) archive(t *testing.T, o continuity.Outcome) continuity.Archive {
	t.Helper()
	s, err := o.Target.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	keys, _, _ := f.Keys(t.Context())
	return continuity.Archive{Store: s, System: o.Set.System, Keys: keys}
}

func (f *office) states(t *testing.T) map[string]continuity.PlaceState {
	t.Helper()
	all := map[string]continuity.PlaceState{}
	look(t, f.Owner, func(tx pg.Tx) error {
		states, err := continuity.Places(t.Context(), tx)
		for _, s := range states {
			all[s.Name] = s
		}
		return err
	})
	return all
}

// stands finds that a set stands at its place with the log that leads to its
// mark, and that restored it is what was marked.
func (f *office) stands(t *testing.T, o continuity.Outcome) {
	t.Helper()
	if o.Err != nil {
		t.Fatal(o.Target.Name, o.Err)
	}
	if err := f.AwaitLog(t.Context(), o, time.Minute); err != nil {
		t.Fatal(o.Target.Name, err)
	}
	a := f.archive(t, o)
	r := continuity.Check{Archive: a, Target: o.Target.Name, Scratch: t.TempDir(), Keys: pg.With(a.Keys), Options: lax}.Run(t.Context(), time.Now())
	if !r.Good() {
		t.Errorf("%s: a restore finds %v", o.Target.Name, r.Findings)
	}
}

// run has the keeper at work until something holds.
func (f *office) run(t *testing.T, until func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx, time.UTC) }()
	for end := time.Now().Add(time.Minute); !until(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("it does not come to that")
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// sftpPlace is a folder of an SFTP server.
func sftpPlace(t *testing.T, name string, h *remotetest.Host) target.Target {
	t.Helper()
	text, key := remotetest.NewKey(t)
	h.Allow(key.PublicKey())
	file := filepath.Join(t.TempDir(), "key")
	if err := errors.Join(os.WriteFile(file, text, 0o600), os.Mkdir(filepath.Join(h.Folder, "sets"), 0o700)); err != nil {
		t.Fatal(err)
	}
	at, err := target.Parse(name + "=sftp://me@" + h.Address() + "/sets?place=NL/EU&key=" + file + "&host-key=" + h.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func look(t *testing.T, db *pg.DB, fn func(pg.Tx) error) {
	t.Helper()
	if err := db.Look(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
