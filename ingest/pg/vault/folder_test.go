package vault_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/pg/vault"
)

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func dumps(t *testing.T) vault.Folder {
	return vault.Folder{Dir: filepath.Join(t.TempDir(), "backups"), Keys: keys(t, "a"), Keep: 14 * 24 * time.Hour}
}

func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

func add(t *testing.T, f vault.Folder, at time.Time, text string) string {
	t.Helper()
	path, err := f.Add(at, writing(text))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func listed(t *testing.T, f vault.Folder) []vault.Dump {
	t.Helper()
	m, err := vault.ReadManifest(f.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return m.Dumps
}

func tend(t *testing.T, f vault.Folder, now time.Time) (sealed, removed int) {
	t.Helper()
	sealed, removed, err := f.Tend(now)
	if err != nil {
		t.Fatal(err)
	}
	return sealed, removed
}

func TestADumpIsSealedListedAndOpens(t *testing.T) {
	f := dumps(t)
	text := strings.Repeat("Joris Bakker ", 20_000)
	path := add(t, f, monday, text)
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("Joris")) {
		t.Errorf("not sealed, %v", err)
	}
	var out bytes.Buffer
	if err := f.Keys.Open(path, &out); err != nil || out.String() != text {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
	d := listed(t, f)[0]
	if d.Bytes != int64(len(raw)) || !d.Expires.Equal(monday.AddDate(0, 0, 14)) || d.Key != f.Keys.Current() || len(d.SHA256) != 64 {
		t.Errorf("listed as %+v", d)
	}
}

func TestADumpThatWasAlteredOrCutOrIsOfAnotherKeyDoesNotOpen(t *testing.T) {
	f := dumps(t)
	path := add(t, f, monday, strings.Repeat("x", 200_000))
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	altered := bytes.Clone(raw)
	altered[150_000] ^= 1
	for what, content := range map[string][]byte{"altered": altered, "cut": raw[:150_000], "cut at a piece": raw[:len(raw)-1], "head only": raw[:60], "empty": nil, "no dump": []byte("PGDMP")} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.Keys.Open(path, io.Discard); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keys(t, "b").Open(path, io.Discard); !errors.Is(err, vault.ErrOtherKey) || !strings.Contains(err.Error(), string(f.Keys.Current())) {
		t.Errorf("another key: %v", err)
	}
}

func TestADumpIsRemovedWhenItExpiresAndStaysListed(t *testing.T) {
	f := dumps(t)
	path, later := add(t, f, monday, "first"), monday.AddDate(0, 0, 10)
	add(t, f, later, "second")
	if _, removed := tend(t, f, monday.AddDate(0, 0, 13)); removed != 0 {
		t.Errorf("%d removed too early", removed)
	}
	m, err := vault.ReadManifest(f.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Until(monday.Add(time.Hour)); !got.Equal(monday.AddDate(0, 0, 14)) {
		t.Errorf("what was erased after the first dump comes back until %s", got)
	}
	if _, removed := tend(t, f, monday.AddDate(0, 0, 14)); removed != 1 {
		t.Errorf("%d removed", removed)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is there")
	}
	if all := listed(t, f); len(all) != 2 || all[0].Removed == nil || all[1].Removed != nil {
		t.Errorf("%+v", all)
	}
}

func TestDumpsOfOlderVersionsAreSealed(t *testing.T) {
	f := dumps(t)
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(f.Dir, "20260302T080000Z.dump")
	if err := os.WriteFile(plain, []byte("PGDMP Joris"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plain+".age.part", []byte("half of it, of a program that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if sealed, _ := tend(t, f, monday.AddDate(0, 0, 1)); sealed != 1 {
		t.Errorf("%d sealed", sealed)
	}
	left, err := filepath.Glob(filepath.Join(f.Dir, "*.dump*"))
	if err != nil || len(left) != 1 || left[0] != plain+".age" {
		t.Fatalf("%v, %v", left, err)
	}
	var out bytes.Buffer
	if err := f.Keys.Open(left[0], &out); err != nil || out.String() != "PGDMP Joris" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if all := listed(t, f); len(all) != 1 || !all[0].Made.Equal(monday) {
		t.Errorf("%+v", all)
	}
}

func TestADumpThatWasLeftUnlistedIsFoundAndOneTakenAwayIsNoted(t *testing.T) {
	f := dumps(t)
	add(t, f, monday, "first")
	if err := os.Remove(filepath.Join(f.Dir, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	tend(t, f, monday)
	all := listed(t, f)
	if len(all) != 1 || !all[0].Made.Equal(monday) || all[0].Key != f.Keys.Current() || all[0].Removed != nil {
		t.Fatalf("%+v", all)
	}
	if err := os.Remove(filepath.Join(f.Dir, all[0].File)); err != nil {
		t.Fatal(err)
	}
	tend(t, f, monday)
	if all := listed(t, f); len(all) != 1 || all[0].Removed == nil {
		t.Errorf("%+v", all)
	}
}

func TestWhatFailsHalfwayLeavesNoDump(t *testing.T) {
	f := dumps(t)
	_, err := f.Add(monday, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return errors.New("pg_dump ended")
	})
	if err == nil {
		t.Error("it says nothing")
	}
	if left, _ := filepath.Glob(filepath.Join(f.Dir, "*.dump*")); len(left)+len(listed(t, f)) != 0 {
		t.Errorf("left %v", left)
	}
}
