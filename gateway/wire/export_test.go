package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func export(t testing.TB, batches ...Batch) []byte {
	var file bytes.Buffer
	w, err := NewExportWriter(&file, 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func exportBatch(epoch uint64) Batch {
	return Batch{Logs: []Log{{Stream: Stream{Origin: 7, Epoch: epoch}, Highest: 3, Start: &Start{}}}}
}

func TestExportReadsBackInOrder(t *testing.T) {
	r, err := NewExportReader(bytes.NewReader(export(t, exportBatch(1), exportBatch(2))))
	if err != nil || r.Gateway() != 7 {
		t.Fatalf("gateway %d, %v", r.Gateway(), err)
	}
	for epoch := uint64(1); epoch <= 2; epoch++ {
		payload, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(payload, exportBatch(epoch).Encode()) {
			t.Errorf("batch %d differs", epoch)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("end: %v, want io.EOF", err)
	}
}

func TestExportCutAnywhereIsNoticed(t *testing.T) {
	whole := export(t, exportBatch(1))
	head := len(export(t))
	for n := range whole {
		r, err := NewExportReader(bytes.NewReader(whole[:n]))
		switch {
		case n < head:
			if !errors.Is(err, ErrNotExport) {
				t.Errorf("%d bytes: %v, want ErrNotExport", n, err)
			}
		case n > head:
			if _, err = r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d bytes: %v, want io.ErrUnexpectedEOF", n, err)
			}
		}
	}
}

func TestExportFlippedAnywhereIsNoticed(t *testing.T) {
	whole := export(t, exportBatch(1))
	for i := len(export(t)); i < len(whole); i++ {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x10
		r, err := NewExportReader(bytes.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(); err == nil {
			t.Errorf("a flip at %d was taken", i)
		}
	}
}

func FuzzExportReader(f *testing.F) {
	f.Add(export(f, exportBatch(1)))
	f.Add([]byte(exportMagic + "\x01\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewExportReader(bytes.NewReader(file))
		for err == nil {
			_, err = r.Next()
		}
	})
}
