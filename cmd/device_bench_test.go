package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	sim "tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

// BenchmarkDevice prints what the shipped device program takes: its size, its
// memory with four readers and some thousand taps, and how long a tap waits
// for its light while it is written to the disk. The light is that of a reader
// with memory: an EM4100 reader has none that a gateway could switch.
func BenchmarkDevice(b *testing.B) {
	w := newPaidLine(b)
	program := w.build()
	shown := make(chan wire.Colour, 10)
	r, err := sim.NewReader(sim.ReaderConfig{Origin: wire.FirstReader + 5, Capacity: 5000, TolerancePPM: 20,
		Shown: func(_ wire.Name, c wire.Colour) { shown <- c }}, time.Now())
	w.must(err)
	ports := []*sim.Port{w.port, w.openPort("back"), w.openPort("side"), w.openPort("gate")}
	w.run(func(ctx context.Context) error { return r.Run(ctx, ports[3]) })
	process := w.start(program, ports[0].Path()+"=em4100", ports[1].Path()+"=em4100", ports[2].Path()+"=em4100", ports[3].Path()+"=link")

	const lights, taps = 500, 1500
	var all []time.Duration
	for i := range lights + 20 {
		began := time.Now()
		w.must(r.Present(sim.Fob(uint64(i)), func(time.Time, wire.Name, bool) error { return nil }))
		if c := <-shown; c != wire.Green {
			b.Fatalf("a tap shows %v", c)
		}
		if i >= 20 { // by then they are in contact
			all = append(all, time.Since(began))
		}
	}
	slices.Sort(all)
	fmt.Printf("bench tap_to_green p50_ms=%.1f p99_ms=%.1f goal=50 taps=%d fsync=on\n", ms(all[lights/2]), ms(all[lights*99/100]), lights)

	for i := range taps {
		for j, p := range ports[:3] {
			number := uint32(i*3 + j)
			f := [5]byte{1, byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number)}
			p.Send(fmt.Appendf(nil, "\x02%X%02X\x03", f[:], f[0]^f[1]^f[2]^f[3]^f[4]))
		}
	}
	w.committed(lights + 20 + 3*taps)
	fmt.Printf("bench gateway_rss mb=%.1f most_mb=%.1f goal=25 ports=4 taps=%d\n", w.status(process, "VmRSS"), w.status(process, "VmHWM"), lights+20+3*taps)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// build builds the device program as it is shipped, and prints its size.
func (w *paidLine) build() string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "tikklok-gateway")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "tikklok/cmd/tikklok-gateway")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(path)
	w.must(err)
	fmt.Printf("bench gateway_size mb=%.2f goal=12\n", float64(info.Size())/1e6)
	return path
}

func (w *paidLine) openPort(name string) *sim.Port {
	w.t.Helper()
	p, err := sim.OpenPort(filepath.Join(w.t.TempDir(), name))
	w.must(err)
	w.t.Cleanup(func() { _ = p.Vanish() })
	return p
}

// start runs the device program until the test ends.
func (w *paidLine) start(program string, ports ...string) *os.Process {
	w.t.Helper()
	enrolment, err := json.Marshal(w.cfg.Enrolment)
	w.must(err)
	file := filepath.Join(w.t.TempDir(), "enrolment.json")
	w.must(os.WriteFile(file, enrolment, 0o600))
	args := []string{"run", "--enrolment", file, "--journal", w.cfg.Journal}
	for _, p := range ports {
		args = append(args, "--port", p)
	}
	c := exec.Command(program, args...)
	var log bytes.Buffer
	c.Stderr = &log
	w.must(c.Start())
	w.t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		if err := c.Wait(); err != nil || w.t.Failed() {
			w.t.Errorf("%v\n%s", err, log.Bytes())
		}
	})
	return c.Process
}

// status gives a line of /proc/PID/status, in MB.
func (w *paidLine) status(p *os.Process, name string) float64 {
	w.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid))
	w.must(err)
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) > 1 && string(fields[0]) == name+":" {
			kb, err := strconv.ParseFloat(string(fields[1]), 64)
			w.must(err)
			return kb * 1024 / 1e6
		}
	}
	w.t.Fatalf("no %s", name)
	return 0
}
