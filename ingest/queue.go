package ingest

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// What one queue and one group hold at most.
const (
	queueBytes    = 32 << 20
	queueMessages = 8192
	groupTaps     = 10_000 // a commit waits for the disk once a group: 0.79 of COPY on one connection, 0.66 with 4096
	groupMessages = 2048
)

// liveTaps is how many taps a message may bring to count as live: what people
// tap within seconds at the readers of one gateway is less, a piece of backlog
// mostly more. Time can't tell them apart: clocks may be wrong.
const liveTaps = 20

// patience is how long a sender's connection is held up when the queue is
// full, before its message is let go unanswered: its gateway sends it again.
const patience = 2 * time.Second

// queues keep live messages and backlog apart, each with committers of its
// own, so that a live tap waits neither behind backlog nor for the big group
// that commits it. Those of one site share a queue of either kind, so that
// committers seldom wait for each other's locks.
type queues struct{ live, backlog []*queue }

// of gives the queue of a message. What can't be read stays out of the way of
// what can.
func (q queues) of(m *message) *queue {
	kind := q.live
	if m.backlog {
		kind = q.backlog
	}
	return kind[uint64(m.from.site)%uint64(len(kind))]
}

// queue holds messages between the broker and a committer. It is bounded, so
// that a database that is away costs no more memory than this.
type queue struct {
	items chan *message
	room  *semaphore.Weighted
	taps  atomic.Int64 // that wait
	live  *Live        // where its messages count until they are answered
}

func newQueue(live *Live) *queue {
	return &queue{live: live, items: make(chan *message, queueMessages), room: semaphore.NewWeighted(queueBytes)}
}

// put waits for room; false says that there was none in time.
func (q *queue) put(ctx context.Context, m *message) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m.pack()
	q.live.waiting.Add(1)
	if q.room.Acquire(ctx, m.size()) != nil {
		q.live.waiting.Add(-1)
		return false
	}
	select {
	case q.items <- m:
		q.taps.Add(int64(m.taps))
		return true
	case <-ctx.Done():
		q.live.waiting.Add(-1)
		q.room.Release(m.size())
		return false
	}
}

// drain waits for a message and takes along whatever stands behind it: the
// slower the commits, the bigger the groups, and no timer. nil: ctx ended.
func (q *queue) drain(ctx context.Context) []*message {
	var group []*message
	defer func() { q.take(group) }()
	select {
	case m := <-q.items:
		group = append(group, m)
	case <-ctx.Done():
		return nil
	}
	for taps := group[0].taps; taps < groupTaps && len(group) < groupMessages; {
		select {
		case m := <-q.items:
			group = append(group, m)
			taps += m.taps
		default:
			return group
		}
	}
	return group
}

// take ends a group's waiting: its room is free, and it can be worked on.
func (q *queue) take(group []*message) {
	for _, m := range group {
		q.taps.Add(-int64(m.taps))
		q.room.Release(m.size())
		m.unpack()
	}
}
