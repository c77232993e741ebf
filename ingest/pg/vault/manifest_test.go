package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/pg/vault"
)

// A list of dumps that was damaged is refused with the remedy, and never taken
// for an empty one: dumps would stay for ever.
func FuzzReadManifest(f *testing.F) {
	f.Add([]byte(`{"dumps":[{"file":"a.dump.age","bytes":1}]}`))
	f.Add([]byte(`{"dumps":`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.ReadManifest(dir); err != nil && !strings.Contains(err.Error(), "move the file away") {
			t.Errorf("no remedy: %v", err)
		}
	})
}
