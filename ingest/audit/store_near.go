package audit

import (
	"context"
	"time"

	"tikklok/ingest/pg"
)

// nearby is how many links before and behind an entry are walked with it.
const nearby = 500

// CheckNear is Check for who waits for an answer about one entry, by its place
// in the chain (0: none): it goes along what was linked since the whole log was
// last verified, and the links around the entry. It gives when that was, and
// what was found then if that was a break; zero: never yet, and so the whole
// log was walked. What was altered since in the rest of the log it doesn't see.
func CheckNear(ctx context.Context, tx pg.Tx, seq int64) (r Report, whole time.Time, err error) {
	s, err := StateOf(ctx, tx)
	if err != nil || len(s.Found.Breaks) > 0 {
		return s.Found, s.Checked, err
	}
	if s.Found.Seq == 0 || s.Found.Hash == (Hash{}) {
		r, err = Check(ctx, tx)
		return r, time.Time{}, err
	}
	at, _, err := readEnd(ctx, tx)
	if err != nil {
		return r, s.Checked, err
	}
	c := checking{in: func(fn func(pg.Tx) error) error { return fn(tx) }}
	w := walk{Report: Report{Chain: at.chain, Seq: s.Found.Seq, Hash: s.Found.Hash}, sound: Mark{Seq: s.Found.Seq}}
	if err := c.along(ctx, &w, at); err != nil || seq == 0 || len(w.Breaks) > 0 {
		return w.Report, s.Checked, err
	}
	r, err = around(ctx, tx, seq, at)
	return r, s.Checked, err
}

// around walks the links around one. Whether what is gone of them was recorded
// it leaves to who walks them all.
func around(ctx context.Context, tx pg.Tx, seq int64, at end) (Report, error) {
	from, to := max(seq-nearby, 1), min(seq+nearby, at.seq)
	w := walk{Report: Report{Chain: at.chain}}
	var view window
	if from > 1 { // the link that it is walked on from
		if err := view.read(ctx, tx, from-1, from-1, 1); err != nil {
			return w.Report, err
		}
		w.Seq = from - 2
		for _, l := range view.links {
			w.Seq, w.Hash = l.seq, l.hash
		}
	}
	if err := view.read(ctx, tx, from, to, 2*nearby+1); err != nil {
		return w.Report, err
	}
	err := w.steps(view.links, nil)
	if err == nil && w.Seq < to {
		w.fault(Missing, w.Seq+1, to)
	}
	return w.Report, err
}
