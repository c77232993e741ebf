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

// process is one of the product's own programs, run as a child. It dies with
// this one even when this one is killed.
type process struct {
	name string
	args []string
	log  string // its standard error is appended here

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{}
}

// program gives the program that was built beside this one.
func program(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the programs: %w", err)
	}
	p := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(p); err != nil {
		return "", fmt.Errorf("%s is not beside this program: run `make build`: %w", name, err)
	}
	return p, nil
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
	p.mu.Lock()
	dir := fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid)
	p.mu.Unlock()
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
