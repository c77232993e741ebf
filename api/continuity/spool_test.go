package continuity

import (
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity/target"
	"tikklok/ingest/durable"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

const (
	one   = "000000010000000000000001"
	two   = "000000010000000000000002"
	three = "000000010000000000000003"
)

// newSpool has room for about three pieces of 64 kB.
func newSpool(t *testing.T) (*spool, []target.Target) {
	t.Helper()
	m := Maker{Spool: t.TempDir(), Cap: 200 << 10, Targets: []target.Target{target.Local("near", t.TempDir(), tenant.Place{}), target.Local("far", t.TempDir(), tenant.Place{})}}
	s, err := m.openSpool("1")
	if err != nil {
		t.Fatal(err)
	}
	s.leave = 0 // however full this machine's disk is
	return s, m.Targets
}

func TestTheLogThatWaitsLeavesRoomForWhatTheServerWritesOfIt(t *testing.T) {
	s, err := Maker{Spool: t.TempDir()}.openSpool("1")
	if err != nil {
		t.Fatal(err)
	}
	_, size, err := durable.Room(s.dir)
	if want := min(pg.MaxWAL+pg.KeepLog, size/10); err != nil || s.leave < want {
		t.Errorf("it leaves %d MB free, not %d (%v)", s.leave>>20, want>>20, err)
	}
}

func (s *spool) fetch(t *testing.T, name string) {
	t.Helper()
	noise := make([]byte, 64<<10) // packing makes it no smaller
	_, _ = rand.Read(noise)
	if err := os.WriteFile(filepath.Join(s.in, name), noise, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *spool) layAll(t *testing.T, places []target.Target, keys *vault.Keys, names ...string) {
	t.Helper()
	for _, name := range names {
		s.fetch(t, name)
		if err := s.layOut(name, keys, places); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPieceWaitsForEachPlaceAndStandsOnDiskOnce(t *testing.T) {
	s, places := newSpool(t)
	s.layAll(t, places, vault.Passing(), one)
	if fetched, _ := s.fetched(); len(fetched) != 0 {
		t.Errorf("%v still stands unsealed", fetched)
	}
	for _, p := range places {
		if names, _ := s.waiting(p.Name); len(names) != 1 || names[0] != one {
			t.Errorf("for %s %v waits", p.Name, names)
		}
	}
	if got := s.used(); got > 100<<10 {
		t.Errorf("one piece for two places takes %d bytes", got)
	}
}

func TestAKilledLayOutIsDoneAgain(t *testing.T) {
	s, places := newSpool(t)
	s.fetch(t, one)
	before, err := os.ReadFile(filepath.Join(s.in, one))
	if err != nil {
		t.Fatal(err)
	}
	keys := vault.Passing()
	if err := s.layOut(one, keys, places); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.in, one), before, 0o600); err != nil { // killed before it was forgotten
		t.Fatal(err)
	}
	if err := s.layOut(one, keys, places); err != nil {
		t.Error(err)
	}
}

func TestWhatAnotherPlaceHasIsGivenUpForOneThatTakesNothing(t *testing.T) {
	s, places := newSpool(t)
	s.layAll(t, places, vault.Passing(), one, two, three)
	for _, name := range []string{one, two} { // near took them
		if err := os.Remove(filepath.Join(s.out("near"), name+logEnd)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.relieve([]string{"near", "far"}, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if names, _ := s.waiting("far"); len(names) != 2 || names[0] != two {
		t.Errorf("for far %v waits: the oldest goes first, and no more than there must", names)
	}
	if s.over() {
		t.Error("there is no room")
	}
}

func TestWhatNoPlaceHasIsNeverGivenUp(t *testing.T) {
	s, places := newSpool(t)
	s.layAll(t, places, vault.Passing(), one, two, three)
	s.fetch(t, "000000010000000000000004")
	if err := s.relieve([]string{"near", "far"}, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if names, _ := s.waiting("near"); len(names) != 3 {
		t.Errorf("of what nobody has, %v is left", names)
	}
	if !s.over() {
		t.Error("it goes on fetching though there is no room")
	}
	if err := (Maker{}).receiveOnce(t.Context(), s); !errors.Is(err, errFull) {
		t.Errorf("fetching gives %v", err)
	}
}

func TestNothingMoreIsFetchedOntoADiskThatIsNearlyFull(t *testing.T) {
	s, _ := newSpool(t)
	s.leave = 1 << 60 // more than any disk has
	if err := (Maker{}).receiveOnce(t.Context(), s); !errors.Is(err, errFull) {
		t.Errorf("fetching gives %v", err)
	}
}

func TestWhatIsSentStandsAtThePlaceAsItWas(t *testing.T) {
	s, places := newSpool(t)
	s.fetch(t, one)
	want, err := os.ReadFile(filepath.Join(s.in, one))
	if err != nil {
		t.Fatal(err)
	}
	keys := vault.Passing()
	if err := s.layOut(one, keys, places); err != nil {
		t.Fatal(err)
	}
	store, err := places[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := s.sendOne(t.Context(), store, "near", one); err != nil {
		t.Fatal(err)
	}
	a := Archive{Store: store, System: "1", Keys: keys}
	r, err := a.OpenLog(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != string(want) {
		t.Errorf("%d bytes came back of %d (%v)", len(got), len(want), err)
	}
}

func TestAHoleIsTheFirstPieceThatLacks(t *testing.T) {
	s := Set{Timeline: 1, Start: "0/2000028"}
	for _, c := range []struct {
		have []string
		want string
	}{
		{nil, ""},
		{[]string{one}, ""},
		{[]string{one, two, three}, ""},
		{[]string{three}, two},
		{[]string{two, "000000010000000000000004"}, three},
		{[]string{"00000002.history", "000000020000000000000007"}, ""},
	} {
		if got := Hole(s, c.have); got != c.want {
			t.Errorf("of %v lacks %q, want %q", c.have, got, c.want)
		}
	}
	if got := next("0000000100000000000000FF"); got != "000000010000000100000000" {
		t.Errorf("after the last of 4 GB comes %s", got)
	}
}

func TestASetIsDueWhenTheLastIsOfAnEarlierNight(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, zone)
	}
	for _, c := range []struct {
		why              string
		last, since, now time.Time
		want             bool
	}{
		{"just begun", time.Time{}, at(11, 21, 12, 0), at(11, 21, 12, 14), false},
		{"a quarter of an hour after", time.Time{}, at(11, 21, 12, 0), at(11, 21, 12, 15), true},
		{"a night after it began", time.Time{}, at(11, 21, 0, 50), at(11, 21, 1, 0), true},
		{"before the night", at(11, 21, 1, 0), time.Time{}, at(11, 22, 0, 59), false},
		{"the night itself", at(11, 21, 1, 0), time.Time{}, at(11, 22, 1, 0), true},
		{"made by hand in the evening", at(11, 21, 22, 0), time.Time{}, at(11, 22, 1, 0), true},
		{"made this night", at(11, 22, 1, 0), time.Time{}, at(11, 22, 23, 59), false},
		{"a machine that slept", at(11, 18, 1, 0), time.Time{}, at(11, 22, 14, 0), true},
		{"the night of 23 hours", at(3, 28, 1, 0), time.Time{}, at(3, 29, 1, 0), true},
		{"the night of 25 hours, once", at(10, 25, 1, 0), time.Time{}, at(10, 25, 3, 30), false},
	} {
		if got := Due(c.last, c.since, c.now, zone); got != c.want {
			t.Errorf("%s: due is %v", c.why, got)
		}
	}
}

func FuzzReadSet(f *testing.F) {
	f.Add([]byte(`{"format":1,"set":"20261122T010000Z","kind":"base","system":"1","file":"base.tar.zst.age","bytes":1,"sha256":"` + strings.Repeat("0", 64) + `","began":"2026-11-22T01:00:00Z","ended":"2026-11-22T01:10:00Z","expires":"2026-12-06T01:00:00Z"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := readSet(raw, "1", "20261122T010000Z"); err == nil && (s.File != s.Kind.file() || s.ID != "20261122T010000Z") {
			t.Errorf("%s is a set of another place", raw)
		}
	})
}

func TestAPlaceThatTakesTheLogTooSlowlyIsToldWhileItDoes(t *testing.T) { // OB-C9
	m := keeping(t)
	m.starts(t, time.Now())
	s, err := m.openSpool("1")
	if err != nil {
		t.Fatal(err)
	}
	s.layAll(t, m.Targets, vault.Passing(), one, two)
	d := &sender{Maker: m, spool: s, target: m.Targets[0]}
	for _, c := range []struct {
		age  time.Duration
		want LogProblem
	}{{0, ""}, {lagging + time.Minute, LogBehind}, {time.Minute, ""}} {
		began := time.Now().Add(-c.age)
		if err := os.Chtimes(filepath.Join(s.out("near"), one+logEnd), began, began); err != nil {
			t.Fatal(err)
		}
		d.note(t.Context(), "", time.Time{})
		if got := m.place(t); got.LogProblem != c.want || got.Waiting == 0 {
			t.Errorf("of a piece that waits for %s it says %q, and that %d bytes wait", c.age, got.LogProblem, got.Waiting)
		}
	}
}
