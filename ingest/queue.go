package ingest

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// What one lane and one group hold at most.
const (
	laneBytes     = 32 << 20
	laneMessages  = 8192
	groupTaps     = 10_000 // a commit waits for the disk once a group: 0.79 of COPY on one connection, 0.66 with 4096
	groupMessages = 2048
)

// liveTaps is how many taps a message may bring to count as live: what people
// tap within a second at the readers of one gateway is less, a piece of backlog
// mostly more. Time can't tell them apart: clocks may be wrong.
const liveTaps = 20

// patience is how long a sender's connection is held up when its lane is full,
// before its message is let go unanswered: its gateway sends it again.
const patience = 2 * time.Second

// queue holds messages between the broker and a committer: live ones never
// wait behind backlog. It is bounded, so that a database that is away costs no
// more memory than this.
type queue struct {
	live, backlog lane
	taps          atomic.Int64 // that wait in both
}

type lane struct {
	items chan *message
	room  *semaphore.Weighted
}

func newQueue() *queue { return &queue{live: newLane(), backlog: newLane()} }

func newLane() lane {
	return lane{make(chan *message, laneMessages), semaphore.NewWeighted(laneBytes)}
}

// laneOf keeps what can't be read out of the way of what can.
func (q *queue) laneOf(m *message) *lane {
	if m.taps <= liveTaps && m.fault == "" {
		return &q.live
	}
	return &q.backlog
}

// put waits for room; false says that there was none in time.
func (q *queue) put(ctx context.Context, m *message) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	l := q.laneOf(m)
	m.room = l.room
	if l.room.Acquire(ctx, m.size()) != nil {
		return false
	}
	q.taps.Add(int64(m.taps))
	select {
	case l.items <- m:
		return true
	case <-ctx.Done():
		q.taps.Add(-int64(m.taps))
		l.room.Release(m.size())
		return false
	}
}

// drain waits for a message and takes along whatever stands behind it, live
// ones first: the slower the commits, the bigger the groups, and no timer. A
// quarter of a group is kept for backlog, which is so never starved. nil: ctx
// ended.
func (q *queue) drain(ctx context.Context) []*message {
	var g group
	select {
	case m := <-q.live.items:
		g.add(m)
	case m := <-q.backlog.items:
		g.add(m)
	case <-ctx.Done():
		return nil
	}
	g.fill(q.live, groupTaps*3/4, groupMessages*3/4)
	g.fill(q.backlog, groupTaps, groupMessages)
	return g.messages
}

// group is what one transaction takes.
type group struct {
	messages []*message
	taps     int
}

func (g *group) add(m *message) {
	g.messages = append(g.messages, m)
	g.taps += m.taps
}

// fill takes what waits in a lane while the group has fewer taps and messages.
func (g *group) fill(l lane, taps, messages int) {
	for g.taps < taps && len(g.messages) < messages {
		select {
		case m := <-l.items:
			g.add(m)
		default:
			return
		}
	}
}

// done gives the room of a group back.
func (q *queue) done(group []*message) {
	for _, m := range group {
		q.taps.Add(-int64(m.taps))
		m.room.Release(m.size())
	}
}
