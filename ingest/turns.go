package ingest

import "net"

// turned is a connection that computes its handshake only when it has one of a
// few turns, and lets it go while it waits for the network: so handshakes
// never take all cores from taps, and a slow line holds nobody up. A turn is
// awaited without end, as all who have one only compute.
type turned struct {
	net.Conn
	turns chan struct{}
	shook bool // it needs no turns any more
}

func (c *turned) take() { c.turns <- struct{}{} }
func (c *turned) give() { <-c.turns }

func (c *turned) Read(b []byte) (int, error) {
	if c.shook {
		return c.Conn.Read(b)
	}
	c.give()
	n, err := c.Conn.Read(b)
	c.take()
	return n, err
}
