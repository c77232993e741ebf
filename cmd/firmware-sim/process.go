package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program run as a child, mostly one of the product's own. It dies with
// this one even when this one is killed.
type process struct {
	name string
	args []string
	log  string // its standard error is appended here

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{}
}

// program gives the program that was built beside this one, or this one itself;
// a name with a slash is a program of somebody else.
func program(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the programs: %w", err)
	}
	if name == "firmware-sim" {
		return self, nil
	}
	p := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(p); err != nil {
		return "", fmt.Errorf("%s is not beside this program: run `make build`: %w", name, err)
	}
	return p, nil
}

// buildBeside builds the product's programs beside this one where they are not
// there: "go run" makes only this one, in a folder of its own.
func buildBeside(ctx context.Context, names ...string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the programs: %w", err)
	}
	for _, name := range names {
		path := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "./cmd/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s is not beside this program, and building it failed: run `make build`: %w: %s", name, err, bytes.TrimSpace(said))
		}
	}
	return nil
}

// start runs the program until it is killed or ends by itself.
func (p *process) start() error {
	path, err := program(p.name)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log of %s: %w", p.name, err)
	}
	cmd := exec.Command(path, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	ended, started := make(chan struct{}), make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig is about the thread that started the child
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log; that it ended is in the channel
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd, p.ended = cmd, ended
	return nil
}

// gone is closed when the program has ended.
func (p *process) gone() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// diedOf is the error of a program that ended by itself, with its last words.
func (p *process) diedOf() error {
	said, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Errorf("%s ended, and its log can't be read: %w", p.name, err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return fmt.Errorf("%s ended (its log is %s): %s", p.name, p.log, lines[len(lines)-1])
}

// kill ends the program at once, as a power cut would.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.gone()
}

// stop asks the program to end and waits; after ten seconds it is killed.
func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	p.signal(syscall.SIGTERM)
	select {
	case <-p.gone():
	case <-time.After(10 * time.Second):
		p.kill()
	}
}

func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Signal(s) // already gone is as good
}

// run runs a program to its end and gives what it printed.
func run(ctx context.Context, name string, args ...string) (string, error) {
	path, err := program(name)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %v: %w: %s", name, args[:min(2, len(args))], err, bytes.TrimSpace(said.Bytes()))
	}
	return string(out), nil
}

// holds says whether the program has a device open that a link leads to.
func (p *process) holds(link string) (bool, error) {
	device, err := os.Readlink(link)
	if err != nil {
		return false, fmt.Errorf("port %s: %w", link, err)
	}
	dir := fmt.Sprintf("/proc/%d/fd", p.pid())
	files, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("files of %s: %w", p.name, err)
	}
	for _, f := range files {
		if to, err := os.Readlink(filepath.Join(dir, f.Name())); err == nil && to == device {
			return true, nil
		}
	}
	return false, nil
}

// pid is the number of the process started last.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}
