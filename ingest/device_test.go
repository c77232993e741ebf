package ingest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"tikklok/gateway/wire"
	"tikklok/gateway/wire/wiretest"
	"tikklok/ingest/fleet"
)

// plant is a running ingest with its authority.
type plant struct {
	*world
	authority *fleet.Authority
	folder    string // the authority's
	broker    string // that gateways connect to
	servers   string // where ingest does, behind an external broker
	log       *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newPlant(t testing.TB) *plant {
	t.Helper()
	p := &plant{world: newWorld(t), folder: t.TempDir(), log: &safeBuffer{}}
	var err error
	if p.authority, err = fleet.OpenAuthority(p.folder); err != nil {
		t.Fatal(err)
	}
	return p
}

// run starts ingest with the embedded broker, where it was before if it was.
func (p *plant) run(change func(*Config)) (stop func()) {
	p.t.Helper()
	if p.broker == "" {
		p.broker = "mqtts://" + wiretest.Address(p.t)
	}
	l, err := net.Listen("tcp", strings.TrimPrefix(p.broker, "mqtts://"))
	if err != nil {
		p.t.Fatal(err)
	}
	own, err := p.authority.Broker("127.0.0.1")
	if err != nil {
		p.t.Fatal(err)
	}
	return p.start(Config{Listener: l, Own: own, Authority: p.authority, App: p.app}, change)
}

// start runs ingest until it is stopped, or the test ends.
func (p *plant) start(cfg Config, change func(*Config)) (stop func()) {
	cfg.DB, cfg.Log = p.db, slog.New(slog.NewTextHandler(p.log, nil))
	cfg.Round, cfg.Ask = 50*time.Millisecond, 50*time.Millisecond
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Error(err)
		}
	})
	p.t.Cleanup(func() {
		stop()
		if p.t.Failed() {
			p.t.Log(p.log.String())
		}
	})
	return stop
}

// enrol adds a gateway with a certificate.
func (p *plant) enrol(site int64, name string) *device {
	p.t.Helper()
	return p.give(p.addGateway(site, name), p.authority)
}

// give writes a certificate of an authority to the gateway's row.
func (p *plant) give(g gateway, a *fleet.Authority) *device {
	p.t.Helper()
	cert, key, print, err := a.IssueGateway(g.id)
	if err != nil {
		p.t.Fatal(err)
	}
	p.exec("DELETE FROM gateway_certificate WHERE gateway_id = $1", int64(g.id))
	p.exec(`INSERT INTO gateway_certificate (tenant_id, gateway_id, fingerprint, not_after)
		VALUES ($1, $2, $3, now() + interval '1 year')`, g.tenant, int64(g.id), print[:])
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		p.t.Fatal(err)
	}
	return &device{plant: p, gateway: g, certificate: pair, identifier: fmt.Sprint("gw", g.id), down: make(chan wire.Down, 1000)}
}

// device is a gateway as the broker sees it.
type device struct {
	*plant
	gateway
	certificate tls.Certificate
	identifier  string // client identifier
	client      paho.Client
	down        chan wire.Down
}

// options connects as a gateway does.
func (d *device) options() *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker(d.broker).SetClientID(d.identifier).SetCleanSession(true).
		SetAutoReconnect(false).SetConnectTimeout(5*time.Second).SetOrderMatters(false).
		SetTLSConfig(&tls.Config{Certificates: []tls.Certificate{d.certificate}, RootCAs: d.authority.Pool(), MinVersion: tls.VersionTLS13}).
		SetBinaryWill(topic(d.id, topicState), wire.State{}.Encode(), 1, true)
}

// connect tries once.
func (d *device) connect() error {
	d.client = paho.NewClient(d.options())
	if t := d.client.Connect(); !t.WaitTimeout(5*time.Second) || t.Error() != nil {
		return t.Error()
	}
	d.t.Cleanup(func() { d.client.Disconnect(0) })
	t := d.client.Subscribe(topic(d.id, topicDown), 1, d.hear)
	t.WaitTimeout(5 * time.Second)
	return t.Error()
}

func (d *device) hear(_ paho.Client, m paho.Message) {
	got, err := wire.DecodeDown(m.Payload())
	if err != nil {
		d.t.Error(err)
	}
	d.down <- got
}

// dialTLS gives a line that a test can cut.
func dialTLS(address string, config *tls.Config) (net.Conn, error) {
	return tls.Dial("tcp", address, config)
}

// mustConnect waits until the broker lets the gateway in.
func (d *device) mustConnect() {
	d.t.Helper()
	var err error
	d.until("connected", func() bool { err = d.connect(); return err == nil })
}

func (d *device) publish(b wire.Batch) uint32 {
	payload := b.Encode()
	d.client.Publish(topic(d.id, topicUp), 0, false, payload).WaitTimeout(5 * time.Second)
	return wire.Checksum(payload)
}

// submit publishes until a receipt answers, as a gateway does.
func (d *device) submit(b wire.Batch) *wire.Receipt {
	d.t.Helper()
	for range 20 {
		crc := d.publish(b)
		deadline := time.After(time.Second)
		for waiting := true; waiting; {
			select {
			case m := <-d.down:
				if m.Receipt != nil && len(m.Receipt.Batches) > 0 && m.Receipt.Batches[0] == crc {
					return m.Receipt
				}
			case <-deadline:
				waiting = false
			}
		}
	}
	d.t.Fatal("no receipt")
	return nil
}

// wait gives the first message that a condition holds for.
func (d *device) wait(what string, found func(wire.Down) bool) wire.Down {
	d.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case m := <-d.down:
			if found(m) {
				return m
			}
		case <-deadline:
			d.t.Fatalf("never: %s", what)
		}
	}
}

func (d *device) state(s wire.State) {
	d.client.Publish(topic(d.id, topicState), 1, true, s.Encode()).WaitTimeout(5 * time.Second)
}

// until waits for a condition.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s", what)
		}
	}
}
