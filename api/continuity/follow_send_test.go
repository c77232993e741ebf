package continuity

import (
	"fmt"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/pg/vault"
)

func TestAPlaceThatCatchesUpIsNotCountedAfterEachPiece(t *testing.T) {
	m, now := keeping(t), time.Now()
	m.starts(t, now)
	s, err := m.openSpool("1")
	if err != nil {
		t.Fatal(err)
	}
	s.leave = 0 // however full this machine's disk is
	pgtest.Exec(t, m.URL, "CREATE TABLE noted (last text)")
	pgtest.Exec(t, m.URL, "CREATE RULE noted AS ON UPDATE TO backup_place DO ALSO INSERT INTO noted VALUES (NEW.log_name)")
	last := ""
	for n := range 30 {
		last = fmt.Sprintf("0000000100000000000000%02X", n+1)
		s.layAll(t, m.Targets, vault.Passing(), last)
	}
	d := sender{Maker: m, spool: s, target: m.Targets[0]}
	if err := d.sendAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := pgtest.Exec(t, m.URL, "SELECT count(*) FROM noted"); n > 10 {
		t.Errorf("30 pieces were written down %d times", n)
	}
	var name string
	err = m.Owner.Look(t.Context(), func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT log_name FROM backup_place").Scan(&name)
	})
	if got := m.place(t); err != nil || name != last || got.Waiting != 0 || got.LogUntil.Before(now.Truncate(time.Second)) {
		t.Errorf("written down is %q, %+v (%v)", name, got, err)
	}
}
