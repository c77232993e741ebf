package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// errCrowded is a batch's fault: see maxRanges.
var errCrowded = errors.New("the stream's names have too many gaps between them")

// errReaders is a batch's fault: see maxReaders.
var errReaders = fmt.Errorf("the gateway names more than %d readers", maxReaders)

// maxReaders bounds the readers without memory of one gateway, ever.
const maxReaders = 256

// errBusy: rows that this process knew are gone; the next try makes them anew.
var errBusy = errors.New("a stream's row vanished; trying again")

// committer stores groups of messages. What it remembers spares look-ups and
// was committed before it was remembered.
type committer struct {
	db         *pg.DB
	log        *slog.Logger
	safeCopies int

	mu      sync.Mutex
	streams map[streamKey]struct{} // that have a row
	readers map[readerKey]int64
}

func newCommitter(db *pg.DB, log *slog.Logger, safeCopies int) *committer {
	return &committer{db: db, log: log, safeCopies: safeCopies,
		streams: map[streamKey]struct{}{}, readers: map[readerKey]int64{}}
}

// maxRemembered bounds both maps.
const maxRemembered = 200_000

// outcome is what a commit did; it is empty unless the commit succeeded.
type outcome struct {
	marks map[streamKey]wire.Mark // read under the lock (I2)
	fresh int                     // new registrations
}

// commit stores a group in one transaction, all of it or nothing. Messages
// whose gateway has no right to an origin get a fault and are left out.
func (c *committer) commit(ctx context.Context, group []*message) (outcome, error) {
	var out outcome
	var p *plan
	var keys []streamKey
	tenants := tenantsOf(group)
	err := c.db.InTenants(ctx, tenants, func(tx pg.Tx) error {
		good, sites, err := c.authorise(ctx, tx, group)
		if err != nil || len(good) == 0 {
			return err
		}
		if p, keys, err = c.prepare(ctx, tx, good, sites); err != nil {
			return err
		}
		p.addAll(good)
		if _, ok := p.crowded(); ok {
			return errCrowded
		}
		if err := c.settleConflicts(ctx, tx, p); err != nil {
			return err
		}
		if err := c.settleTwins(ctx, tx, good); err != nil {
			return err
		}
		if err := p.write(ctx, tx, keys, tenants); err != nil {
			return err
		}
		out.marks = make(map[streamKey]wire.Mark, len(keys))
		for _, k := range keys {
			out.marks[k] = p.mark(k, c.safeCopies)
		}
		out.fresh = len(p.rows.seq)
		return nil
	})
	if err != nil {
		c.forget()
		return outcome{}, err
	}
	if p != nil {
		c.remember(keys, p.readers)
	}
	return out, nil
}

func tenantsOf(group []*message) []int64 {
	var tenants []int64
	for _, m := range group {
		tenants = append(tenants, m.from.tenant)
	}
	slices.Sort(tenants)
	return slices.Compact(tenants)
}

// streams yields every stream that a message speaks of.
func (m *message) streams() func(func(wire.Stream) bool) {
	return func(yield func(wire.Stream) bool) {
		for i := range m.batch.Logs {
			if !yield(m.batch.Logs[i].Stream) {
				return
			}
		}
		for i := range m.batch.Missing {
			if !yield(m.batch.Missing[i].Stream) {
				return
			}
		}
	}
}

// prepare locks the group's streams in sorted order, making the rows of new
// ones first, and finds its readers (I1).
func (c *committer) prepare(ctx context.Context, tx pg.Tx, group []*message, sites map[originKey]int64) (*plan, []streamKey, error) {
	own, asked := streamsOf(group)
	if unknown := c.unknown(own); len(unknown) > 0 {
		if err := insertStreams(ctx, tx, unknown); err != nil {
			return nil, nil, err
		}
	}
	keys := slices.Concat(own, asked)
	slices.SortFunc(keys, compareStreams)
	keys = slices.Compact(keys)
	streams, err := lockStreams(ctx, tx, keys)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range own {
		if streams[k] == nil {
			return nil, nil, errBusy
		}
	}
	keys = slices.DeleteFunc(keys, func(k streamKey) bool { return streams[k] == nil })
	readers, err := c.readersOf(ctx, tx, group, sites)
	return &plan{streams: streams, readers: readers, heard: map[heardKey]*heard{}}, keys, err
}

// streamsOf gives the streams that need a row (of the logs, and what they name
// as predecessors), sorted, and those that a gateway says it lacks.
func streamsOf(group []*message) (own, asked []streamKey) {
	for _, m := range group {
		for i := range m.batch.Logs {
			l := &m.batch.Logs[i]
			own = append(own, streamKey{m.from.tenant, l.Stream})
			if before, ok := predecessor(m.from.tenant, l); ok {
				own = append(own, before)
			}
		}
		for _, s := range m.batch.Missing {
			asked = append(asked, streamKey{m.from.tenant, s.Stream})
		}
	}
	slices.SortFunc(own, compareStreams)
	return slices.Compact(own), asked
}

// readersOf gives the ids of all readers that the group's taps came from.
func (c *committer) readersOf(ctx context.Context, tx pg.Tx, group []*message, sites map[originKey]int64) (map[readerKey]int64, error) {
	readers := map[readerKey]int64{}
	for _, m := range group {
		for i := range m.batch.Logs {
			l := &m.batch.Logs[i]
			last := ""
			for j := range l.Taps {
				if name := l.Taps[j].Reader; j == 0 || name != last {
					readers[readerKey{originKey{m.from.tenant, l.Origin}, name}] = 0
					last = name
				}
			}
		}
	}
	missing := c.knownReaders(readers)
	if len(missing) == 0 {
		return readers, nil
	}
	slices.SortFunc(missing, compareReaders)
	found, err := findReaders(ctx, tx, missing, sites)
	if err != nil {
		return nil, err
	}
	maps.Copy(readers, found)
	return readers, nil
}

// settleConflicts keeps taps whose name stands with other content, and tells
// the tenant: never dropped, never paid (I1).
func (c *committer) settleConflicts(ctx context.Context, tx pg.Tx, p *plan) error {
	different, err := differing(ctx, tx, p.repeats)
	if err != nil {
		return err
	}
	all := slices.Concat(p.conflicts, different)
	slices.SortStableFunc(all, func(a, b claim) int { return compareStreams(a.streamKey, b.streamKey) })
	if len(all) == 0 {
		return nil
	}
	disputes, err := insertConflicts(ctx, tx, all)
	if err != nil {
		return err
	}
	for _, d := range disputes {
		c.log.Error("the same names came with other content", "tenant", d.tenant, "stream", d.Stream.String(), "seq", d.seq, "names", d.names, "gateway", d.gateway)
		if err := nameTenant(ctx, tx, d.tenant); err != nil {
			return err
		}
		err = audit.Append(ctx, tx, audit.Entry{
			Action: "name_conflict.found", SubjectKind: "name_conflict", SubjectID: d.first,
			By:      audit.Actor{Kind: audit.Gateway, ID: int64(d.gateway)},
			Payload: map[string]any{"stream": d.Stream.String(), "seq": d.seq, "names": d.names},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// What one gateway may have in quarantine, until somebody settles it.
const (
	quarantineBatches = 1000
	quarantineBytes   = 32 << 20
	quarantineFull    = "; and this gateway's quarantine is full: settle what is in it"
)

// quarantine keeps a faulty message byte for byte, in its own transaction.
// Where its gateway's room is full, only the gateway keeps it, and is told so.
func (c *committer) quarantine(ctx context.Context, m *message) error {
	return c.db.InTenants(ctx, []int64{m.from.tenant}, func(tx pg.Tx) error {
		id, news, err := insertQuarantine(ctx, tx, m)
		if err != nil {
			return err
		}
		if !news {
			kept, err := quarantined(ctx, tx, m)
			if err == nil && !kept {
				m.fault += quarantineFull
			}
			return err
		}
		c.log.Error("a batch went to quarantine", "tenant", m.from.tenant, "gateway", m.from.id, "crc", m.crc, "reason", m.fault)
		if err := nameTenant(ctx, tx, m.from.tenant); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{
			Action: "batch.quarantine", SubjectKind: "quarantine", SubjectID: id,
			By:      audit.Actor{Kind: audit.Gateway, ID: int64(m.from.id)},
			Payload: map[string]any{"crc": m.crc, "reason": m.fault},
		})
	})
}

// unknown gives those keys that may have no row yet, in their order.
func (c *committer) unknown(keys []streamKey) []streamKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	var unknown []streamKey
	for _, k := range keys {
		if _, ok := c.streams[k]; !ok {
			unknown = append(unknown, k)
		}
	}
	return unknown
}

// knownReaders fills in what is remembered and gives the rest.
func (c *committer) knownReaders(readers map[readerKey]int64) (missing []readerKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range readers {
		if id, ok := c.readers[k]; ok {
			readers[k] = id
		} else {
			missing = append(missing, k)
		}
	}
	return missing
}

// remember is called after the commit only: what is remembered is durable.
func (c *committer) remember(keys []streamKey, readers map[readerKey]int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.streams) > maxRemembered {
		clear(c.streams)
	}
	if len(c.readers) > maxRemembered {
		clear(c.readers)
	}
	for _, k := range keys {
		c.streams[k] = struct{}{}
	}
	maps.Copy(c.readers, readers)
}

// forget drops what is remembered after a failure, in case it was why.
func (c *committer) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.streams)
	clear(c.readers)
}
