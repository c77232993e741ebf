package cmd_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAStormOfAFewHundredGatewaysLosesNothing(t *testing.T) { // I1, I2
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir+"/", "./tikklok", "./firmware-sim")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	storm := exec.CommandContext(ctx, filepath.Join(dir, "firmware-sim"), "storm", "--gateways", "200", "--backlog", "40", "--live", "3",
		"--during", "3s", "--late", "0", "--limit", "4m") // other tests run meanwhile
	storm.Cancel = func() error { return storm.Process.Signal(syscall.SIGTERM) }
	out, err := storm.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "storm: gateways=200 taps=8600 lost=0 duplicated=0 ") {
		t.Fatalf("%v\n%s", err, out)
	}
}
