package ingest

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// How many wrong codes are heard. A code has 80 secret bits: this keeps logs
// and database quiet, guessing is hopeless anyway.
const (
	wrongBurst   = 10          // of one address
	wrongEvery   = time.Minute // one more of it
	wrongAllMost = 120         // of all together
	wrongAll     = time.Second // one more of all
	wrongKept    = 10_000      // addresses remembered
)

// attempts counts wrong codes, by address and all together, as buckets that
// empty with time. An IPv6 network of 64 bits counts as one address.
type attempts struct {
	mu  sync.Mutex
	all drip
	by  map[netip.Prefix]*drip
}

// drip is a bucket that leaks: each drop moves the instant on at which it is
// empty.
type drip struct{ empty time.Time }

func newAttempts() *attempts { return &attempts{by: map[netip.Prefix]*drip{}} }

// wait gives how long an address is not heard; 0: it is. Who has shown no wrong
// code lately is heard, however many others have.
func (a *attempts) wait(from net.Addr, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := a.by[network(from)]
	if b == nil || !b.empty.After(now) {
		return 0 // else a few networks of strangers could keep every device out
	}
	return max(a.all.over(now, wrongAll*wrongAllMost), b.over(now, wrongEvery*wrongBurst))
}

// count notes a wrong code.
func (a *attempts) count(from net.Addr, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all.drop(now, wrongAll)
	key := network(from)
	if a.by[key] == nil {
		a.forget(now)
		a.by[key] = &drip{}
	}
	a.by[key].drop(now, wrongEvery)
}

// forget bounds what strangers can make this process keep.
func (a *attempts) forget(now time.Time) {
	if len(a.by) < wrongKept {
		return
	}
	for key, b := range a.by {
		if !b.empty.After(now) {
			delete(a.by, key)
		}
	}
	if len(a.by) >= wrongKept {
		clear(a.by)
	}
}

func (b *drip) drop(now time.Time, each time.Duration) {
	if b.empty.Before(now) {
		b.empty = now
	}
	b.empty = b.empty.Add(each)
}

// over gives how long the bucket holds as much as its size, or more.
func (b *drip) over(now time.Time, size time.Duration) time.Duration {
	if held := b.empty.Sub(now); held > size-wrongAll {
		return held - size + wrongAll
	}
	return 0
}

// network gives what counts as one address.
func network(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap()
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, _ := ip.WithZone("").Prefix(bits)
	return p
}
