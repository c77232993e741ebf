package ingest

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// remote is a connection to an external broker. It needs client certificates
// there, `use_identity_as_username true`, and patterns that give each gateway
// its own topics only; the broker can't compare certificates with those on
// record, so a revoked gateway is turned away at its messages, and belongs on
// the broker's revocation list too.
type remote struct {
	filter string
	client paho.Client
	log    *slog.Logger
	ctx    context.Context // of start, for paho's callbacks
	handle paho.MessageHandler
}

func newRemote(at Remote, log *slog.Logger) *remote {
	c := &remote{filter: cmp.Or(at.Filter, DefaultFilter), log: log}
	c.client = paho.NewClient(paho.NewClientOptions().AddBroker(at.URL).SetTLSConfig(at.TLS).SetClientID(at.Client).
		SetCleanSession(true). // receipts make a session at the broker needless (I2)
		SetOrderMatters(true). // so that a full queue holds up the connection
		SetKeepAlive(30 * time.Second).SetPingTimeout(10 * time.Second).
		SetConnectRetry(true).SetConnectRetryInterval(2 * time.Second).
		SetAutoReconnect(true).SetMaxReconnectInterval(30 * time.Second).
		SetWriteTimeout(5 * time.Second).
		SetConnectionLostHandler(func(_ paho.Client, err error) { log.Warn("the broker is gone; connecting again", "error", err) }).
		SetOnConnectHandler(func(paho.Client) { c.subscribe() }))
	return c
}

// start begins to connect; that goes on by itself until close.
func (c *remote) start(ctx context.Context, receive func(context.Context, string, []byte)) error {
	c.ctx = ctx
	c.handle = func(_ paho.Client, m paho.Message) { receive(ctx, m.Topic(), m.Payload()) }
	c.client.Connect()
	return nil
}

// subscribe tries until the broker grants it, or the connection is gone.
func (c *remote) subscribe() {
	filters := map[string]byte{c.filter: 1, topicRoot + "+" + topicState: 1}
	for c.client.IsConnectionOpen() {
		t := c.client.SubscribeMultiple(filters, c.handle)
		if t.WaitTimeout(10*time.Second) && granted(t) {
			c.log.Info("subscribed at the broker")
			return
		}
		c.log.Error("the broker refuses the subscription; check its access list", "error", t.Error())
		select {
		case <-time.After(5 * time.Second):
		case <-c.ctx.Done():
			return
		}
	}
}

func (c *remote) send(topic string, payload []byte, qos byte) {
	if c.client.IsConnectionOpen() {
		c.client.Publish(topic, qos, false, payload)
	}
}

func (c *remote) close() { c.client.Disconnect(250) }

// granted says whether the broker agreed; a refusal of MQTT 3.1.1 is no error
// to the library, but a return code (MQTT 3.1.1, 3.9.3).
func granted(t paho.Token) bool {
	s, ok := t.(*paho.SubscribeToken)
	if !ok || t.Error() != nil {
		return false
	}
	for _, code := range s.Result() {
		if code > 2 {
			return false
		}
	}
	return true
}
