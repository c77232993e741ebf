package ingest

import (
	"testing"

	"pgregory.net/rapid"

	"tikklok/gateway/wire"
)

// However batches of one stream overlap, repeat and are grouped, every name
// becomes one row, and seen is what came (I1).
func TestEveryNameBecomesOneRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := streamKey{1, wire.Stream{Origin: 7, Epoch: 9}}
		from := gateway{id: 7, tenant: 1, site: 1}
		stored := &progress{}
		rows, came := map[int64]int{}, map[uint64]bool{}
		for range rapid.IntRange(1, 4).Draw(t, "groups") {
			p := &plan{streams: map[streamKey]*progress{key: {seen: stored.seen, highest: stored.highest}},
				readers: map[readerKey]int64{{originKey{1, 7}, "x"}: 3}, heard: map[heardKey]*heard{}}
			var group []*message
			for range rapid.IntRange(1, 4).Draw(t, "batches") {
				var all []wire.Tap
				for seq := rapid.Uint64Range(1, 20).Draw(t, "seq"); len(all) < 8; seq += rapid.Uint64Range(1, 3).Draw(t, "step") {
					all = append(all, taps(seq, 1, "x")...)
					came[seq] = true
				}
				group = append(group, sent(from, batch(log(key.Stream, all))))
			}
			p.addAll(group)
			for _, seq := range p.rows.seq {
				rows[seq]++
			}
			if len(p.conflicts) > 0 {
				t.Fatalf("conflicts %v", p.conflicts)
			}
			stored = p.streams[key]
		}
		for seq := range uint64(60) {
			if wire.HasSeq(stored.seen, seq) != came[seq] || (rows[int64(seq)] == 1) != came[seq] || rows[int64(seq)] > 1 {
				t.Fatalf("seq %d: came %v, seen %v, %d rows", seq, came[seq], stored.seen, rows[int64(seq)])
			}
		}
	})
}
