package ending

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// mostManifest bounds the manifest of an export: a line a file, and the totals.
const mostManifest = 16 << 20

// parcel is an export that came in: whole, and as its manifest says.
type parcel struct {
	manifest Manifest
	files    map[string]*zip.File
}

// unpack opens an export and reads all of it once: nothing of it is used
// before every file was found to be the one that the manifest names.
func unpack(from io.ReaderAt, size int64, o ImportOptions, schema string) (parcel, error) {
	z, err := zip.NewReader(from, size)
	if err != nil {
		return parcel{}, fmt.Errorf("%w: the file is cut, or no ZIP file (%v)", ErrManipulated, err)
	}
	p := parcel{files: map[string]*zip.File{}}
	for _, f := range z.File {
		if p.files[f.Name] != nil {
			return parcel{}, fmt.Errorf("%w: %q is in it twice", ErrManipulated, f.Name)
		}
		p.files[f.Name] = f
	}
	if err := p.readManifest(o, schema); err != nil {
		return parcel{}, err
	}
	return p, p.check()
}

func (p *parcel) readManifest(o ImportOptions, schema string) error {
	f := p.files[manifestPath]
	if f == nil {
		return fmt.Errorf("%w: it has no %s", ErrForeign, manifestPath)
	}
	text, err := readAll(f, mostManifest)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &p.manifest); err != nil || !strings.HasPrefix(p.manifest.Format, FormatName) {
		return fmt.Errorf("%w: its %s is not one of %q", ErrForeign, manifestPath, FormatName)
	}
	p.manifest.Fingerprint = fingerprint(text)
	given := strings.ToLower(strings.TrimSpace(o.Fingerprint))
	switch {
	case given == "" && !o.Unproven:
		return fmt.Errorf("%w; without it a change of %s can't be found", ErrUnproven, manifestPath)
	case given != "" && given != p.manifest.Fingerprint:
		return fmt.Errorf("%w: %s has the fingerprint %s, and the one given is %s", ErrManipulated, manifestPath, p.manifest.Fingerprint, given)
	case p.manifest.Schema != schema:
		return fmt.Errorf("%w: it was written by version %q, with another schema of the database; take it in with that version and bring the database to this one after that", ErrForeign, p.manifest.Version)
	}
	return nil
}

// check compares every file with the manifest.
func (p *parcel) check() error {
	named := map[string]bool{manifestPath: true}
	for _, want := range p.manifest.Files {
		f := p.files[want.Path]
		if f == nil {
			return fmt.Errorf("%w: %s is missing", ErrManipulated, want.Path)
		}
		m := &meter{to: io.Discard, hash: sha256.New()}
		err := p.read(want.Path, func(r io.Reader) error {
			_, err := io.Copy(m, io.LimitReader(r, want.Bytes+1))
			return err
		})
		if err != nil || m.bytes != want.Bytes || m.sum() != want.SHA256 {
			return fmt.Errorf("%w: %s differs from the manifest", ErrManipulated, want.Path)
		}
		named[want.Path] = true
	}
	for path := range p.files {
		if !named[path] {
			return fmt.Errorf("%w: %q is not in the manifest", ErrManipulated, path)
		}
	}
	return nil
}

// read hands over the contents of a file.
func (p *parcel) read(path string, fn func(io.Reader) error) error {
	f := p.files[path]
	if f == nil {
		return fmt.Errorf("%w: %s is missing", ErrManipulated, path)
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %s: %v", ErrManipulated, path, err)
	}
	defer r.Close()
	return fn(r)
}

func readAll(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrManipulated, f.Name, err)
	}
	defer r.Close()
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, most+1))
	if err != nil || n > most {
		return nil, fmt.Errorf("%w: %s can't be read, or is too large", ErrManipulated, f.Name)
	}
	return b.Bytes(), nil
}
