package ending

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"
)

// manifestPath is where an export says what it is made of; it is written last.
const manifestPath = "manifest.json"

// archive is an export that is being written: a ZIP, file after file.
type archive struct {
	zip   *zip.Writer
	at    time.Time
	files []File
}

func newArchive(to io.Writer, at time.Time) *archive { return &archive{zip: zip.NewWriter(to), at: at} }

// add writes a file and notes its hash.
func (a *archive) add(path string, write func(io.Writer) error) error {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate, Modified: a.at.UTC()})
	if err != nil {
		return fmt.Errorf("writing %s of an export: %w", path, err)
	}
	m := &meter{to: w, hash: sha256.New()}
	if err := write(m); err != nil {
		return fmt.Errorf("writing %s of an export: %w", path, err)
	}
	a.files = append(a.files, File{Path: path, Bytes: m.bytes, SHA256: m.sum()})
	return nil
}

// close writes the manifest and ends the archive.
func (a *archive) close(m *Manifest) error {
	m.Files = a.files
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("writing the manifest of an export: %w", err)
	}
	m.Fingerprint = fingerprint(text)
	if err := a.add(manifestPath, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("ending an export: %w", err)
	}
	return nil
}

func fingerprint(manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return hex.EncodeToString(sum[:])
}

// meter counts and hashes what passes.
type meter struct {
	to    io.Writer
	hash  hash.Hash
	bytes int64
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.to.Write(p)
	m.hash.Write(p[:n])
	m.bytes += int64(n)
	return n, err
}

func (m *meter) sum() string { return hex.EncodeToString(m.hash.Sum(nil)) }
