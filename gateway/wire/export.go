package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A journal export carries a gateway's batches where no network does. It is
//
//	"TIKKLOK-JOURNAL 1\n"
//	gateway id   (unsigned varint, 1…2^32-1)
//
// followed by any number of
//
//	length       (unsigned varint, 1…MaxMessage)
//	payload      (one Batch as in tikklok.proto, decodable alone)
//	CRC-32C      (4 bytes, little-endian) of the payload
//
// and nothing behind the last. Varints are those of protobuf. Importing a file
// twice, or one whose batches also went over the network, changes nothing:
// taps are named at birth (I1).
const exportMagic = "TIKKLOK-JOURNAL 1\n"

// ErrNotExport says that a file is no journal export.
var ErrNotExport = errors.New("not a Tikklok journal export")

// ExportWriter writes a journal export.
type ExportWriter struct{ w io.Writer }

// NewExportWriter writes the head of an export of gateway's journal.
func NewExportWriter(w io.Writer, gateway uint32) (*ExportWriter, error) {
	if _, err := w.Write(binary.AppendUvarint([]byte(exportMagic), uint64(gateway))); err != nil {
		return nil, fmt.Errorf("write journal export: %w", err)
	}
	return &ExportWriter{w}, nil
}

// Write appends one batch.
func (e *ExportWriter) Write(b Batch) error {
	payload := b.Encode()
	record := binary.AppendUvarint(nil, uint64(len(payload)))
	record = append(record, payload...)
	record = binary.LittleEndian.AppendUint32(record, Checksum(payload))
	if _, err := e.w.Write(record); err != nil {
		return fmt.Errorf("write journal export: %w", err)
	}
	return nil
}

// ExportReader reads a journal export.
type ExportReader struct {
	r       *bufio.Reader
	gateway uint32
	n       int // payloads read
}

// NewExportReader reads the head of an export. Its error wraps ErrNotExport
// when the file is something else.
func NewExportReader(r io.Reader) (*ExportReader, error) {
	e := &ExportReader{r: bufio.NewReader(r)}
	magic := make([]byte, len(exportMagic))
	if _, err := io.ReadFull(e.r, magic); err != nil || string(magic) != exportMagic {
		return nil, fmt.Errorf("%w: it doesn't begin with %q", ErrNotExport, exportMagic)
	}
	id, err := binary.ReadUvarint(e.r)
	if err != nil || id == 0 || id >= FirstReader {
		return nil, fmt.Errorf("%w: it names no gateway", ErrNotExport)
	}
	e.gateway = uint32(id)
	return e, nil
}

// Gateway gives the id of the gateway whose journal it is.
func (e *ExportReader) Gateway() uint32 { return e.gateway }

// Next gives the payload of the next batch, not decoded yet. It gives io.EOF
// at the end, and an error that wraps io.ErrUnexpectedEOF when the file was
// cut off. After another error the file can't be read on.
func (e *ExportReader) Next() ([]byte, error) {
	if _, err := e.r.Peek(1); err == io.EOF {
		return nil, io.EOF
	}
	n, err := binary.ReadUvarint(e.r)
	if err != nil {
		return nil, e.broken(err)
	}
	if n == 0 || n > MaxMessage {
		return nil, fmt.Errorf("journal export, batch %d: %d bytes, want 1…%d", e.n+1, n, MaxMessage)
	}
	record := make([]byte, n+4)
	if _, err := io.ReadFull(e.r, record); err != nil {
		return nil, e.broken(err)
	}
	payload := record[:n:n]
	if Checksum(payload) != binary.LittleEndian.Uint32(record[n:]) {
		return nil, fmt.Errorf("journal export, batch %d: wrong checksum: copy the file again, or export it anew", e.n+1)
	}
	e.n++
	return payload, nil
}

func (e *ExportReader) broken(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("journal export, batch %d: %w", e.n+1, err)
}
