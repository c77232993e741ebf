package continuity_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/api/continuity"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
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
	c, err := pg.StartCluster(ctx, cluster, lax)
	if err != nil {
		return err
	}
	owner, err := pg.Open(ctx, c.URL(), pg.RoleOwner)
	if err != nil {
		return err
	}
	keys, err := keysIn(dir)
	if err != nil {
		return err
	}
	m := makerIn(c, owner, dir, keys)
	out, err := m.Make(ctx, m.Targets, true)
	for _, o := range out {
		err = errors.Join(err, o.Err)
	}
	return err
}

// keysIn gives the master key that stands in a folder.
func keysIn(dir string) (*vault.Keys, error) {
	at := vault.Place{File: filepath.Join(dir, "master.key")}
	if err := at.Make(); err != nil {
		return nil, err
	}
	return at.Load()
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
			keys, err := keysIn(dir)
			if err != nil {
				t.Fatal(err)
			}
			m := makerIn(f.Cluster, f.Owner, dir, keys)
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
