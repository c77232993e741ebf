package continuity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was restored for a check may stand elsewhere: only the folder says where.
func TestAFolderToRestoreInStaysWhileItsClusterCannotBeRemoved(t *testing.T) {
	in := t.TempDir()
	db := filepath.Join(in, scratchName+"check-1", "db")
	if err := os.MkdirAll(db, 0o755); err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(db, "temporarily-in")
	unremovable := filepath.Join(in, "tikklok-"+strings.Repeat("x", 300)) // no system takes so long a name
	if err := os.WriteFile(note, []byte(unremovable), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := ClearScratch(in); err == nil {
		t.Error("it doesn't say that something is left")
	}
	if _, err := os.Stat(note); err != nil {
		t.Errorf("nothing says where it stands: %v", err)
	}
	if err := os.Remove(note); err != nil {
		t.Fatal(err)
	}
	if err := ClearScratch(in); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(in); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}
