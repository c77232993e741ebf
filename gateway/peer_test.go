package gateway

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"tikklok/gateway/wire"
	"tikklok/gateway/wire/wiretest"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(killable); text != "" {
		if err := runKillable(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

const gatewayID = 42

var quick = pace{
	limits: limits{flush: 20 * time.Millisecond, keepAlive: time.Minute, stateEvery: 50 * time.Millisecond},
	other:  20 * time.Millisecond, answer: 150 * time.Millisecond, rest: 100 * time.Millisecond,
	retry: 10 * time.Millisecond, retryMost: 50 * time.Millisecond, retryLive: 50 * time.Millisecond, pong: 20 * time.Second,
	tidy: 20 * time.Millisecond, count: 20 * time.Millisecond,
}

// server is a small server behind a real broker over TLS: it keeps names and
// answers batches as ingest does.
type server struct {
	enrolment wire.Enrolment
	tls       *tls.Config
	broker    *mochi.Server
	address   string // of the broker, where the gateway is told another

	mu       sync.Mutex
	taps     map[wire.Name]wire.Tap
	pairs    map[wire.Stream][]wire.Pair
	starts   map[wire.Stream]wire.Start
	missing  []wire.Span
	twins    map[wire.Twin]int // how often each came
	batches  int
	state    wire.State
	conflict int  // names that came again with other bytes
	silent   bool // commits, but its receipts are lost
	refuse   bool
	pace     uint32 // of its receipts, ms
	deaf     bool   // its broker grants no subscription
	file     string // of the gateway's enrolment; "": none
	unknown  []byte // a certificate (DER) that it lets nobody in with
	issue    func(name string) (cert, private []byte)
	log      io.Writer // of the gateway; nil: nobody reads it
	first    wire.Name // of the first tap of the last batch with taps
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{taps: map[wire.Name]wire.Tap{}, pairs: map[wire.Stream][]wire.Pair{}, starts: map[wire.Stream]wire.Start{},
		twins: map[wire.Twin]int{}}
	s.enrol(t, wiretest.Address(t))
	return s
}

// open opens the broker; until then there is no network.
func (s *server) open(t *testing.T) {
	t.Helper()
	s.broker = mochi.New(&mochi.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	must(t, s.broker.AddHook(&allow{server: s}, nil))
	address := cmp.Or(s.address, s.enrolment.Broker[len("mqtts://"):])
	must(t, s.broker.AddListener(listeners.NewTCP(listeners.Config{ID: "tls", Address: address, TLSConfig: s.tls})))
	must(t, s.broker.Serve())
	up := fmt.Sprintf("tikklok/v1/%d/up", gatewayID)
	must(t, s.broker.Subscribe(up, 1, func(_ *mochi.Client, _ packets.Subscription, p packets.Packet) { s.receive(t, p.Payload) }))
	must(t, s.broker.Subscribe(fmt.Sprintf("tikklok/v1/%d/state", gatewayID), 2, func(_ *mochi.Client, _ packets.Subscription, p packets.Packet) {
		state, err := wire.DecodeState(p.Payload)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.state = state
		s.mu.Unlock()
	}))
	t.Cleanup(func() { s.broker.Close() })
}

// allow lets every certificate of the authority in but the unknown one.
type allow struct {
	mochi.HookBase
	*server
}

func (allow) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}
func (a allow) OnACLCheck(_ *mochi.Client, _ string, write bool) bool { return write || !a.deaf }
func (a allow) OnConnectAuthenticate(c *mochi.Client, _ packets.Packet) bool {
	shown := c.Net.Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw
	return look(a.server, func() bool { return !bytes.Equal(shown, a.unknown) })
}

func (s *server) receive(t *testing.T, payload []byte) {
	b, err := wire.DecodeBatch(payload)
	if err != nil {
		t.Errorf("a batch that can't be decoded: %v", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches++
	sum := wire.Checksum(payload)
	if s.refuse {
		s.down(wire.Down{Receipt: &wire.Receipt{Refusals: []wire.Refusal{{Batch: sum, Reason: "no"}}}})
		return
	}
	streams := s.commit(b)
	if s.silent {
		return
	}
	r := &wire.Receipt{Batches: []uint32{sum}, ServerTime: time.Now().UnixMilli(), ServerBound: 3, Pace: s.pace}
	for stream := range streams {
		r.Marks = append(r.Marks, s.mark(stream))
	}
	s.down(wire.Down{Receipt: r})
}

func (s *server) commit(b wire.Batch) map[wire.Stream]bool {
	streams := map[wire.Stream]bool{}
	s.missing = append(s.missing, b.Missing...)
	for _, t := range b.Twins {
		s.twins[t]++
	}
	for _, l := range b.Logs {
		streams[l.Stream] = true
		s.pairs[l.Stream] = append(s.pairs[l.Stream], l.Pairs...)
		if l.Start != nil {
			s.starts[l.Stream] = *l.Start
		}
		for i, tap := range l.Taps {
			name := wire.Name{Stream: l.Stream, Seq: tap.Seq}
			if i == 0 {
				s.first = name
			}
			if old, ok := s.taps[name]; ok && old != tap {
				s.conflict++
			}
			s.taps[name] = tap
		}
	}
	return streams
}

func (s *server) mark(stream wire.Stream) wire.Mark {
	var seqs []wire.Range
	for name := range s.taps {
		if name.Stream == stream {
			seqs = wire.AddRange(seqs, wire.Range{From: name.Seq, To: name.Seq})
		}
	}
	return wire.Mark{Stream: stream, Committed: seqs, Safe: seqs}
}

func (s *server) down(d wire.Down) {
	s.broker.Publish(fmt.Sprintf("tikklok/v1/%d/down", gatewayID), d.Encode(), false, 0)
}

// look reads under the lock.
func look[T any](s *server, f func() T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f()
}

func (s *server) count() int { return look(s, func() int { return len(s.taps) }) }

// enrol makes the authority, the broker's and the gateway's certificate.
func (s *server) enrol(t *testing.T, address string) {
	t.Helper()
	key, template := newKey(t), &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	ca, err := x509.ParseCertificate(der)
	must(t, err)
	s.issue = func(name string) (cert, private []byte) {
		k := newKey(t)
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		}, ca, k.Public(), key)
		must(t, err)
		p, err := x509.MarshalPKCS8PrivateKey(k)
		must(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p})
	}
	tokenKey := wire.TokenKey{Version: 1, Secret: make([]byte, 32)}
	cert, private := s.issue(fmt.Sprint(gatewayID))
	brokerCert, brokerKey := s.issue("broker")
	pair, err := tls.X509KeyPair(brokerCert, brokerKey)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	s.tls = &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}
	s.enrolment = wire.Enrolment{
		Gateway: gatewayID, Broker: "mqtts://" + address, Certificate: string(cert), Key: string(private),
		Authority: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})), Owner: tokenKey.Owner(), TokenKey: tokenKey,
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// folder gives one in memory where there is such a place.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "gateway")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "journal")
}

// line is a serial line: the test is the reader at its other end.
type line struct {
	*os.File
	path string
	held *os.File // keeps the line open while no gateway does
}

func newLine(t *testing.T) *line {
	t.Helper()
	master, slave, err := pty.Open()
	must(t, err)
	t.Cleanup(func() { master.Close(); slave.Close() })
	modes, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	must(t, err)
	modes.Iflag, modes.Oflag, modes.Lflag = 0, 0, 0 // bytes wait as they are until the gateway opens
	must(t, unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, modes))
	return &line{master, slave.Name(), slave}
}

// running is a gateway that runs.
type running struct {
	stop func() error
}

func start(t *testing.T, s *server, dir string, ports ...Port) *running {
	t.Helper()
	return startAt(t, s, quick, dir, ports...)
}

// startAt starts a gateway with another pace.
func startAt(t *testing.T, s *server, at pace, dir string, ports ...Port) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if s.log != nil {
		log = slog.New(slog.NewTextHandler(s.log, nil))
	}
	go func() {
		done <- run(ctx, Config{Enrolment: s.enrolment, File: s.file, Journal: dir, Ports: ports, Log: log, Software: "test"}, at)
	}()
	r := &running{stop: sync.OnceValue(func() error {
		cancel()
		return <-done
	})}
	t.Cleanup(func() { must(t, r.stop()) })
	return r
}

// em4100 gives the frame of a fob.
func em4100(number uint64) []byte {
	b := [5]byte{byte(number >> 32), byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number)}
	return fmt.Appendf(nil, "\x02%X%02X\x03", b[:], b[0]^b[1]^b[2]^b[3]^b[4])
}
