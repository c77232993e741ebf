package format

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"hash"
	"hash/crc32"
	"io"
	"time"
)

// packXML puts an XML document into an archive.
func packXML(z *zip.Writer, name string, at time.Time, document any) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC().Truncate(2 * time.Second)})
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

// zipPart is a file of an archive that is written beside others: it keeps no
// more than its compressed bytes until the archive takes it.
type zipPart struct {
	*plainWriter
	packed  *bytes.Buffer
	deflate *flate.Writer
	crc     hash.Hash32
	size    *byteCount
}

type byteCount uint64

func (n *byteCount) Write(p []byte) (int, error) {
	*n += byteCount(len(p))
	return len(p), nil
}

func newZipPart() *zipPart {
	p := &zipPart{packed: new(bytes.Buffer), crc: crc32.NewIEEE(), size: new(byteCount)}
	p.deflate, _ = flate.NewWriter(p.packed, flate.DefaultCompression) // fails on unknown levels only
	p.plainWriter = newPlainWriter(io.MultiWriter(p.deflate, p.crc, p.size), ";")
	return p
}

// pack puts the part into an archive.
func (p *zipPart) pack(z *zip.Writer, name string, at time.Time) error {
	if err := p.flush(); err != nil {
		return err
	}
	if err := p.deflate.Close(); err != nil {
		return err
	}
	w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC().Truncate(2 * time.Second),
		CRC32: p.crc.Sum32(), CompressedSize64: uint64(p.packed.Len()), UncompressedSize64: uint64(*p.size)})
	if err != nil {
		return err
	}
	_, err = p.packed.WriteTo(w)
	return err
}
