package ingest

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"testing"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg/pgtest"
)

func TestAJournalExportIsImportedOnce(t *testing.T) { // I1
	w := newWorld(t)
	g := w.addGateway(w.site, "poort")
	s := streamOf(g, 3)
	w.settle(w.worker(), sent(g, batch(log(s, taps(1, 5, "x"))))) // some came over the network
	var file bytes.Buffer
	e, err := wire.NewExportWriter(&file, g.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []wire.Batch{batch(log(s, taps(1, 10, "x"))), batch(log(wire.Stream{Origin: 99, Epoch: 1}, taps(1, 3, "x"))), batch(log(s, taps(11, 5, "x")))} {
		if err := e.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	whole := file.Bytes()
	bring := func(b []byte, tenant int64) (Imported, error) {
		return Import(t.Context(), w.db, slog.New(slog.DiscardHandler), audit.Actor{Kind: audit.Operator}, tenant, bytes.NewReader(b))
	}
	if got, err := bring(whole[:len(whole)-1], w.tenant); !errors.Is(err, io.ErrUnexpectedEOF) || got != (Imported{g.id, 2, 13, 5, 1}) {
		t.Errorf("cut off: %+v, %v", got, err)
	}
	if got, err := bring(whole, w.tenant); err != nil || got != (Imported{g.id, 3, 18, 5, 1}) {
		t.Errorf("whole: %+v, %v", got, err)
	}
	if got, err := bring(whole, w.tenant); err != nil || got.New != 0 {
		t.Errorf("again: %+v, %v", got, err)
	}
	if _, err := bring(whole, pgtest.Tenant(t, w.url, "Slagerij Haas")); !errors.Is(err, ErrNotYours) {
		t.Errorf("another tenant's: %v", err)
	}
	if _, err := bring([]byte("hello"), w.tenant); !errors.Is(err, wire.ErrNotExport) {
		t.Errorf("no export: %v", err)
	}
	w.want(15, "registration")
	w.want(3, "audit_entry WHERE action = 'journal.import'")
}
