package continuity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

func TestARestoreThatLacksLogIsRefusedBeforeAnythingIsUnpacked(t *testing.T) {
	for name, c := range map[string]struct {
		log  []string
		want error
	}{
		"a piece in the middle": {[]string{"000000010000000000000003", "000000010000000000000005"}, ErrHole},
		"its first piece":       {[]string{"000000010000000000000004", "000000010000000000000005"}, ErrHole},
		"nothing":               {[]string{"000000010000000000000003", "000000010000000000000004"}, fs.ErrNotExist}, // but the set itself
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "7", "wal"), 0o700); err != nil {
				t.Fatal(err)
			}
			for _, l := range c.log {
				if err := os.WriteFile(filepath.Join(dir, "7", "wal", l+logEnd), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			store, err := target.Local("here", dir, tenant.Place{}).Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			s := set("20261122T010000Z", 1)
			s.System, s.File = "7", Base.file()
			into := filepath.Join(t.TempDir(), "db")
			_, err = Archive{Store: store, System: "7"}.Restore(t.Context(), Restore{Set: s, Dir: into}, pg.ClusterOptions{})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, not %v", err, c.want)
			}
			if _, err := os.Stat(into); !errors.Is(err, fs.ErrNotExist) {
				t.Error("a folder was made")
			}
		})
	}
}

func TestARestoreTakesRoomForWhatIsDoneWithIt(t *testing.T) {
	s := set("20261122T010000Z", 1000)
	if got, want := (Restore{Set: s, Beside: sorted(s)}).room(1), int64(1500+2*segmentBytes+slack); got != want {
		t.Errorf("%d bytes, not %d", got, want)
	}
}

func TestADumpIsOfItsOwnMomentOnly(t *testing.T) {
	s := set("20261122T010000Z", 1)
	s.Kind = Dump
	if _, err := (Archive{}).Restore(t.Context(), Restore{Set: s, To: pg.Point{Time: morning}, Dir: t.TempDir()}, pg.ClusterOptions{}); !errors.Is(err, ErrDump) {
		t.Errorf("%v, not ErrDump", err)
	}
}
