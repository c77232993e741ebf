package reader

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// after is so many milliseconds into the test.
func after(ms int) Moment {
	at := start.Add(time.Duration(ms) * time.Millisecond)
	return Moment{At: at, Instant: at.UnixMilli(), Bound: 5, Source: wire.SourceDisciplined}
}

// numbers gives the fobs of Seen events in hexadecimal.
func numbers(events []Event) string {
	var all []string
	for _, e := range events {
		all = append(all, strings.ToUpper(hex.EncodeToString(e.(Seen).Fob.Value)))
	}
	return strings.Join(all, " ")
}

func TestEM4100Frames(t *testing.T) {
	for _, c := range []struct{ name, bytes, want, health string }{
		{"RDM6300", "\x0262E3086CED08\x03", "62E3086CED", "ok"},
		{"printed 0013530444", "\x023C00CE754CCB\x03", "3C00CE754C", "ok"},
		{"another", "\x021F00644BB686\x03", "1F00644BB6", "ok"},
		{"and another", "\x020D00319CD070\x03", "0D00319CD0", "ok"},
		{"ID-12LA", "\x020500207B326C\r\n\x03", "0500207B32", "ok"},
		{"more than 32 bits", "\x0201C8F0080031\x03", "01C8F00800", "ok"},
		{"lower case", "\x0262e3086ced08\x03", "62E3086CED", "ok"},
		{"two fobs", "\x0262E3086CED08\x03\x021F00644BB686\x03", "62E3086CED 1F00644BB6", "ok"},
		{"noise before and after", "abc\x00\xFF\x03\x0262E3086CED08\x03\r\n!", "62E3086CED", "ok"},
		{"half a frame before", "\x0262E30\x0262E3086CED08\x03", "62E3086CED", "half a frame"},
		{"short", "\x0262E3086CED0\x03", "", "half a frame"},
		{"wrong checksum", "\x0262E3086CED09\x03", "", "a wrong checksum"},
		{"checksum of the characters", "\x0262E3086CED00\x03", "", "a wrong checksum"},
		{"all zero", "\x02000000000000\x03", "", "an all-zero number"},
		{"not hexadecimal", "\x0262E3086CEG08\x03", "", "not hexadecimal"},
		{"CR alone", "\x0262E3086CED08\r\x03", "", "half a frame"},
		{"no end", "\x0262E3086CED08\r\n12345\x03", "", "a frame without end"},
	} {
		whole, bytewise := NewEM4100(EM4100Settings{}), NewEM4100(EM4100Settings{})
		if got := numbers(whole.Bytes(after(0), []byte(c.bytes))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		var events []Event
		for i := range len(c.bytes) {
			events = append(events, bytewise.Bytes(after(i), []byte(c.bytes[i:i+1]))...)
		}
		if got := numbers(events); got != c.want {
			t.Errorf("%s, byte by byte: got %q, want %q", c.name, got, c.want)
		}
		if h := whole.State().Health; !strings.Contains(h, c.health) {
			t.Errorf("%s: health %q, want %q", c.name, h, c.health)
		}
	}
}

func TestAHeldFobIsOneTap(t *testing.T) {
	const a, b = "\x0262E3086CED08\x03", "\x021F00644BB686\x03"
	for _, c := range []struct {
		name   string
		frames map[int]string // by millisecond
		want   string
	}{
		{"repeated for ten seconds", every(0, 10_000, 65, a), "62E3086CED"},
		{"wavering at the edge of the field", map[int]string{0: a, 1400: a, 2800: a}, "62E3086CED"},
		{"gone for 1.5 s", map[int]string{0: a, 1500: a}, "62E3086CED 62E3086CED"},
		{"two people", map[int]string{0: a, 300: b, 600: a}, "62E3086CED 1F00644BB6"},
	} {
		r := NewEM4100(EM4100Settings{})
		if got := numbers(play(r, c.frames)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// ghosts are frames that RDM6300 readers wrote though nobody held a fob there:
// all pass the checksum.
var ghosts = []string{
	"\x02000000000000\x03", "\x02000000078F88\x03", "\x0200F00000F000\x03",
	"\x02F000060007F1\x03", "\x02B59A99E5A9FA\x03",
}

// after65ms gives frames as far apart as RDM6300 writes them.
func after65ms(frames ...string) map[int]string {
	m := map[int]string{}
	for i, f := range frames {
		m[65*i] = f
	}
	return m
}

func TestGhostsPassTheChecksumAndOnlyZeroIsKnownByItself(t *testing.T) {
	const want = "000000078F 00F00000F0 F000060007 B59A99E5A9"
	if got := numbers(play(NewEM4100(EM4100Settings{}), after65ms(ghosts...))); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTwoEqualFramesCanBeAskedFor(t *testing.T) {
	const a, ghost = "\x0262E3086CED08\x03", "\x02000000078F88\x03"
	for _, c := range []struct {
		name   string
		frames map[int]string
		want   string
	}{
		{"one frame", map[int]string{0: a}, ""},
		{"two within 200 ms", map[int]string{0: a, 200: a}, "62E3086CED"},
		{"two too far apart", map[int]string{0: a, 201: a}, ""},
		{"a ghost between", map[int]string{0: a, 65: ghost, 130: a, 195: a}, "62E3086CED"},
		{"held", every(0, 3000, 65, a), "62E3086CED"},
		{"ghosts that came alone", after65ms(ghosts...), ""},
		{"ghosts while a fob is held", after65ms(a, ghosts[1], a, ghosts[2], a, ghosts[3], a), "62E3086CED"},
	} {
		r := NewEM4100(EM4100Settings{PresenceSettings{Confirm: 2}})
		if got := numbers(play(r, c.frames)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAMillionBytesOfNoiseHoldLittleAndHideNoTap(t *testing.T) {
	r := NewEM4100(EM4100Settings{})
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 1_000_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	events := r.Bytes(after(0), noise)
	events = append(events, r.Bytes(after(1), []byte("\x0262E3086CED08\x03"))...)
	if got := numbers(events); got != "62E3086CED" {
		t.Errorf("got %q", got)
	}
	if cap(r.frame) > 64 || r.State().Health == "ok" {
		t.Errorf("%d bytes held, health %q", cap(r.frame), r.State().Health)
	}
}

func TestAReopenedPortForgetsHalfAFrame(t *testing.T) {
	r := NewEM4100(EM4100Settings{})
	events := r.Bytes(after(0), []byte("\x0262E3086C"))
	events = append(events, r.Open(after(1))...)
	events = append(events, r.Bytes(after(2), []byte("ED08\x03"))...)
	if len(events) > 0 {
		t.Errorf("got %q", numbers(events))
	}
}

func every(from, to, step int, frame string) map[int]string {
	frames := map[int]string{}
	for ms := from; ms < to; ms += step {
		frames[ms] = frame
	}
	return frames
}

// play gives a protocol bytes at milliseconds, in their order.
func play(p Protocol, frames map[int]string) []Event {
	var events []Event
	for ms, left := 0, len(frames); left > 0; ms++ {
		if f, ok := frames[ms]; ok {
			events = append(events, p.Bytes(after(ms), []byte(f))...)
			left--
		}
	}
	return events
}

func FuzzEM4100(f *testing.F) {
	f.Add([]byte("\x0262E3086CED08\x03"), uint16(5))
	f.Add([]byte("\x020500207B326C\r\n\x03"), uint16(15))
	f.Fuzz(func(t *testing.T, p []byte, cut uint16) {
		at := min(int(cut), len(p))
		whole, split := NewEM4100(EM4100Settings{}), NewEM4100(EM4100Settings{})
		want := numbers(whole.Bytes(after(0), p))
		got := numbers(append(split.Bytes(after(0), p[:at]), split.Bytes(after(0), p[at:])...))
		if got != want {
			t.Fatalf("whole %q, split %q", want, got)
		}
	})
}

// The disk took its time for the tap, and the frames of the fob that is still
// held waited meanwhile.
func TestAFobHeldWhileNobodyReadIsTheSameTap(t *testing.T) { // I1
	for _, c := range []struct {
		name   string
		at     int // ms, of the second frame
		unread time.Duration
		taps   int
	}{
		{"read all the time", 3000, 0, 2},
		{"nobody read", 3000, 2900 * time.Millisecond, 1},
		{"away for longer beside that", 5000, 2900 * time.Millisecond, 2},
		{"the machine slept", 3_600_000, time.Hour, 2},
	} {
		for name, r := range map[string]Protocol{"em4100": NewEM4100(EM4100Settings{}), "line": NewLine(LineSettings{})} {
			frame := map[string]string{"em4100": "\x0262E3086CED08\x03", "line": "12345678\r\n"}[name]
			events := r.Bytes(after(0), []byte(frame))
			late := after(c.at)
			late.Unread = c.unread
			if events = append(events, r.Bytes(late, []byte(frame))...); len(events) != c.taps {
				t.Errorf("%s, %s: %d taps, want %d", name, c.name, len(events), c.taps)
			}
		}
	}
}
