package ingest

import (
	"net"
	"net/netip"
	"sync"
)

// How many strangers are heard at once.
const (
	// strangers of one address that have not shown who they are: many, since
	// the gateways of a whole mobile network may come from one.
	strangers = 4096
	enrolling = 64 // that speak of codes
	enrolOne  = 8  // of these, of one address
)

// crowd counts who is here, by address and all together.
type crowd struct {
	each, all int // at most; all 0: no limit

	mu    sync.Mutex
	total int
	by    map[netip.Prefix]int
}

func newCrowd(each, all int) *crowd { return &crowd{each: each, all: all, by: map[netip.Prefix]int{}} }

// enter says whether there is room; who entered leaves. This machine's own
// address is of a proxy, or of tests, and counts for all only.
func (c *crowd) enter(from net.Addr) bool {
	key := network(from)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all > 0 && c.total >= c.all || c.by[key] >= c.each && !key.Addr().IsLoopback() {
		return false
	}
	c.total++
	c.by[key]++
	return true
}

func (c *crowd) leave(from net.Addr) {
	key := network(from)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.by[key]--; c.by[key] <= 0 {
		delete(c.by, key)
	}
}
