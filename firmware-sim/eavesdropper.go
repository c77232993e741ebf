package sim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// EavesdropperConfig says between whom an eavesdropper stands.
type EavesdropperConfig struct {
	Broker    string          // host:port
	Server    tls.Certificate // that the gateway takes for the broker's
	Authority *x509.CertPool
	Traffic   *Traffic
	Seed      uint64
}

// TrafficFaults are what goes wrong with batches and receipts, each a
// probability.
type TrafficFaults struct {
	Repeat  float64 // a batch is delivered twice
	Reorder float64 // it is delivered after the next one
	Replay  float64 // an old one of this gateway is delivered besides
	Deaf    float64 // a receipt gets lost
}

// Eavesdropper stands between one gateway and the broker: it has the keys of
// both, so it reads their messages, and can repeat, hold back and drop them as
// no network of theirs could. It is safe for concurrent use.
type Eavesdropper struct {
	config EavesdropperConfig
	listen net.Listener

	mu      sync.Mutex
	random  *rand.Rand
	gateway uint32
	own     tls.Certificate // shown to the broker
	faults  TrafficFaults
	heard   [][]byte // payloads of batches, the last ones
	at      int      // where the next one goes
	id      uint16   // of messages of our own
	open    map[net.Conn]bool
}

const (
	firstOwnID    = 60_000 // packet identifiers from here on are ours
	payloadsHeard = 100
	ofShaking     = 70 * time.Second // longer than a gateway waits
)

// OpenEavesdropper takes a free port of this machine.
func OpenEavesdropper(c EavesdropperConfig) (*Eavesdropper, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open an eavesdropper: %w", err)
	}
	return &Eavesdropper{
		config: c, listen: l, id: firstOwnID, open: map[net.Conn]bool{},
		random: rand.New(rand.NewPCG(c.Seed, 0x656176)),
	}, nil
}

// Know tells whose messages these are, and the certificate to show for them.
func (e *Eavesdropper) Know(gateway uint32, own tls.Certificate) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gateway, e.own = gateway, own
}

func (e *Eavesdropper) known() (gateway uint32, own tls.Certificate) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.gateway, e.own
}

// Address is where the gateway's network leads, host:port.
func (e *Eavesdropper) Address() string { return e.listen.Addr().String() }

// Fail sets what goes wrong from now on.
func (e *Eavesdropper) Fail(f TrafficFaults) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = f
}

// Run passes messages on until ctx ends.
func (e *Eavesdropper) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	stop := context.AfterFunc(ctx, func() { _ = e.listen.Close(); e.hangUp() })
	defer stop()
	for {
		conn, err := e.listen.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("eavesdropper: %w", err)
		}
		wg.Go(func() { e.serve(ctx, conn) })
	}
}

func (e *Eavesdropper) hangUp() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.open {
		_ = c.Close()
	}
}

// keep lets hangUp close a connection, and gives what forgets it again.
func (e *Eavesdropper) keep(ctx context.Context, c net.Conn) (forget func()) {
	e.mu.Lock()
	e.open[c] = true
	e.mu.Unlock()
	if ctx.Err() != nil { // hangUp came before
		_ = c.Close()
	}
	return func() {
		_ = c.Close()
		e.mu.Lock()
		delete(e.open, c)
		e.mu.Unlock()
	}
}

// serve passes on what one connection says. The broker is called first: where
// it is away, the gateway finds nobody.
func (e *Eavesdropper) serve(ctx context.Context, near net.Conn) {
	defer e.keep(ctx, near)()
	far, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", e.config.Broker)
	if err != nil {
		return
	}
	defer e.keep(ctx, far)()
	gateway := tls.Server(near, e.asBroker())
	ctx, stop := context.WithTimeout(ctx, ofShaking)
	defer stop()
	if gateway.HandshakeContext(ctx) != nil {
		return
	}
	host, _, _ := net.SplitHostPort(e.config.Broker)
	name, own := e.known()
	broker := tls.Client(far, &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, RootCAs: e.config.Authority,
		ServerName: host, NextProtos: spoken(gateway.ConnectionState().NegotiatedProtocol),
	})
	if broker.HandshakeContext(ctx) != nil {
		return
	}
	var wg sync.WaitGroup
	for _, pass := range []func(){func() { e.passDown(name, gateway, broker) }, func() { e.passUp(name, broker, gateway) }} {
		wg.Go(func() {
			pass()
			_, _ = near.Close(), far.Close() // one end is gone: the other one learns it
		})
	}
	wg.Wait()
}

func spoken(protocol string) []string {
	if protocol == "" {
		return nil
	}
	return []string{protocol}
}

// asBroker speaks whatever protocol the gateway asks for first.
func (e *Eavesdropper) asBroker() *tls.Config {
	base := &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{e.config.Server},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: e.config.Authority,
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256}, SessionTicketsDisabled: true,
	}
	base.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		c := base.Clone()
		c.GetConfigForClient, c.NextProtos = nil, hello.SupportedProtos
		return c, nil
	}
	return base
}

// passUp passes on what the gateway says, until one end is gone.
func (e *Eavesdropper) passUp(name uint32, broker io.Writer, gateway io.Reader) {
	var held *packets.PublishPacket
	for {
		p, err := packets.ReadPacket(gateway)
		if err != nil {
			return
		}
		batch, ok := p.(*packets.PublishPacket)
		if !ok || !strings.HasSuffix(batch.TopicName, "/up") {
			if p.Write(broker) != nil {
				return
			}
			continue
		}
		var send []*packets.PublishPacket
		send, held = e.meddle(batch, held)
		for _, b := range send {
			e.config.Traffic.up(name, b.Payload, time.Now())
			if b.Write(broker) != nil {
				return
			}
		}
	}
}

// meddle gives what is delivered now, and what is held back.
func (e *Eavesdropper) meddle(batch, held *packets.PublishPacket) (send []*packets.PublishPacket, hold *packets.PublishPacket) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.remember(batch.Payload)
	f := e.faults
	if held == nil && e.random.Float64() < f.Reorder {
		return nil, batch
	}
	send = append(send, batch)
	if held != nil {
		send = append(send, held)
	}
	if e.random.Float64() < f.Repeat {
		send = append(send, e.copy(batch, batch.Payload))
	}
	if len(e.heard) > 0 && e.random.Float64() < f.Replay {
		send = append(send, e.copy(batch, e.heard[e.random.IntN(len(e.heard))]))
	}
	return send, nil
}

// copy gives a message of our own in the gateway's name.
func (e *Eavesdropper) copy(like *packets.PublishPacket, payload []byte) *packets.PublishPacket {
	p := like.Copy()
	p.Payload, p.Qos = payload, like.Qos
	if p.Qos == 0 {
		return p
	}
	p.MessageID = e.id
	if e.id++; e.id < firstOwnID {
		e.id = firstOwnID
	}
	return p
}

func (e *Eavesdropper) remember(payload []byte) {
	if len(e.heard) < payloadsHeard {
		e.heard = append(e.heard, payload)
		return
	}
	e.heard[e.at] = payload
	e.at = (e.at + 1) % payloadsHeard
}

// passDown passes on what the broker says, until one end is gone; what it
// acknowledges of our own messages is not the gateway's.
func (e *Eavesdropper) passDown(name uint32, gateway io.Writer, broker io.Reader) {
	for {
		p, err := packets.ReadPacket(broker)
		if err != nil {
			return
		}
		switch p := p.(type) {
		case *packets.PubackPacket:
			if p.MessageID >= firstOwnID {
				continue
			}
		case *packets.PublishPacket:
			if e.drops() && p.Qos == 0 {
				continue
			}
			e.config.Traffic.down(name, p.Payload, time.Now())
		}
		if p.Write(gateway) != nil {
			return
		}
	}
}

func (e *Eavesdropper) drops() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.random.Float64() < e.faults.Deaf
}
