package ingest

import (
	"fmt"
	"strings"
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// connections holds the one connection of each gateway that stands, with its
// last will. Both are kept here and not with the broker library, to which each
// connection is a client of its own. Left to the library, a connection that
// takes the place of another may be forgotten when that one ends (its
// Clients.Delete goes by identifier: nothing sent to the gateway would arrive
// until it connects anew), and the will of the one that is replaced is
// published, which says "offline" of a gateway that is here.
type connections struct {
	mu   sync.Mutex
	of   map[uint32]connection
	made uint64
}

type connection struct {
	client *mqtt.Client
	will   mqtt.Will
}

func newConnections() *connections { return &connections{of: map[uint32]connection{}} }

// identifier names a new connection of a gateway to the library: "gateway#count".
func (c *connections) identifier(gateway uint32) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	return fmt.Sprintf("%d#%d", gateway, c.made)
}

// gatewayOf is the gateway that a connection was let in for; an error before
// it was.
func gatewayOf(cl *mqtt.Client) (uint32, error) {
	digits, _, _ := strings.Cut(cl.ID, "#")
	return parseGateway(digits)
}

// take makes this the connection of its gateway and gives the one before, nil
// where there is none; that one's will is forgotten.
func (c *connections) take(gateway uint32, cl *mqtt.Client) *mqtt.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.of[gateway].client
	c.of[gateway] = connection{cl, cl.Properties.Will}
	cl.Properties.Will = mqtt.Will{}
	return before
}

// leave forgets a connection and gives its will; Flag is 0 where there is none
// or another connection has taken its place.
func (c *connections) leave(gateway uint32, cl *mqtt.Client) mqtt.Will {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.of[gateway]
	if kept.client != cl {
		return mqtt.Will{}
	}
	delete(c.of, gateway)
	return kept.will
}

// OnSessionEstablish ends the gateway's connection before this one
// (MQTT-3.1.4-3). It comes before anybody else can reach the new one.
func (d *door) OnSessionEstablish(cl *mqtt.Client, _ packets.Packet) {
	gateway, err := gatewayOf(cl)
	if err != nil {
		return
	}
	if before := d.connections.take(gateway, cl); before != nil {
		_ = d.broker.server.DisconnectClient(before, packets.ErrSessionTakenOver) // it returns its own code
	}
}

// OnDisconnect publishes the will of a connection that ended without saying
// goodbye (err is nil where it did: MQTT-3.1.2-10).
func (d *door) OnDisconnect(cl *mqtt.Client, err error, _ bool) {
	gateway, unknown := gatewayOf(cl)
	if unknown != nil {
		return
	}
	last := d.connections.leave(gateway, cl)
	if err == nil || last.Flag == 0 {
		return
	}
	if err := d.broker.server.Publish(last.TopicName, last.Payload, last.Retain, last.Qos); err != nil {
		d.broker.log.Warn("a gateway's last will could not be published", "gateway", gateway, "error", err)
	}
}
