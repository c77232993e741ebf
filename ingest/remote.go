package ingest

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
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
	flood  *allowances
	log    *slog.Logger
	ctx    context.Context // of start, for paho's callbacks
	stop   context.CancelFunc
	work   sync.WaitGroup
	handle paho.MessageHandler
	door   *admission                       // where devices enrol; nil: elsewhere
	shown  atomic.Pointer[x509.Certificate] // by the broker; nil: it was never reached
	wrong  atomic.Value                     // why it isn't subscribed, a string; "": it is
	states atomic.Bool                      // this replica hears states
	since  atomic.Int64                     // when it began to (Unix ms); 0: it doesn't now
}

// newRemote refuses an address without TLS: certificates say who is who.
func newRemote(at Remote, flood *allowances, log *slog.Logger) (*remote, error) {
	u, err := url.Parse(at.URL)
	if err != nil || !slices.Contains([]string{"mqtts", "ssl", "tls"}, u.Scheme) || u.Port() == "" {
		return nil, fmt.Errorf("external broker %q: want mqtts://host:port", at.URL)
	}
	c := &remote{filter: cmp.Or(at.Filter, DefaultFilter), flood: flood, log: log}
	c.wrong.Store("not connected yet")
	c.client = paho.NewClient(paho.NewClientOptions().AddBroker(at.URL).SetTLSConfig(c.watching(at.TLS)).SetClientID(at.Client).
		SetCleanSession(true). // receipts make a session at the broker needless (I2)
		SetOrderMatters(true). // so that a full queue holds up the connection
		SetKeepAlive(30 * time.Second).SetPingTimeout(10 * time.Second).
		SetConnectRetry(false).SetConnectTimeout(10 * time.Second). // connect tries again, and tells why it must
		SetAutoReconnect(true).SetMaxReconnectInterval(30 * time.Second).
		SetWriteTimeout(5 * time.Second).
		SetConnectionLostHandler(func(_ paho.Client, err error) {
			c.wrong.Store("the connection broke: " + err.Error())
			c.since.Store(0)
			log.Warn("the broker is gone; connecting again", "error", err)
		}).
		SetOnConnectHandler(func(paho.Client) { c.subscribe() }))
	return c, nil
}

// watching remembers the certificate that the broker shows, so that its end
// can be told ahead.
func (c *remote) watching(config *tls.Config) *tls.Config {
	if config = config.Clone(); config == nil {
		config = &tls.Config{}
	}
	config.VerifyConnection = func(s tls.ConnectionState) error {
		c.shown.Store(s.PeerCertificates[0])
		return nil
	}
	return config
}

func (c *remote) certificate() *x509.Certificate { return c.shown.Load() }

// start begins to connect; that goes on by itself until close.
func (c *remote) start(ctx context.Context, receive func(context.Context, string, []byte)) error {
	c.ctx, c.stop = context.WithCancel(ctx)
	c.handle = func(_ paho.Client, m paho.Message) {
		if !c.floods(m) {
			receive(ctx, m.Topic(), m.Payload())
		}
	}
	c.work.Go(c.connect)
	return nil
}

// floods says whether to leave a message alone because its gateway sends too
// many: all gateways share this connection, so that it can't be held up.
func (c *remote) floods(m paho.Message) bool {
	id, _, ok := parseTopic(m.Topic())
	return ok && c.flood.charge(id, cost(len(m.Payload()))) > 0
}

// connect tries until the broker lets it in; a connection that is lost later
// is renewed by the library. Each new reason of a failure is told once.
func (c *remote) connect() {
	told := ""
	for {
		t := c.client.Connect()
		select {
		case <-t.Done():
		case <-c.ctx.Done():
			return
		}
		if t.Error() == nil {
			return
		}
		if said := t.Error().Error(); said != told {
			told = said
			c.wrong.Store(said)
			c.log.Warn("the broker does not let the server in; trying again until it does", "error", said)
		}
		select {
		case <-time.After(2 * time.Second):
		case <-c.ctx.Done():
			return
		}
	}
}

// subscribe tries until the broker grants it, or the connection is gone.
func (c *remote) subscribe() {
	for c.client.IsConnectionOpen() {
		filters := map[string]byte{c.filter: 1}
		if c.states.Load() {
			filters[allStates] = 1
		}
		t := c.client.SubscribeMultiple(filters, c.handle)
		if t.WaitTimeout(10*time.Second) && granted(t) {
			c.wrong.Store("")
			if len(filters) > 1 {
				c.since.Store(time.Now().UnixMilli())
			}
			c.log.Info("subscribed at the broker")
			return
		}
		c.wrong.Store("it refuses the server's subscription")
		c.log.Error("the broker refuses the subscription; check its access list", "error", t.Error())
		select {
		case <-time.After(5 * time.Second):
		case <-c.ctx.Done():
			return
		}
	}
}

const allStates = topicRoot + "+" + topicState

// hearStates begins or ends hearing states; those that the broker retains come
// at once.
func (c *remote) hearStates(on bool) {
	c.states.Store(on)
	switch {
	case !on:
		c.since.Store(0)
		c.client.Unsubscribe(allStates)
	case c.client.IsConnectionOpen():
		c.work.Go(c.subscribe)
	}
}

// listens: after a broker that retains nothing was started again, gateways take
// a while to come back.
func (c *remote) listens() (since time.Time, grace time.Duration) {
	if ms := c.since.Load(); ms > 0 {
		since = time.UnixMilli(ms)
	}
	return since, presence
}

func (c *remote) send(topic string, payload []byte, qos byte) {
	if c.client.IsConnectionOpen() {
		c.client.Publish(topic, qos, false, payload)
	}
}

func (c *remote) trouble() string { return c.wrong.Load().(string) }

func (c *remote) close() {
	c.stop()
	c.client.Disconnect(250)
	if c.door != nil {
		_ = c.door.Close() // who enrols meanwhile asks again
	}
	c.work.Wait()
}

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
