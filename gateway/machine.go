package gateway

import (
	"errors"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine is where a gateway reads what it knows of time (I4). A nil field
// reads the machine the program runs on; a simulator puts its own clocks in.
// The functions are called from several goroutines and must not wait.
type Machine struct {
	// Boot gives the time since the machine got power, also while it slept. It
	// never runs backwards: CLOCK_BOOTTIME.
	Boot func() time.Duration
	// Raw is Boot without the corrections of its rate by whoever disciplines
	// Wall: CLOCK_MONOTONIC_RAW, which stops while the machine sleeps. With a
	// Boot of one's own, nil stands for the same.
	Raw func() time.Duration
	// BootID names the run of Boot, so that another process can tell whether it
	// counts on; "": it can't. With a Boot of one's own, nil stands for that.
	BootID func() string
	// Wall gives the clock that can be set: CLOCK_REALTIME.
	Wall func() time.Time
	// Disciplined says whether somebody keeps Wall right, and how wrong (ms) it
	// may be all the same.
	Disciplined func() (bound uint32, ok bool)
}

var errBoot = errors.New("the machine has no clock that counts since its boot (CLOCK_BOOTTIME)")

// or gives the machine with what is nil taken from the real one.
func (m Machine) or() (Machine, error) {
	if m.Boot == nil {
		if bootTime() < 0 {
			return m, errBoot
		}
		m.Boot = bootTime
		if m.BootID == nil {
			m.BootID = bootID
		}
		if m.Raw == nil {
			m.Raw = rawTime
		}
	}
	if m.Raw == nil {
		m.Raw = m.Boot
	}
	if m.BootID == nil {
		m.BootID = func() string { return "" }
	}
	if m.Wall == nil {
		m.Wall = time.Now
	}
	if m.Disciplined == nil {
		m.Disciplined = disciplined
	}
	return m, nil
}

func bootTime() time.Duration { return kernelTime(unix.CLOCK_BOOTTIME) }

func rawTime() time.Duration { return kernelTime(unix.CLOCK_MONOTONIC_RAW) }

// kernelTime reads a clock that counts up; negative: there is none.
func kernelTime(clock int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		return -1
	}
	return time.Duration(ts.Nano())
}

// bootID reads the kernel's own name of its boot (random(4)).
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// disciplined asks the kernel whether somebody disciplines the wall clock, and
// gives its bound in ms: the largest error it may have and what it has yet to
// be moved (adjtimex(2), maxerror and offset).
func disciplined() (bound uint32, ok bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil || state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0 || t.Maxerror < 0 {
		return 0, false
	}
	ms := max(int64(t.Maxerror)/1000+1+remaining(t), leastDisciplined) // its fields are 32 bits wide on ARMv7
	return uint32(min(ms, worstDisciplined)), ms <= worstDisciplined
}

// remaining gives the ms by which the kernel still moves the clock.
func remaining(t unix.Timex) int64 {
	unit := int64(1000) // µs
	if t.Status&unix.STA_NANO != 0 {
		unit = 1_000_000
	}
	offset := int64(t.Offset)
	return (max(offset, -offset) + unit - 1) / unit
}
