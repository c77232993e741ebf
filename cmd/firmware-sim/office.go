package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// adminEmail is the administrator that a new server makes for itself.
const adminEmail = "admin@localhost"

// office is a server with all its data in one folder, and a client of its API.
type office struct {
	dir    string
	http   string // host:port
	server *process
	api    *client
}

// openOffice makes or takes up the folder; nothing runs yet. With port 0 the
// server takes a free one; settings are more of what it is started with.
func openOffice(dir, http string, settings ...string) (*office, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w", dir, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "sim"), 0o755); err != nil {
		return nil, fmt.Errorf("folder %s: %w", dir, err)
	}
	o := &office{dir: dir}
	if o.http, err = address(http); err != nil {
		return nil, err
	}
	if o.api, err = newClient("http://" + o.http); err != nil {
		return nil, err
	}
	o.server = &process{name: "tikklok", log: o.path("server.log"), args: append([]string{
		"serve", "--state", dir, "--http", o.http, "--clock-good-to", "100ms"}, settings...)}
	return o, nil
}

func (o *office) path(parts ...string) string {
	return filepath.Join(append([]string{o.dir}, parts...)...)
}

// ledgerFile is the truth about every tap.
func (o *office) ledgerFile() string { return o.path("sim", "ledger.jsonl") }

// address takes a free port where the port is 0.
func address(hostport string) (string, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", fmt.Errorf("address %s: %w", hostport, err)
	}
	l, err := net.Listen("tcp", hostport)
	if err != nil {
		return "", fmt.Errorf("port %s is in use: stop what uses it, or choose another with --http or --mqtt: %w", port, err)
	}
	defer l.Close()
	return net.JoinHostPort(host, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)), nil
}

// startServer starts the server and waits until it can serve.
func (o *office) startServer(ctx context.Context) error {
	if err := o.server.start(); err != nil {
		return err
	}
	return until(ctx, "the server", 90*time.Second, func() (bool, error) {
		select {
		case <-o.server.gone():
			return true, o.server.diedOf()
		default:
		}
		_, err := o.api.raw(ctx, "GET", "/readyz", nil)
		return err == nil, err
	})
}

// signIn signs the office's client in as the administrator; the password was
// generated when the office was, and stands in a file only its owner reads.
func (o *office) signIn(ctx context.Context) (password string, err error) {
	file := o.path("sim", "password")
	kept, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		printed, err := run(ctx, "tikklok", "account", "reset-password", adminEmail, "--state", o.dir)
		if err != nil {
			return "", err
		}
		kept = []byte(lastWord(printed))
		if err := os.WriteFile(file, kept, 0o600); err != nil {
			return "", fmt.Errorf("keeping the password: %w", err)
		}
	} else if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	password = string(kept)
	return password, o.api.call(ctx, "POST", "/api/v1/session", map[string]string{"email": adminEmail, "password": password}, nil)
}

func lastWord(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// temporary makes a folder that PostgreSQL's user can reach too, and gives what
// removes it after a run that went well.
func temporary(pattern string) (dir string, done func(err error, keep bool) error, err error) {
	if err := os.Unsetenv("DATABASE_URL"); err != nil { // never touches a real database
		return "", nil, fmt.Errorf("leaving DATABASE_URL alone: %w", err)
	}
	if dir, err = os.MkdirTemp("", pattern); err != nil {
		return "", nil, fmt.Errorf("temporary folder: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", nil, fmt.Errorf("temporary folder: %w", err)
	}
	return dir, func(err error, keep bool) error {
		if keep || err != nil && !errors.Is(err, context.Canceled) { // nobody looks at what was stopped by hand
			fmt.Println("everything is kept in", dir)
			return err
		}
		return errors.Join(err, os.RemoveAll(dir))
	}, nil
}
