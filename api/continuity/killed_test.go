package continuity_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

// childCluster names the folder of the cluster of which a process of its own
// makes a set, and childPlaces that of its places.
const (
	childCluster = "TIKKLOK_CONTINUITY_TEST_CLUSTER"
	childPlaces  = "TIKKLOK_CONTINUITY_TEST_PLACES"
)

// TestMain is also the process that is killed.
func TestMain(m *testing.M) {
	if os.Getenv(childCluster) == "" {
		os.Exit(m.Run())
	}
	err := makeAsChild(context.Background(), os.Getenv(childCluster), os.Getenv(childPlaces))
	fmt.Fprintln(os.Stderr, "it lived:", err)
	os.Exit(1)
}

func makeAsChild(ctx context.Context, cluster, dir string) error {
	c, err := pg.StartCluster(ctx, cluster, pg.ClusterOptions{NoFsync: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	owner, err := pg.Open(ctx, c.URL(), pg.RoleOwner)
	if err != nil {
		return err
	}
	m, err := makerIn(c, owner, dir)
	if err != nil {
		return err
	}
	out, err := m.Make(ctx, m.Targets, true)
	for _, o := range out {
		err = errors.Join(err, o.Err)
	}
	return err
}

// makerIn makes sets at two places in a folder, under the master key that
// stands there.
func makerIn(c *pg.Cluster, owner *pg.DB, dir string) (continuity.Maker, error) {
	at := vault.Place{File: filepath.Join(dir, "master.key")}
	if err := at.Make(); err != nil {
		return continuity.Maker{}, err
	}
	keys, err := at.Load()
	return continuity.Maker{
		Cluster: c, URL: c.URL(), Owner: owner, Listed: vault.Folder{Dir: filepath.Join(dir, "backups"), Keys: keys, Keep: 14 * 24 * time.Hour},
		Spool: filepath.Join(dir, "log"), Program: "test", Log: slog.New(slog.DiscardHandler),
		Targets: []target.Target{target.Local("near", filepath.Join(dir, "near"), tenant.Place{}), target.Local("far", filepath.Join(dir, "far"), tenant.Place{})},
		Keys:    func(context.Context) (*vault.Keys, vault.Fingerprint, error) { return keys, "", nil },
		Refusal: func(context.Context, target.Target) (string, error) { return "", nil },
	}, err
}

// TestWhereverItIsKilledWhatIsCalledWholeCanBeRead kills a process with SIGKILL
// as soon as a file shows up, at each step of a set.
func TestWhereverItIsKilledWhatIsCalledWholeCanBeRead(t *testing.T) {
	f := newOffice(t)
	cluster := f.dir
	for _, step := range []string{
		"near/*/sets/*/base.tar.zst.age.part", // it is being made
		"near/*/sets/*/base.tar.zst.age",      // sealed, without its mark
		"near/*/sets/*/mark.zst.age",          // without its manifest
		"near/*/sets/*/manifest.json",         // whole at one place
		"far/*/sets/*/base.tar.zst.age.part",  // it is being copied
		"far/*/sets/*/manifest.json",          // whole at both, and nothing written down
	} {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			killAt(t, cluster, dir, filepath.Join(dir, step))
			m, err := makerIn(f.Cluster, f.Owner, dir)
			if err != nil {
				t.Fatal(err)
			}
			readable(t, m)
			out, err := m.Make(t.Context(), m.Targets, true)
			for _, o := range out {
				err = errors.Join(err, o.Err)
			}
			if err != nil {
				t.Errorf("afterwards: %v", err)
			}
			readable(t, m)
		})
	}
}

// killAt runs a process that makes a set until a file shows up.
func killAt(t *testing.T, cluster, dir, file string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	var said strings.Builder
	child.Stderr = &said
	child.Env = append(os.Environ(), childCluster+"="+cluster, childPlaces+"="+dir)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = child.Wait(); close(ended) }()
	for {
		if found, _ := filepath.Glob(file); len(found) > 0 {
			_ = child.Process.Kill()
			<-ended
			return
		}
		select {
		case <-ended:
			if found, _ := filepath.Glob(file); len(found) == 0 {
				t.Fatalf("%s never stood there: %s", file, said.String())
			}
			return
		default:
		}
	}
}

// readable opens every set that is called whole, to its last byte.
func readable(t *testing.T, m continuity.Maker) {
	t.Helper()
	keys, _, err := m.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range m.Targets {
		s, err := at.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		systems, err := continuity.Systems(t.Context(), s)
		for _, system := range systems {
			a := continuity.Archive{Store: s, System: system, Keys: keys}
			whole, _, failed := a.Sets(t.Context())
			err = errors.Join(err, failed)
			for _, set := range whole {
				r, failed := a.OpenSet(t.Context(), set)
				if failed == nil {
					_, failed = io.Copy(io.Discard, r)
					r.Close()
				}
				_, unmarked := a.OpenMark(t.Context(), set)
				err = errors.Join(err, failed, unmarked)
			}
		}
		if err != nil {
			t.Errorf("%s: %v", at.Name, err)
		}
	}
}
