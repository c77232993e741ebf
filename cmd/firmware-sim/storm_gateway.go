package main

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"tikklok/gateway/wire"
)

// How a gateway talks: as gateway/uplink does.
const (
	stormBatch     = 200 // taps
	stormWindow    = 4   // batches unanswered, one of them for live taps
	stormFlush     = 2 * time.Second
	stormAnswer    = 30 * time.Second
	stormRetry     = time.Second
	stormRetryMost = 5 * time.Minute
	stormFobs      = 10 // of each gateway's people
)

// stormTap is the truth about one tap; its seq is its place in the list.
type stormTap struct {
	at      int64 // Unix ms
	live    bool  // made after the outage
	joined  bool  // made while its gateway was connected
	arrived int64 // Unix ms of the receipt that says committed; 0: none yet
}

// stormGateway is one gateway that comes back with a backlog. All but its
// taps' truth, which is read when it is done, belongs to its goroutine.
type stormGateway struct {
	id      uint32
	address string
	tls     *tls.Config
	random  *rand.Rand
	tally   *stormTally

	stream  wire.Stream
	booted  int64 // Unix ms
	taps    []stormTap
	moments []time.Time // of live taps to come
	started bool        // the server knows how the epoch began
	joined  time.Time   // when this connection was there; zero: there is none

	backlog, live []uint64 // seqs to be sent
	flights       map[uint32]*stormFlight
	greeted       bool
	next          time.Time     // no backlog before
	every         time.Duration // as the server asked
}

type stormFlight struct {
	seqs    []uint64
	payload []byte
	tries   int
	due     time.Time
}

// outage makes the backlog: taps of the last day, as the journal has them.
func (g *stormGateway) outage(backlog int, ended time.Time) {
	for g.stream.Epoch == 0 {
		g.stream = wire.Stream{Origin: uint64(g.id), Epoch: g.random.Uint64()}
	}
	day := (24 * time.Hour).Milliseconds()
	g.booted = ended.UnixMilli() - day
	for range backlog {
		g.taps = append(g.taps, stormTap{at: g.booted + g.random.Int64N(day)})
	}
	slices.SortFunc(g.taps, func(a, b stormTap) int { return int(a.at - b.at) })
}

// run connects, with full jitter between attempts, until all its taps are
// committed, and stays connected then until ctx ends.
func (g *stormGateway) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; failures++ {
		limit := min(stormRetry<<min(failures, 20), stormRetryMost)
		if !linger(ctx, time.Duration(g.random.Int64N(int64(limit)))) {
			return
		}
		answered, err := g.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if g.tally.fail(err); answered {
			failures = -1
		}
	}
}

func linger(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// session is one connection.
func (g *stormGateway) session(ctx context.Context) (answered bool, err error) {
	g.joined = time.Time{}
	g.tap(time.Now())
	g.land()
	g.tally.handshakes.Add(1)
	l, took, err := openLine(ctx, g.address, g.id, g.tls)
	g.tally.shook(took)
	if err != nil {
		return false, err
	}
	g.joined = time.Now()
	g.tally.connected.Add(1)
	defer g.tally.connected.Add(-1)
	heard, broken := make(chan packets.Packet, 16), make(chan error, 1)
	ctx, stop := context.WithCancel(ctx)
	go func() { broken <- overhear(ctx, l, heard) }()
	defer func() {
		stop()
		l.close()
		if e := <-broken; err == nil {
			err = e
		}
	}()
	state := wire.State{Online: true, Software: "storm", Clock: "disciplined", Unsent: uint64(len(g.backlog)),
		Readers: []wire.ReaderState{{Name: "deur", Protocol: "em4100", Health: "ok"}}}
	if err := l.publish("state", state.Encode(), true); err != nil {
		return false, err
	}
	return g.serve(ctx, l, heard, broken)
}

func overhear(ctx context.Context, l *line, heard chan<- packets.Packet) error {
	for {
		p, err := l.read()
		if err != nil {
			return err
		}
		select {
		case heard <- p:
		case <-ctx.Done():
			return nil
		}
	}
}

func (g *stormGateway) serve(ctx context.Context, l *line, heard <-chan packets.Packet, broken chan error) (answered bool, err error) {
	wake := time.NewTimer(0)
	defer wake.Stop()
	for {
		now := time.Now()
		g.tap(now)
		if err := g.send(l, now); err != nil {
			return answered, err
		}
		wake.Reset(g.rest(now))
		select {
		case <-ctx.Done():
			return answered, nil
		case err := <-broken:
			broken <- err
			return answered, errors.Join(errors.New("connection lost"), err)
		case p := <-heard:
			got, err := g.hear(l, p)
			if answered = answered || got; err != nil {
				return answered, err
			}
		case <-wake.C:
		}
	}
}

// tap makes the live taps whose moment has come.
func (g *stormGateway) tap(now time.Time) {
	for len(g.moments) > 0 && !g.moments[0].After(now) {
		at := g.moments[0]
		g.taps = append(g.taps, stormTap{at: at.UnixMilli(), live: true, joined: !g.joined.IsZero() && !at.Before(g.joined)})
		g.live = append(g.live, uint64(len(g.taps)))
		g.moments = g.moments[1:]
	}
}

// land makes everything that isn't committed backlog, as Journal.SplitLive
// does: a new attempt to connect begins.
func (g *stormGateway) land() {
	g.backlog, g.live, g.flights, g.greeted, g.every = g.backlog[:0], nil, map[uint32]*stormFlight{}, false, 0
	for i := range g.taps {
		if g.taps[i].arrived == 0 {
			g.backlog = append(g.backlog, uint64(i+1))
		}
	}
}

// send sends what is due, again or for the first time: live taps first.
func (g *stormGateway) send(l *line, now time.Time) error {
	for _, f := range g.flights {
		if now.After(f.due) {
			g.tally.resent.Add(1)
			if err := g.publish(l, f, now); err != nil {
				return err
			}
		}
	}
	for len(g.flights) < stormWindow {
		f := g.takeNext(now)
		if f == nil {
			return nil
		}
		g.flights[wire.Checksum(f.payload)] = f
		if err := g.publish(l, f, now); err != nil {
			return err
		}
	}
	return nil
}

func (g *stormGateway) takeNext(now time.Time) *stormFlight {
	switch {
	case len(g.live) > 0 && now.UnixMilli()-g.taps[g.live[0]-1].at >= stormFlush.Milliseconds():
		return g.take(&g.live, now)
	case len(g.backlog) > 0 && len(g.flights) < stormWindow-1 && !now.Before(g.next):
		if g.every > 0 {
			g.next = now.Add(g.turn())
		}
		return g.take(&g.backlog, now)
	}
	return nil
}

func (g *stormGateway) turn() time.Duration {
	return g.every + time.Duration(g.random.Int64N(int64(g.every)/2+1))
}

// take makes a batch of the first of some seqs.
func (g *stormGateway) take(from *[]uint64, now time.Time) *stormFlight {
	n := min(len(*from), stormBatch)
	f := &stormFlight{seqs: slices.Clone((*from)[:n])}
	*from = (*from)[n:]
	b := wire.Log{Stream: g.stream, Highest: uint64(len(g.taps)), KeyVersion: 1}
	if !g.started {
		b.Start = &wire.Start{TolerancePPM: 50}
	}
	for _, seq := range f.seqs {
		t := g.taps[seq-1]
		b.Taps = append(b.Taps, wire.Tap{Seq: seq, Tick: uint64(t.at - g.booted), Wall: t.at, Reader: "deur", Token: g.token(seq)})
	}
	b.Pairs = []wire.Pair{{Tick: uint64(now.UnixMilli() - g.booted), Instant: now.UnixMilli(), Bound: 20, Source: wire.SourceDisciplined}}
	f.payload = wire.Batch{Logs: []wire.Log{b}}.Encode()
	return f
}

// token gives the fob of a tap: one of some that are this gateway's people's.
func (g *stormGateway) token(seq uint64) (t wire.Token) {
	binary.BigEndian.PutUint32(t[:], g.id)
	binary.BigEndian.PutUint32(t[4:], uint32(seq*2654435761%stormFobs))
	return t
}

func (g *stormGateway) publish(l *line, f *stormFlight, now time.Time) error {
	f.due = now.Add(stormAnswer<<min(f.tries, 4) + time.Duration(g.random.Int64N(int64(stormAnswer))))
	f.tries++
	g.tally.batches.Add(1)
	return l.publish("up", f.payload, false)
}

// hear takes in what the server sent, and says whether that was an answer.
func (g *stormGateway) hear(l *line, p packets.Packet) (answered bool, err error) {
	if p.FixedHeader.Type != packets.Publish {
		return false, nil
	}
	if p.FixedHeader.Qos > 0 {
		if err := l.acknowledge(p.PacketID); err != nil {
			return false, err
		}
	}
	d, err := wire.DecodeDown(p.Payload)
	if err != nil || d.Receipt == nil || len(d.Receipt.Batches) == 0 {
		return false, err
	}
	now := time.Now()
	g.pace(d.Receipt, now)
	for _, sum := range d.Receipt.Batches {
		g.answered(sum, d.Receipt, now)
	}
	return true, nil
}

func (g *stormGateway) pace(r *wire.Receipt, now time.Time) {
	g.every, g.next = time.Duration(r.Pace)*time.Millisecond, now
	if g.every > 0 {
		g.tally.pace(g.every)
		g.next = now.Add(g.turn())
	}
}

func (g *stormGateway) answered(sum uint32, r *wire.Receipt, now time.Time) {
	f := g.flights[sum]
	if f == nil {
		return
	}
	delete(g.flights, sum)
	g.started = true
	for _, m := range r.Marks {
		if m.Stream != g.stream {
			continue
		}
		for _, seq := range f.seqs {
			t := &g.taps[seq-1]
			if wire.HasSeq(m.Committed, seq) && t.arrived == 0 {
				t.arrived = now.UnixMilli()
				g.tally.commit(*t)
			}
		}
	}
	for _, seq := range f.seqs { // answered, but not stored: never to be forgotten
		if g.taps[seq-1].arrived == 0 {
			g.backlog = append(g.backlog, seq)
		}
	}
	slices.Sort(g.backlog)
}

// rest is how long nothing has to be done.
func (g *stormGateway) rest(now time.Time) time.Duration {
	wait := time.Minute
	soon := func(t time.Time) { wait = max(0, min(wait, t.Sub(now))) }
	if len(g.moments) > 0 {
		soon(g.moments[0])
	}
	if len(g.live) > 0 && len(g.flights) < stormWindow {
		soon(time.UnixMilli(g.taps[g.live[0]-1].at).Add(stormFlush))
	}
	if len(g.backlog) > 0 && len(g.flights) < stormWindow-1 {
		soon(g.next)
	}
	for _, f := range g.flights {
		soon(f.due)
	}
	return wait + time.Millisecond
}
