package probe

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func minute(n int) time.Time {
	return time.Date(2026, 10, 31, 23, 58, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
}

const west, east = "probe-west-x@probe.invalid", "probe-east-y@probe.invalid"

func open(t *testing.T, dir string) *Book {
	t.Helper()
	b, err := OpenBook(dir, west)
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
	if _, err := OpenBook(dir, west); !errors.Is(err, ErrInUse) {
		t.Errorf("a second probe: %v", err)
	}
}

// Else what one probe measured would be told as what two did.
func TestABookOfAnotherProbeIsRefusedByName(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	write(t, b, 0, Up)
	_ = b.Close()
	if _, err := OpenBook(dir, east); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), west) || !strings.Contains(err.Error(), "--book") {
		t.Errorf("the other probe: %v", err)
	}
	if got := open(t, dir).Waiting(9); len(got) != 1 {
		t.Errorf("its own probe: %d minutes", len(got))
	}
}

func TestABookOfAnOlderVersionIsItsFirstProbes(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	write(t, b, 0, Up)
	_ = b.Close()
	if err := os.Remove(filepath.Join(dir, ownerFile)); err != nil {
		t.Fatal(err)
	}
	_ = open(t, dir).Close()
	if _, err := OpenBook(dir, east); !errors.Is(err, ErrOther) {
		t.Errorf("the other probe: %v", err)
	}
}

func TestAFolderThatNobodyCanWriteInSaysWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBook(filepath.Join(file, "book"), west); err == nil || !strings.Contains(err.Error(), "--book") {
		t.Errorf("%v", err)
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

func TestAMinuteNamedTwiceCountsOnceAndAsTheWorse(t *testing.T) {
	b := open(t, t.TempDir())
	write(t, b, 0, Up)
	write(t, b, 0, Down) // the clock was set back
	write(t, b, 1, Down)
	write(t, b, 1, Up)
	write(t, b, 1, Up)
	now := minute(1).Add(30 * time.Second)
	s := b.Status(now)
	today := s.Days[len(s.Days)-1]
	if today.Up != 0 || today.Down != 2 || s.Lacking != 0 {
		t.Errorf("%+v, %d lacking; want two down", today, s.Lacking)
	}
	if !s.Fresh || s.Newest.State != Up || !s.Since.Equal(minute(1)) {
		t.Errorf("%+v", s)
	}
	if late := b.Status(now.Add(10 * time.Minute)); late.Fresh || late.Lacking != 9 {
		t.Errorf("ten minutes on: fresh %v, %d lacking; want the 9 whole minutes", late.Fresh, late.Lacking)
	}
}

func TestDaysOfTheStatusAreOfItsZone(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, t.TempDir())
	midnight := time.Date(2026, 10, 25, 0, 0, 0, 0, zone) // of the day that has 25 hours
	for at := midnight.Add(-time.Hour); at.Before(midnight.Add(26 * time.Hour)); at = at.Add(time.Minute) {
		b.take(Record{At: at.UTC(), State: Up, Tap: TapOff})
	}
	days := b.Status(midnight.Add(26 * time.Hour)).Days
	for i, want := range []int{60, 25 * 60, 60} {
		if got := days[len(days)-3+i]; got.Up != want {
			t.Errorf("%s has %d minutes, want %d", got.Date.Format(time.DateOnly), got.Up, want)
		}
	}
	utc := b.Days()
	if len(utc) != 2 || utc[0].Up != 3*60 || utc[1].Up != 1440 {
		t.Errorf("of UTC: %+v", utc)
	}
}

func TestAFullDiskLosesItsMinuteAndNoOther(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	write(t, b, 0, Up)
	write(t, b, 2, Up)
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = b.file.Close()
	b.file = full
	if _, err := b.Append(Record{At: minute(3), State: Down, Why: WhyFault, Tap: TapOff}); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("a full disk: %v", err)
	}
	if got := b.Waiting(9); len(got) != 2 {
		t.Errorf("%d wait, want those that were written", len(got))
	}
	if r := write(t, b, 4, Up); r.Seq != 4 {
		t.Errorf("the next is named %d; want 4, as 3 may be on the disk", r.Seq)
	}
	_ = b.Close()
	if got := open(t, dir).Waiting(9); len(got) != 3 || !got[2].At.Equal(minute(4)) {
		t.Errorf("after a restart %+v", got)
	}
}

func TestHalfALineThatAFailedDiskLeftIsCutOffBeforeTheNext(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	write(t, b, 0, Up)
	write(t, b, 2, Up) // of November: October's file is closed
	f, err := os.OpenFile(filepath.Join(dir, "2026-10.log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("0badc0de {\"epoch\":")
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, b, 1, Down)
	_ = b.Close()
	b = open(t, dir)
	if got := b.Waiting(9); len(got) != 3 || b.Damaged() != 0 {
		t.Errorf("%d wait, %d damaged; want 3, none", len(got), b.Damaged())
	}
}

func TestMonthsGoWhenThereAreMoreThanFourteenAndTheServerHasThem(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	month := func(n int) Record {
		r, err := b.Append(Record{At: time.Date(2026, time.Month(1+n), 1, 0, 0, 0, 0, time.UTC), State: Up, Tap: TapOff})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	files := func() int { all, _ := filepath.Glob(filepath.Join(dir, "*.log")); return len(all) }
	for n := range 15 {
		month(n)
	}
	if files() != 15 {
		t.Errorf("%d files; what the server hasn't got stays", files())
	}
	last := month(15)
	if err := b.Delivered(last.Seq); err != nil {
		t.Fatal(err)
	}
	month(60) // a clock that is years ahead takes no more than its place
	if files() != 14 || len(b.Days()) != 14 {
		t.Errorf("%d files, %d days; want 14", files(), len(b.Days()))
	}
	month(0) // and back: it may be the oldest, and is written
	_ = b.Close()
	if days := open(t, dir).Days(); len(days) != 15 {
		t.Errorf("after a restart %d days", len(days))
	}
}

func TestAClockThatWasNeverSetMeasuresNothing(t *testing.T) {
	b := open(t, t.TempDir())
	if _, err := b.Append(Record{At: time.Unix(120, 0), State: Up, Tap: TapOff}); err == nil || !strings.Contains(err.Error(), "set this machine's clock") {
		t.Errorf("1970: %v", err)
	}
}

func TestWhatIsAnnouncedIsThereAfterARestart(t *testing.T) { // OB-S3
	dir := t.TempDir()
	b := open(t, dir)
	work := []Work{{From: minute(60), Until: minute(90), NL: Words{Title: "Nieuwe database"}, EN: Words{Title: "New database", Changes: "Faster."}}}
	if err := b.SetWork(work); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	b = open(t, dir)
	if got := b.Status(minute(89)).Work; len(got) != 1 || !got[0].same(work[0]) {
		t.Errorf("%+v", got)
	}
	if got := b.Status(minute(90)).Work; len(got) != 0 {
		t.Errorf("when it is over: %+v", got)
	}
	if err := b.SetWork(nil); err != nil || len(b.Status(minute(0)).Work) != 0 {
		t.Errorf("cancelled: %v", err)
	}
}

func FuzzWork(f *testing.F) {
	f.Add([]byte(`[{"from":"2026-12-05T21:00:00Z","until":"2026-12-05T22:00:00Z","nl":{"title":"a"},"en":{"title":"b","changes":"c"}}]`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, content []byte) {
		all, err := parseWork(content)
		if err != nil && all != nil {
			t.Errorf("%q was read as %+v, with %v", content, all, err)
		}
	})
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
