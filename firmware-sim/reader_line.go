package sim

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"tikklok/gateway/wire"
)

// readerLine is the way to one gateway. What is said waits in it until the port
// took it, so that a slow line holds up nobody who taps.
type readerLine struct {
	port *Port
	news chan struct{}

	mu    sync.Mutex
	queue [][]byte // frames
}

// say queues messages behind what waits.
func (l *readerLine) say(ms ...wire.LinkMessage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range ms {
		l.queue = append(l.queue, wire.AppendLink(nil, m))
	}
	l.wake()
}

// first queues a live tap before what waits: somebody stands there.
func (l *readerLine) first(m wire.LinkMessage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = slices.Insert(l.queue, 0, wire.AppendLink(nil, m))
	l.wake()
}

// cut drops what waits, but for half a frame: the power is gone.
func (l *readerLine) cut() {
	l.mu.Lock()
	l.queue = l.queue[:min(1, len(l.queue))]
	l.mu.Unlock()
	l.tear()
}

// tear leaves half of the last frame that waits.
func (l *readerLine) tear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := len(l.queue) - 1; last >= 0 {
		l.queue[last] = l.queue[last][:len(l.queue[last])/2]
	}
}

func (l *readerLine) wake() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// next takes the first frame; nil: none waits.
func (l *readerLine) next() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil
	}
	frame := l.queue[0]
	l.queue = l.queue[1:]
	return frame
}

// run sends until ctx ends.
func (l *readerLine) run(ctx context.Context) {
	for {
		for frame := l.next(); frame != nil && ctx.Err() == nil; frame = l.next() {
			l.port.Send(frame)
		}
		select {
		case <-ctx.Done():
			return
		case <-l.news:
		}
	}
}

// Run speaks with a gateway over a port until ctx ends. A port that vanishes is
// waited for. It may run several times at once: as many gateways hear the
// reader, and each gets its live taps.
func (r *Reader) Run(ctx context.Context, port *Port) error {
	l := &readerLine{port: port, news: make(chan struct{}, 1)}
	ctx, stop := context.WithCancel(ctx)
	var sender sync.WaitGroup
	sender.Go(func() { l.run(ctx) })
	defer sender.Wait()
	defer stop()
	r.join(l)
	defer r.leave(l)
	var decoder wire.LinkDecoder
	buffer := make([]byte, 4096)
	for ctx.Err() == nil {
		ms := decoder.Decode(port.Receive(buffer))
		if err := r.take(l, ms); err != nil {
			return fmt.Errorf("reader %x: %w", r.config.Origin, err)
		}
	}
	return nil
}

func (r *Reader) join(l *readerLine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, l)
	r.hello(l)
}

func (r *Reader) leave(l *readerLine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = slices.DeleteFunc(r.lines, func(other *readerLine) bool { return other == l })
}

// take carries out what a gateway says, and shows green where none says
// anything in time.
func (r *Reader) take(l *readerLine, ms []wire.LinkMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.config.Clock()
	if r.flat(now) {
		return nil
	}
	for _, m := range ms {
		if err := r.message(l, m); err != nil {
			return err
		}
	}
	if r.dirty {
		if err := r.save(); err != nil {
			return err
		}
	}
	for name, until := range r.waiting {
		if now.After(until) {
			delete(r.waiting, name)
			r.show(name, wire.Green)
		}
	}
	return nil
}

func (r *Reader) message(l *readerLine, m wire.LinkMessage) error {
	switch m := m.(type) {
	case wire.LinkWho:
		r.hello(l)
	case wire.LinkBind:
		if r.memory.Owner == 0 {
			r.memory.Owner = m.Owner
		}
		r.hello(l)
		return r.save()
	case wire.LinkPing:
		r.pong(l, m.Nonce)
	case wire.LinkTime:
		return r.time(l, m)
	case wire.LinkSend:
		return r.upload(l, m)
	case wire.LinkAck:
		r.memory.mark(wire.LinkSpan(m), func(t *kept) { t.Acked = true })
		r.dirty = true
	case wire.LinkSafe:
		r.memory.mark(wire.LinkSpan(m), func(t *kept) { t.Acked, t.Safe = true, true })
		r.dirty = true
	case wire.LinkFeedback:
		name := wire.Name{Stream: wire.Stream{Origin: r.config.Origin, Epoch: m.Epoch}, Seq: m.Seq}
		if _, ok := r.waiting[name]; ok {
			delete(r.waiting, name)
			r.show(name, m.Colour)
		}
	}
	return nil
}

func (r *Reader) hello(l *readerLine) {
	at := r.config.Clock()
	if r.flat(at) {
		return
	}
	all, _ := r.memory.stored()
	current := r.memory.current()
	l.say(wire.LinkHello{
		Version: wire.LinkVersion, Origin: r.config.Origin, Owner: r.memory.Owner,
		Capacity: uint32(r.config.Capacity), Stored: uint32(all), BatteryPercent: r.battery(at),
		TolerancePPM: r.config.TolerancePPM, Current: current.start(), Firmware: r.config.Firmware,
	})
	for _, e := range r.memory.Epochs {
		if e != current {
			l.say(e.start())
		}
	}
}

func (r *Reader) pong(l *readerLine, nonce uint16) {
	at := r.config.Clock()
	all, unacknowledged := r.memory.stored()
	e := r.memory.current()
	l.say(wire.LinkPong{
		Nonce: nonce, Epoch: e.Epoch, Tick: r.tick(at), Highest: e.Highest,
		Unacknowledged: uint32(unacknowledged), Stored: uint32(all), BatteryPercent: r.battery(at),
	})
}

// time keeps a pair of the current epoch; one for an older run is too late.
func (r *Reader) time(l *readerLine, m wire.LinkTime) error {
	e := r.memory.current()
	if m.Epoch != e.Epoch {
		return nil
	}
	e.pair(m.Pair)
	if err := r.save(); err != nil {
		return err
	}
	l.say(wire.LinkPair(m))
	return nil
}

// upload answers SEND, and fails in the middle where it is to.
func (r *Reader) upload(l *readerLine, m wire.LinkSend) error {
	answer := r.memory.answer(m)
	if r.faults.RestartAfter == 0 {
		l.say(answer...)
		return nil
	}
	for i, part := range answer {
		if _, tap := part.(wire.LinkTap); !tap {
			continue
		}
		if r.faults.RestartAfter--; r.faults.RestartAfter == 0 {
			l.say(answer[:i+1]...)
			l.tear()
			return r.restart(r.config.Clock())
		}
	}
	l.say(answer...)
	return nil
}
