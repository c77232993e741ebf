package ingest

import (
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// wills holds the last wills of the connections that stand, by client
// identifier. They are kept here and not with the broker library: it publishes
// the will of a connection that another of the same gateway replaces, which
// says "offline" of a gateway that is here, and it can't be told otherwise
// without racing with its own reading of it.
type wills struct {
	mu sync.Mutex
	of map[string]will
}

type will struct {
	connection *mqtt.Client
	last       mqtt.Will
}

func newWills() *wills { return &wills{of: map[string]will{}} }

// take moves a connection's will here; that of the one before is forgotten.
func (w *wills) take(cl *mqtt.Client) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of[cl.ID] = will{cl, cl.Properties.Will}
	cl.Properties.Will = mqtt.Will{}
}

// leave forgets a connection's will and gives it; Flag is 0 where there is none
// or another connection has taken its place.
func (w *wills) leave(cl *mqtt.Client) mqtt.Will {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.of[cl.ID]
	if kept.connection != cl {
		return mqtt.Will{}
	}
	delete(w.of, cl.ID)
	return kept.last
}

// OnSessionEstablish comes before anybody else can reach the connection.
func (d *door) OnSessionEstablish(cl *mqtt.Client, _ packets.Packet) { d.wills.take(cl) }

// OnDisconnect publishes the will of a connection that ended without saying
// goodbye (err is nil where it did: MQTT-3.1.2-10).
func (d *door) OnDisconnect(cl *mqtt.Client, err error, _ bool) {
	last := d.wills.leave(cl)
	if err == nil || last.Flag == 0 {
		return
	}
	if err := d.broker.server.Publish(last.TopicName, last.Payload, last.Retain, last.Qos); err != nil {
		d.broker.log.Warn("a gateway's last will could not be published", "gateway", cl.ID, "error", err)
	}
}
