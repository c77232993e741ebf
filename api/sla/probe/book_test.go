package probe

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func minute(n int) time.Time {
	return time.Date(2026, 10, 31, 23, 58, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
}

func open(t *testing.T, dir string) *Book {
	t.Helper()
	b, err := OpenBook(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func write(t *testing.T, b *Book, n int, s State) Record {
	t.Helper()
	r := Record{At: minute(n), State: s, Tap: TapOff}
	if s == Down {
		r.Why = WhyConnection
	}
	r, err := b.Append(r)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatWasWrittenIsThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	for n := range 4 { // over the midnight of a month
		write(t, b, n, []State{Up, Down}[n%2])
	}
	if err := b.Delivered(1); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	got := b.Waiting(10)
	if len(got) != 3 || got[0].Seq != 2 || got[0].State != Down || !got[2].At.Equal(minute(3)) {
		t.Errorf("waiting: %+v, want the minutes 1 to 3", got)
	}
	if r := write(t, b, 4, Up); r.Seq != 5 || r.Epoch == got[0].Epoch {
		t.Errorf("the next one is %d of epoch %x, want 5 of another epoch than %x", r.Seq, r.Epoch, got[0].Epoch)
	}
}

func TestHalfALineIsCutOffAndItsMinuteUnmeasured(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	write(t, b, 0, Up)
	write(t, b, 1, Down)
	_ = b.Close()
	path := filepath.Join(dir, "2026-10.log")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < 40; cut++ {
		if err := os.WriteFile(path, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(t, dir)
		if got := b.Waiting(10); len(got) != 1 || got[0].State != Up {
			t.Fatalf("%d bytes short: %+v, want the first minute", cut, got)
		}
		if r := write(t, b, 1, Up); r.Seq < 2 {
			t.Fatalf("%d bytes short: the next is named %d", cut, r.Seq)
		}
		_ = b.Close()
		b = open(t, dir)
		if got := b.Waiting(10); len(got) != 2 || b.Damaged() != 0 {
			t.Fatalf("%d bytes short: after the next write %+v, %d damaged", cut, got, b.Damaged())
		}
		_ = b.Close()
	}
}

func TestAChangedLineIsPassedOver(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	write(t, b, 0, Up)
	write(t, b, 1, Down)
	_ = b.Close()
	path := filepath.Join(dir, "2026-10.log")
	content, _ := os.ReadFile(path)
	content[30] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	if got := b.Waiting(10); len(got) != 1 || got[0].State != Down || b.Damaged() != 1 {
		t.Errorf("%+v, %d damaged; want the second minute and one damaged", got, b.Damaged())
	}
	if r := write(t, b, 2, Up); r.Seq != 4 {
		t.Errorf("the next is named %d; want 4, as 3 may have been the damaged one's", r.Seq)
	}
}

func TestOneProbeWritesIntoAFolder(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if _, err := OpenBook(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("a second probe: %v", err)
	}
}

func TestADeliveryIsNotedOnlyAfterItsAnswer(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	write(t, b, 0, Up)
	// Delivered on the server and the note lost: the same name again.
	before := b.Waiting(1)
	_ = b.Close()
	b = open(t, dir)
	if after := b.Waiting(1); len(after) != 1 || after[0] != before[0] {
		t.Errorf("%+v, want %+v again", after, before)
	}
	if err := b.Delivered(1); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	if b = open(t, dir); len(b.Waiting(1)) != 0 {
		t.Error("what was delivered and noted waits again")
	}
}

func TestAMinuteNamedTwiceCountsOnceInTheStatus(t *testing.T) {
	b := open(t, t.TempDir())
	write(t, b, 0, Up)
	write(t, b, 0, Down)
	write(t, b, 1, Down)
	now := minute(1).Add(30 * time.Second)
	s := b.Status(now)
	today := s.Days[len(s.Days)-1]
	if today.Up != 1 || today.Down != 1 || s.Lacking != 0 {
		t.Errorf("%+v, %d lacking; want one up, one down", today, s.Lacking)
	}
	if !s.Fresh || s.Newest.State != Down || !s.Since.Equal(minute(0)) {
		t.Errorf("%+v", s)
	}
	if late := b.Status(now.Add(10 * time.Minute)); late.Fresh || late.Lacking != 9 {
		t.Errorf("ten minutes on: fresh %v, %d lacking; want the 9 whole minutes", late.Fresh, late.Lacking)
	}
}

func FuzzLine(f *testing.F) {
	line, _ := formatLine(Record{Epoch: 3, Seq: 9, At: minute(0), State: Down, Why: WhyTimeout, Took: 15000, Tap: TapWaits})
	f.Add(line[:len(line)-1])
	f.Add([]byte("00000000 {}"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseLine(line)
		if err != nil {
			return
		}
		again, err := formatLine(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseLine(again[:len(again)-1]); err != nil || !back.At.Equal(r.At) || back.Seq != r.Seq || back.State != r.State {
			t.Errorf("%q came back as %+v, %v", line, back, err)
		}
	})
}
