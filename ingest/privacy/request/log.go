package request

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tikklok/ingest/durable"
)

// Log is the folder of the outside log: one file for each erasure, kept apart
// from the database and its backups, so that one which is restored can be
// brought up to date (I8). It names nobody: an id, and when its row was made.
type Log string

// entry says that an employee was erased, or a whole tenant destroyed.
type entry struct {
	Tenant   int64     `json:"tenant"`
	Employee int64     `json:"employee"` // 0: the whole tenant
	Created  time.Time `json:"created"`  // of the employee's row, or the tenant's
	Erased   time.Time `json:"erased"`
}

func (e entry) name() string { return fmt.Sprintf("%d-%d.json", e.Employee, e.Created.UnixMicro()) }

// keep writes an entry so that it outlives a crash: its bytes and its name are
// on disk when keep returns.
func (l Log) keep(e entry) error {
	if l == "" {
		return nil
	}
	folder := filepath.Join(string(l), fmt.Sprint(e.Tenant))
	body, err := json.Marshal(e)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err == nil {
		err = durable.Write(filepath.Join(folder, e.name()), append(body, '\n'), 0o600)
	}
	if err == nil {
		err = errors.Join(durable.Folder(string(l)), durable.Folder(filepath.Dir(filepath.Clean(string(l)))))
	}
	if err != nil {
		return fmt.Errorf("keeping the log of erasures: %w; nobody is erased before that is kept", err)
	}
	return nil
}

// forget takes an entry out again.
func (l Log) forget(e entry) error {
	if l == "" {
		return nil
	}
	path := filepath.Join(string(l), fmt.Sprint(e.Tenant), e.name())
	if err := errors.Join(os.Remove(path), durable.Folder(filepath.Dir(path))); err != nil {
		return fmt.Errorf("taking back what was not erased: %w; who it names is erased at the next start while it stands", err)
	}
	return nil
}

// entries reads the log of a tenant.
func (l Log) entries(tenant int64) ([]entry, error) {
	if l == "" {
		return nil, nil
	}
	folder := filepath.Join(string(l), fmt.Sprint(tenant))
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the log of erasures: %w", err)
	}
	var out []entry
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") {
			continue // what a crash left before the rename
		}
		path := filepath.Join(folder, f.Name())
		body, err := os.ReadFile(path)
		var e entry
		if err == nil {
			err = json.Unmarshal(body, &e)
		}
		if err == nil && (e.Tenant != tenant || e.name() != f.Name()) {
			err = errors.New("it says something else than its name")
		}
		if err != nil {
			return nil, fmt.Errorf("reading the log of erasures: %s: %w; bring it back from its backup", path, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// Gone puts one entry in place of all that the log says of a tenant: that the
// whole of it, whose row was made at created, was destroyed.
func (l Log) Gone(tenant int64, created, now time.Time) error {
	e := entry{Tenant: tenant, Created: created, Erased: now}
	if err := l.keep(e); err != nil || l == "" {
		return err
	}
	folder := filepath.Join(string(l), fmt.Sprint(tenant))
	all, err := os.ReadDir(folder)
	for _, f := range all {
		if f.Name() != e.name() {
			err = errors.Join(err, os.Remove(filepath.Join(folder, f.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("forgetting the erasures of a tenant: %w", err)
	}
	return nil
}

// Destroyed says when the tenant whose row was made at created was destroyed;
// nil: it was not.
func (l Log) Destroyed(tenant int64, created time.Time) (*time.Time, error) {
	all, err := l.entries(tenant)
	for _, e := range all {
		if e.Employee == 0 && e.Created.Equal(created) {
			return &e.Erased, err
		}
	}
	return nil, err
}
