package ingest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

// Limits of the embedded broker, each connection.
const (
	maxPacket    = wire.MaxMessage + 1024 // bytes
	maxInflight  = 64
	maxPending   = 128  // receipts waiting to be written; more are dropped, and asked for by resending
	maxKeepAlive = 1800 // seconds; each sign of life costs a gateway some 200 bytes
)

// broker is the embedded MQTT broker. It keeps nothing: receipts make storage
// needless (I2).
type broker struct {
	server   *mqtt.Server
	gateways *gateways
	flood    *allowances
	renew    *renewals
	own      *fleet.Own
	running  context.Context // of start
	started  time.Time
	log      *slog.Logger
	hearsay  *hearsay
}

func newBroker(cfg Config, g *gateways, flood *allowances, renew *renewals) (*broker, error) {
	limits := mqtt.NewDefaultServerCapabilities()
	limits.MaximumPacketSize = maxPacket
	limits.MaximumInflight, limits.ReceiveMaximum = maxInflight, maxInflight
	limits.MaximumClientWritesPending = maxPending
	limits.MaximumSessionExpiryInterval = 0
	limits.MaximumQos = 1
	limits.MinimumProtocolVersion = 4
	limits.TopicAliasMaximum = 0
	b := &broker{gateways: g, flood: flood, renew: renew, own: cfg.Own, log: cfg.Log, hearsay: newHearsay(cfg.Log), started: time.Now(), server: mqtt.New(&mqtt.Options{
		Capabilities: limits, InlineClient: true, SysTopicResendInterval: 3600,
		ClientNetReadBufferSize: 1024, Logger: slog.New(withoutPackets{cfg.Log.Handler()}),
	})}
	if err := b.server.AddHook(&door{broker: b, connections: newConnections()}, nil); err != nil {
		return nil, fmt.Errorf("preparing the broker: %w", err)
	}
	l := admit(cfg.Listener, portTLS(cfg), newDesk(cfg, g), cfg.Log)
	if err := b.server.AddListener(listeners.NewNet("tls", l)); err != nil {
		return nil, fmt.Errorf("preparing the broker: %w", err)
	}
	return b, nil
}

// serverTLS asks every client for a certificate of our authority. X25519
// first: hybrid key shares cost 2 kB more a handshake, which GPRS pays for. No
// session tickets: one holds the gateway's certificate, so that resuming a
// session saves time, but hardly bytes, and the ticket itself costs more.
func serverTLS(cfg Config) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{wire.ProtocolMQTT},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cfg.Own.Pair(), nil },
		ClientAuth:     tls.RequireAndVerifyClientCert, ClientCAs: cfg.Authority.Pool(),
		CurvePreferences:       []tls.CurveID{tls.X25519, tls.CurveP256},
		SessionTicketsDisabled: true,
	}
}

// start hands every message to receive, on the goroutine of the connection it
// came from.
func (b *broker) start(ctx context.Context, receive func(context.Context, string, []byte)) error {
	b.running = ctx
	handler := func(_ *mqtt.Client, _ packets.Subscription, p packets.Packet) {
		receive(ctx, p.TopicName, p.Payload)
	}
	for i, kind := range []string{topicUp, topicState} {
		if err := b.server.Subscribe(topicRoot+"+"+kind, i+1, handler); err != nil {
			return fmt.Errorf("subscribing at the broker: %w", err)
		}
	}
	if err := b.server.Serve(); err != nil {
		return fmt.Errorf("starting the broker: %w", err)
	}
	return nil
}

func (b *broker) send(topic string, payload []byte, qos byte) {
	if err := b.server.Publish(topic, payload, false, qos); err != nil {
		b.log.Warn("a message to a gateway could not be sent", "error", err)
	}
}

// certificate is the one shown to gateways.
func (b *broker) certificate() *x509.Certificate { return b.own.Pair().Leaf }

func (b *broker) hearStates(bool) {}

// listens: an embedded broker begins without any connection.
func (b *broker) listens() (since time.Time, grace time.Duration) { return b.started, 0 }

// trouble is none while this process lives: the broker is in it.
func (b *broker) trouble() string { return "" }

func (b *broker) close() {
	if err := b.server.Close(); err != nil {
		b.log.Warn("closing the broker", "error", err)
	}
}

// evict disconnects gateways that were revoked, or given another certificate,
// since they connected.
func (b *broker) evict(ctx context.Context) {
	for _, cl := range b.server.Clients.GetAll() {
		if cl.Net.Inline || cl.Closed() {
			continue
		}
		if _, err := b.identify(ctx, cl); err != nil && !errors.Is(err, errAway) {
			id, _ := gatewayOf(cl)
			b.log.Warn("a gateway was disconnected", "gateway", id, "reason", err)
			_ = b.server.DisconnectClient(cl, packets.ErrNotAuthorized) // it returns its own code
		}
	}
}

// errAway: the database can't say now who a gateway is.
var errAway = errors.New("gateways can't be looked up now")

// identify gives the gateway whose certificate a connection showed. The
// authority's signature alone is not enough: the certificate must be the one
// on record, so that a replaced or stolen one is worth nothing.
func (b *broker) identify(ctx context.Context, cl *mqtt.Client) (gateway, error) {
	conn, ok := cl.Net.Conn.(*tls.Conn)
	if !ok || len(conn.ConnectionState().PeerCertificates) == 0 {
		return gateway{}, errors.New("no certificate")
	}
	certificate := conn.ConnectionState().PeerCertificates[0]
	id, err := parseGateway(certificate.Subject.CommonName)
	if err != nil {
		return gateway{}, fmt.Errorf("certificate: %w", err)
	}
	g, err := b.gateways.find(ctx, id)
	if err != nil && !errors.Is(err, errUnknownGateway) {
		return gateway{}, errors.Join(errAway, err)
	}
	if err != nil {
		return gateway{}, err
	}
	if !g.uses(certificate.Raw) { // perhaps it was enrolled since the last look
		if g, err = b.gateways.again(ctx, id); err != nil {
			return gateway{}, errors.Join(errAway, err)
		}
	}
	if !g.uses(certificate.Raw) {
		return gateway{}, fmt.Errorf("gateway %d: not the certificate on record", id)
	}
	b.renew.shown(g, certificate.Raw)
	return g, nil
}

// door decides who may connect, publish and subscribe.
type door struct {
	mqtt.HookBase
	broker      *broker
	connections *connections
}

func (*door) ID() string { return "door" }

func (*door) Provides(b byte) bool {
	return bytes.Contains([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnSessionEstablish, mqtt.OnDisconnect, mqtt.OnPublish, mqtt.OnPacketRead}, []byte{b})
}

// OnConnectAuthenticate takes the gateway's id from its certificate, whatever
// client identifier it chose, so that nobody can take another's session over.
func (d *door) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	ctx, cancel := context.WithTimeout(context.Background(), handshake)
	defer cancel()
	g, err := d.broker.identify(ctx, cl)
	if err == nil && pk.Connect.WillFlag && pk.Connect.WillTopic != topic(g.id, topicState) {
		err = fmt.Errorf("gateway %d: its last will is on a topic that is not its state", g.id)
	}
	if err != nil {
		d.broker.hearsay.warn(time.Now(), "a connection was refused", "remote", cl.Net.Remote, "reason", err)
		return false
	}
	cl.ID = d.connections.identifier(g.id)
	cl.Properties.Clean = true
	cl.Properties.Props.SessionExpiryInterval = 0
	if cl.State.Keepalive == 0 || cl.State.Keepalive > maxKeepAlive {
		cl.State.Keepalive = maxKeepAlive
	}
	return true
}

// OnACLCheck lets a gateway write its own batches and state, and read what is
// sent down to it; nothing else (I1).
func (d *door) OnACLCheck(cl *mqtt.Client, t string, write bool) bool {
	id, err := gatewayOf(cl)
	if err == nil && write && (t == topic(id, topicUp) || t == topic(id, topicState)) {
		return true
	}
	if err == nil && !write && t == topic(id, topicDown) {
		return true
	}
	d.broker.log.Warn("a gateway reached for a topic that is not its own", "gateway", id, "write", write)
	return false
}

// OnPublish keeps the broker from retaining anything but states.
func (d *door) OnPublish(_ *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	_, kind, _ := parseTopic(pk.TopicName)
	pk.FixedHeader.Retain = pk.FixedHeader.Retain && kind == topicState
	return pk, nil
}

// OnPacketRead notes that a gateway with nothing to say is there, and holds up
// the connection of one that floods: it runs on the connection's goroutine.
func (d *door) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	id, err := gatewayOf(cl)
	if err != nil {
		return pk, nil // its first packet: not known yet who it is
	}
	if pk.FixedHeader.Type == packets.Pingreq {
		d.broker.gateways.heard(id, time.Now())
	}
	d.broker.flood.holdUp(d.broker.running, id, pk.FixedHeader.Remaining)
	return pk, nil
}

// withoutPackets passes the broker's log on without any packet's content: it
// holds tokens (I7). What the broker does as it should is of no interest, nor
// that a connection ended: the gateway's state tells that.
type withoutPackets struct{ slog.Handler }

func (h withoutPackets) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn {
		return nil
	}
	ended := false
	clean := slog.NewRecord(r.Time, r.Level, "broker: "+cmp.Or(r.Message, "a connection failed"), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		err, _ := a.Value.Any().(error)
		ended = ended || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, packets.ErrBadUsernameOrPassword) // the door told that one
		if a.Key == "error" || a.Key == "client" || a.Key == "remote" {
			clean.AddAttrs(a)
		}
		return true
	})
	if ended {
		return nil
	}
	return h.Handler.Handle(ctx, clean)
}

func (h withoutPackets) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h withoutPackets) WithGroup(string) slog.Handler      { return h }
