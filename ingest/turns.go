package ingest

import (
	"context"
	"net"
)

// turned is a connection that shakes hands in turns. It takes one of the
// places once it has said something, so that who says nothing holds nobody up,
// and computes only when it has one of the few turns, which it lets go while it
// waits for the network: so handshakes never take all cores from taps. A turn
// is awaited without end, as all who have one only compute.
type turned struct {
	net.Conn
	ctx           context.Context // of the handshake
	places, turns chan struct{}

	placed, turn bool // it has one
	shook        bool // it needs none any more
}

func (c *turned) Read(b []byte) (int, error) {
	if c.shook {
		return c.Conn.Read(b)
	}
	c.rest()
	n, err := c.Conn.Read(b)
	if err != nil {
		return n, err
	}
	if !c.placed {
		select {
		case c.places <- struct{}{}:
			c.placed = true
		case <-c.ctx.Done():
			return 0, c.ctx.Err()
		}
	}
	c.turns <- struct{}{}
	c.turn = true
	return n, nil
}

func (c *turned) rest() {
	if c.turn {
		<-c.turns
		c.turn = false
	}
}

// leave ends the handshake, however it went.
func (c *turned) leave() {
	c.rest()
	if c.placed {
		<-c.places
	}
	c.placed, c.shook = false, true
}
