package format

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"io"
	"time"
)

// archive is a ZIP whose files are all dated by their run: the same content
// gives the same bytes, and no file the 0th of January 1980.
type archive struct {
	*zip.Writer
	at time.Time
}

func newArchive(out io.Writer, at time.Time) archive {
	return archive{zip.NewWriter(out), at.UTC().Truncate(2 * time.Second)} // as fine as a ZIP dates
}

// Create begins the next file, as excelize.ZipWriter has it.
func (a archive) Create(name string) (io.Writer, error) { return a.create(name, zip.Deflate) }

func (a archive) create(name string, method uint16) (io.Writer, error) {
	return a.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: a.at})
}

// addXML adds an XML document.
func (a archive) addXML(name string, document any) error {
	w, err := a.Create(name)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(document); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

// addPart adds a part, and ends it.
func (a archive) addPart(name string, p *archivePart) error {
	if err := p.flush(); err != nil {
		return err
	}
	if err := p.deflate.Close(); err != nil {
		return err
	}
	w, err := a.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, flate.NewReader(p.packed))
	return err
}

// archivePart is a file of an archive that is written beside others, as an
// archive takes one after the other: meanwhile it keeps its compressed bytes.
type archivePart struct {
	*plainWriter
	packed  *bytes.Buffer
	deflate *flate.Writer
}

func newArchivePart() *archivePart {
	p := &archivePart{packed: new(bytes.Buffer)}
	p.deflate, _ = flate.NewWriter(p.packed, flate.DefaultCompression) // fails on unknown levels only
	p.plainWriter = newPlainWriter(p.deflate, ";")
	return p
}
