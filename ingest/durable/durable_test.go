package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"tikklok/ingest/durable"
)

func TestAFileIsPutInPlaceWholeWithItsModeAndNothingBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"first, longer", "second"} {
		if err := durable.Write(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != text {
			t.Errorf("it holds %q, not %q", got, text)
		}
	}
	if at, err := os.Stat(path); err != nil || at.Mode().Perm() != 0o640 {
		t.Errorf("mode %v %v", at.Mode(), err)
	}
	alone(t, path)
}

func TestAFileThatIsThereIsNotReplacedByCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := durable.Create(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.Create(path, []byte("second"), 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second was answered with %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "first" {
		t.Errorf("it holds %q", got)
	}
	alone(t, path)
}

func TestWhatCannotBeNamedLeavesTheOldFileAndNothingBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := durable.Write(path, []byte("text"), 0o600); err == nil {
		t.Error("a folder was replaced by a file")
	}
	alone(t, path)
}

// alone says that the folder of a path holds nothing else.
func alone(t *testing.T, path string) {
	t.Helper()
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("the folder holds %v %v", all, err)
	}
}
