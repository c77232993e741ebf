package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

// authorise gives the messages whose streams their gateway may submit: its own,
// those of its site's readers, which are bound at first sight (I1), and what it
// holds of a stream that was taken from it before its reader was moved.
func (c *committer) authorise(ctx context.Context, tx pg.Tx, group []*message) ([]*message, map[originKey]int64, error) {
	if err := place(ctx, tx, group); err != nil {
		return nil, nil, err
	}
	wanted := map[originKey]int64{}
	for _, m := range group {
		for s := range m.streams() {
			if s.Origin < wire.FirstReader && s.Origin != uint64(m.from.id) {
				m.fault = fmt.Sprintf("origin %x is another gateway's", s.Origin)
			}
		}
		if m.fault != "" {
			continue
		}
		for s := range m.streams() {
			if k := (originKey{m.from.tenant, s.Origin}); s.Origin >= wire.FirstReader && wanted[k] == 0 {
				wanted[k] = m.from.site
			}
		}
	}
	sites, err := bind(ctx, tx, wanted)
	if err != nil {
		return nil, nil, err
	}
	taken, err := takenBefore(ctx, tx, group, sites)
	if err != nil {
		return nil, nil, err
	}
	var good []*message
	for _, m := range group {
		for s := range m.streams() {
			if m.fault == "" && m.elsewhere(s, sites) && !taken[heardKey{streamKey{m.from.tenant, s}, m.from.id}] {
				m.fault = fmt.Sprintf("origin %x is bound to another site; move the reader there first", s.Origin)
			}
		}
		if m.fault == "" {
			sites[originKey{m.from.tenant, uint64(m.from.id)}] = m.from.site
			good = append(good, m)
		}
	}
	return good, sites, nil
}

// place puts the gateways of messages with streams of readers where they hang
// now: what was looked up when a message came may be a round old.
func place(ctx context.Context, tx pg.Tx, group []*message) error {
	var found []*message
	for _, m := range group {
		for s := range m.streams() {
			if s.Origin >= wire.FirstReader {
				found = append(found, m)
				break
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	sites, err := querySites(ctx, tx, found)
	for _, m := range found {
		if site, ok := sites[m.from.id]; ok {
			m.from.site = site
		}
	}
	return err
}

func bind(ctx context.Context, tx pg.Tx, wanted map[originKey]int64) (map[originKey]int64, error) {
	if len(wanted) == 0 {
		return map[originKey]int64{}, nil
	}
	keys := slices.SortedFunc(maps.Keys(wanted), func(a, b originKey) int {
		return compareReaders(readerKey{originKey: a}, readerKey{originKey: b})
	})
	return bindOrigins(ctx, tx, keys, wanted)
}

// takenBefore gives those streams of readers now bound elsewhere that were
// taken from the same gateway before.
func takenBefore(ctx context.Context, tx pg.Tx, group []*message, sites map[originKey]int64) (map[heardKey]bool, error) {
	taken := map[heardKey]bool{}
	for _, m := range group {
		for s := range m.streams() {
			if m.fault == "" && m.elsewhere(s, sites) {
				taken[heardKey{streamKey{m.from.tenant, s}, m.from.id}] = false
			}
		}
	}
	if len(taken) == 0 {
		return taken, nil
	}
	return taken, queryTaken(ctx, tx, taken)
}

// elsewhere says whether a stream is of a reader bound to another site.
func (m *message) elsewhere(s wire.Stream, sites map[originKey]int64) bool {
	return s.Origin >= wire.FirstReader && sites[originKey{m.from.tenant, s.Origin}] != m.from.site
}
