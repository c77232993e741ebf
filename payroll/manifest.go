package payroll

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tikklok/ingest/durable"
	"tikklok/ingest/hours/calendar"
)

// manifest says outside the database that a run leaves, or that it was
// voided. It holds no personal data.
type manifest struct {
	Tenant      int64         `json:"tenant"`
	Run         int64         `json:"run"`
	Key         string        `json:"key"`
	Destination int64         `json:"destination"`
	From        calendar.Date `json:"from"`
	To          calendar.Date `json:"to"`
	At          time.Time     `json:"at"`
	SHA256      string        `json:"sha256"` // of the file, hexadecimal
	Bytes       int64         `json:"bytes"`
	People      int           `json:"people"`
	Lines       int           `json:"lines"`
	Minutes     int           `json:"minutes"`          // worked
	Beside      []KindTotal   `json:"beside,omitempty"` // the other kinds
	Void        bool          `json:"void"`
}

func (r Run) manifest(tenant int64, void bool) manifest {
	return manifest{Tenant: tenant, Run: r.ID, Key: r.key, Destination: r.Destination, From: r.Period.From, To: r.Period.To,
		At: r.At.UTC(), SHA256: hex.EncodeToString(r.SHA256[:]), Bytes: r.Bytes,
		People: r.Totals.People, Lines: r.Totals.Lines, Minutes: r.Totals.Worked(), Beside: r.Totals.Beside(), Void: void}
}

func (m manifest) name() string {
	if m.Void {
		return fmt.Sprintf("%08d-%s.void.json", m.Run, m.Key)
	}
	return fmt.Sprintf("%08d-%s.json", m.Run, m.Key)
}

// keep writes a manifest so that it outlives a crash: its bytes and its name
// are on disk when keep returns. Keeping the same one again changes nothing;
// one with another content is refused.
func (f Office) keep(m manifest) error {
	folder := f.folder(m.Tenant)
	if err := makeFolder(f.Manifests, folder); err != nil {
		return fmt.Errorf("keeping a manifest: %w", err)
	}
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("keeping a manifest: %w", err)
	}
	body = append(body, '\n')
	path := filepath.Join(folder, m.name())
	switch old, err := os.ReadFile(path); {
	case err == nil && bytes.Equal(old, body):
		return durable.Folder(folder) // its name may not have been on disk when the last attempt ended
	case err == nil:
		return fmt.Errorf("%w: %s holds something else than run %d", ErrClosed, path, m.Run)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("keeping a manifest: %w", err)
	}
	if err := durable.Write(path, body, 0o600); err != nil {
		return fmt.Errorf("keeping a manifest: %w; nothing is served before it is kept", err)
	}
	return nil
}

func (f Office) folder(tenant int64) string {
	return filepath.Join(f.Manifests, fmt.Sprint(tenant))
}

func makeFolder(top, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := durable.Folder(filepath.Dir(filepath.Clean(top))); err != nil {
		return err
	}
	return durable.Folder(top)
}

// manifests reads all manifests of a tenant, by name of their file; what
// can't be read is a difference, not an end.
func (f Office) manifests(tenant int64) (kept map[string]manifest, differences []string, err error) {
	entries, err := os.ReadDir(f.folder(tenant))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("reading the manifests: %w", err)
	}
	kept = map[string]manifest{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue // what a crash left before the rename
		}
		path := filepath.Join(f.folder(tenant), e.Name())
		var m manifest
		body, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		if err != nil || m.name() != e.Name() || m.Tenant != tenant {
			differences = append(differences, fmt.Sprintf("manifest %s cannot be read as one; bring it back from its backup", path))
			continue
		}
		kept[e.Name()] = m
	}
	return kept, differences, nil
}

// holds says whether the manifest stands on disk as it should.
func (f Office) holds(m manifest) bool {
	body, err := os.ReadFile(filepath.Join(f.folder(m.Tenant), m.name()))
	var on manifest
	return err == nil && json.Unmarshal(body, &on) == nil && on.SHA256 == m.SHA256 && on.Key == m.Key
}
