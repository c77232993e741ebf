package hours

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg/pgtest"
)

// opened is a commit that has its number and waits for its end.
type opened struct {
	*pgx.Conn
	seq int64
}

// end ends it by COMMIT or ROLLBACK.
func (o opened) end(t *testing.T, how string) {
	t.Helper()
	if _, err := o.Exec(t.Context(), how); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// arriving begins a transaction that brings a tap, and does not end it.
func (w *world) arriving(seq int64) opened {
	w.t.Helper()
	c, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = c.Exec(w.t.Context(), "BEGIN")
	if err == nil {
		_, err = c.Exec(w.t.Context(), `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
			VALUES ($1, $2, $3, $4, $5, 0, $6, 1, $7, $8)`, w.tenant, testOrigin, testEpoch, seq, w.tick(w.at("2026-11-10 08:00"))+seq, w.reader, token(1), w.at("2026-11-10 08:01"))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return opened{c, seq}
}

// TestATapIsTakenUpAsSoonAsItIsCommittedWhateverElseIsNot ends commits in any
// order, some by undoing them, with one that stands open all the while.
func TestATapIsTakenUpAsSoonAsItIsCommittedWhateverElseIsNot(t *testing.T) { // I2
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-11-01 00:00")
	w.recompute()
	random := rand.New(rand.NewPCG(4, 2026))
	oldest := w.arriving(1)
	var open []opened
	var want []int64
	for seq := int64(2); seq < 60 || len(open) > 0; seq++ {
		if seq < 60 {
			open = append(open, w.arriving(seq))
		}
		if len(open) < 5 && seq < 60 {
			continue
		}
		i := random.IntN(len(open))
		ending := open[i]
		open = slices.Delete(open, i, i+1)
		if random.IntN(4) == 0 {
			ending.end(t, "ROLLBACK")
			continue
		}
		ending.end(t, "COMMIT")
		want = append(want, ending.seq)
		if random.IntN(3) == 0 {
			w.recompute()
			if got := pgtest.Exec(t, w.url, "SELECT count(*) FROM punch WHERE NOT pending"); got != int64(len(want)) {
				t.Fatalf("%d taps are taken up of %d that are committed", got, len(want))
			}
		}
	}
	oldest.end(t, "COMMIT")
	if c := w.recompute(); c.Taps == 0 {
		t.Error("the tap of the oldest transaction was missed")
	}
	if got := pgtest.Exec(t, w.url, "SELECT count(*) FROM punch WHERE NOT pending"); got != int64(len(want)+1) {
		t.Errorf("%d taps are taken up of %d", got, len(want)+1)
	}
	if c := w.recompute(); c != (Changes{}) {
		t.Errorf("computing again changed %+v", c)
	}
}
