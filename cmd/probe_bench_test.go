package cmd_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tikklok/gateway/wire/wiretest"
)

// Of the measurement: the probe's minutes are shortened so many times, and so
// many of them are looked at, after the server was left alone as long.
const (
	probeScale   = 10
	probeMinutes = 18
)

// BenchmarkProbe measures what a probe costs the server and its database: the
// processor time that they take for a minute of it, above what they take when
// nobody does anything, as a share of this machine.
func BenchmarkProbe(b *testing.B) {
	dir, err := os.MkdirTemp("", "tikklok-probe-bench-")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // the database's user passes it
		b.Fatal(err)
	}
	if said, err := exec.Command("go", "build", "-o", dir+"/", "./tikklok").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(dir, "tikklok"), args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
		return cmd
	}
	http, mqtt, state := wiretest.Address(b), wiretest.Address(b), filepath.Join(dir, "var")
	server := run("serve", "--state", state, "--http", http, "--mqtt", mqtt, "--clock-good-to", "100ms")
	untilReady(b, http)
	file := filepath.Join(dir, "probe.json")
	if said, err := exec.Command(filepath.Join(dir, "tikklok"), "probe", "add", "bench", "--state", state, "--server", "http://"+http, "--gateway", mqtt, "--out", file).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	time.Sleep(10 * time.Second) // what a start brings along is over
	span := probeMinutes * time.Minute / probeScale
	idle := spent(b, server.Process.Pid, span)
	run("probe", "run", "--config", file, "--book", filepath.Join(dir, "probe"), "--http", "", "--scale", strconv.Itoa(probeScale), "--began", time.Now().UTC().Add(-3*time.Hour).Format(time.RFC3339))
	time.Sleep(10 * time.Second) // its enrolment is over
	busy := spent(b, server.Process.Pid, span)
	cores := cores()
	value, all := (busy-idle)/probeMinutes, float64(60*cores)
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("bench probe_cpu value=%.0f unit=ms/minute idle=%.0f reference=machine reference_value=%.0f cores=%d load=%.4s ratio=%.5f goal=0.001\n",
		1000*value, 1000*idle/(span.Minutes()), 1000*all, cores, load, value/all)
}

func cores() int {
	text, _ := os.ReadFile("/proc/cpuinfo")
	return strings.Count(string(text), "processor\t")
}

func untilReady(b *testing.B, address string) {
	b.Helper()
	for range 600 {
		if r, err := http.Get("http://" + address + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal("the server does not answer")
}

// spent gives the processor seconds that a process and all that it started take
// within a time.
func spent(b *testing.B, pid int, span time.Duration) float64 {
	b.Helper()
	before := processorTime(b, pid)
	time.Sleep(span)
	return processorTime(b, pid) - before
}

// processorTime is that of a process, of those it started, and of those of them
// that have ended, in seconds (proc(5): fields 14 to 17 of stat).
func processorTime(b *testing.B, pid int) float64 {
	b.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	parent, ticks := map[int]int{}, map[int]float64{}
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		f := strings.Fields(rest)
		id, _ := strconv.Atoi(strings.Split(path, "/")[2])
		parent[id], _ = strconv.Atoi(f[1])
		for _, field := range f[11:15] {
			n, _ := strconv.ParseFloat(field, 64)
			ticks[id] += n
		}
	}
	sum := 0.0
	for id := range ticks {
		for at := id; at > 1; at = parent[at] {
			if at == pid {
				sum += ticks[id]
				break
			}
		}
	}
	return sum / 100 // ticks a second on Linux
}
