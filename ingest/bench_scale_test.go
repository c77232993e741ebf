package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"
)

// BenchmarkLiveTaps measures what people's own taps cost: a batch holds one, and
// no two of a group are of the same stream.
func BenchmarkLiveTaps(b *testing.B) {
	const gateways, each = 8192, 8
	var rates []float64
	for range benchRounds {
		w := benchWorld(b)
		all := make([][]*message, gateways)
		for i, g := range w.addGateways(gateways, gateways/2) {
			for j := range each {
				all[i] = append(all[i], sent(g, batch(log(streamOf(g, uint64(i+1)<<40), benchTaps(j, 1)))))
			}
		}
		commit := newCommitter(w.db, slog.New(slog.DiscardHandler), 1)
		rates = append(rates, w.rate(gateways*each, 2, func(i int) error {
			k := &worker{queue: newQueue(&Live{}), commit: commit, log: slog.New(slog.DiscardHandler)}
			for _, group := range turns(all[i*gateways/2 : (i+1)*gateways/2]) {
				for from := 0; from < len(group); from += groupMessages {
					if err := k.settle(context.Background(), group[from:min(from+groupMessages, len(group))], receipts{}); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
	fmt.Printf("bench ingest_sql_live value=%.0f unit=taps/s reference=none goal=none\n", median(rates))
}

// BenchmarkRound measures a look at all gateways, made every ten seconds, when
// nothing changed: it bounds how many one group of ingest can look after.
func BenchmarkRound(b *testing.B) {
	const gateways = 20_000
	w := benchWorld(b)
	known := newGateways(w.db)
	now := time.Now()
	var ids []int64
	all := w.addGateways(gateways, gateways/2)
	for _, g := range all {
		ids = append(ids, int64(g.id))
	}
	w.exec("ANALYZE")
	if err := known.ask(b.Context(), ids); err != nil {
		b.Fatal(err)
	}
	r := &rounds{db: w.db, gateways: known, way: &broker{}, send: func(string, []byte, byte) {}, trouble: func() string { return "" },
		log: slog.New(slog.DiscardHandler), asks: newAsks(time.Minute), told: map[uint32]uint64{}}
	var took []float64
	for i := range benchRounds + 1 {
		for _, g := range all {
			known.heard(g.id, time.Now())
		}
		from := time.Now()
		r.round(b.Context())
		if i > 0 { // the first tells everybody
			took = append(took, float64(time.Since(from).Microseconds())/1000)
		}
	}
	if len(known.present(now)) != gateways {
		b.Errorf("%d gateways are there", len(known.present(now)))
	}
	fmt.Printf("bench ingest_round value=%.0f unit=ms/20000_gateways reference=none goal=none\n", median(took))
}
