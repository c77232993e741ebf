package cmd_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	sim "tikklok/firmware-sim"
	"tikklok/gateway"
	"tikklok/gateway/wire"
	"tikklok/ingest"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// mobileMSS is what a mobile network with the usual MTU of 1400 leaves of a
// segment for data; the loopback would carry a whole handshake in one.
const mobileMSS = 1400 - 40

// paidLine is the shipped gateway before the shipped ingest on a real
// PostgreSQL, with TLS between them, on a connection whose every packet is
// counted. The gateway's clocks are the test's, so that a day takes no day.
type paidLine struct {
	t       testing.TB
	url     string
	port    *sim.Port
	cfg     gateway.Config
	broker  *counting
	capture *capture // nil: not allowed
	ahead   atomic.Int64
}

func newPaidLine(t testing.TB) *paidLine {
	t.Helper()
	w := &paidLine{t: t, url: pgtest.URL(t)}
	authority, err := fleet.OpenAuthority(t.TempDir())
	w.must(err)
	w.broker = newCounting(t)
	w.capture = newCapture(t, w.broker.Addr().(*net.TCPAddr).Port)
	own, err := authority.Broker("127.0.0.1")
	w.must(err)
	// The gateway's clocks run ahead of the server's, so the server must not
	// vouch for the difference: its bound takes three bytes more than usual.
	w.run(func(ctx context.Context) error {
		return ingest.Run(ctx, ingest.Config{DB: pgtest.Open(t, w.url, pg.RoleIngest), Log: slog.New(slog.DiscardHandler), Listener: w.broker,
			Own: own, Authority: authority, ClockGoodTo: 7 * 24 * time.Hour})
	})
	w.enrol(authority)
	w.port, err = sim.OpenPort(filepath.Join(t.TempDir(), "front"))
	w.must(err)
	t.Cleanup(func() { _ = w.port.Vanish() })
	port, err := gateway.ParsePort(w.port.Path() + "=em4100:name=front,absent=500ms")
	w.must(err)
	w.cfg.Ports, w.cfg.Journal = []gateway.Port{port}, filepath.Join(t.TempDir(), "journal")
	w.cfg.Software, w.cfg.Log = "tikklok-gateway 1.0", slog.New(slog.DiscardHandler)
	return w
}

// enrol makes a tenant, a site and a gateway with its file.
func (w *paidLine) enrol(authority *fleet.Authority) {
	w.t.Helper()
	db, by := pgtest.Open(w.t, w.url, pg.RoleApp), audit.Actor{Kind: audit.Operator}
	ctx := context.Background()
	w.must(db.InTenant(ctx, pgtest.Tenant(w.t, w.url, "Bakkerij Vos"), func(tx pg.Tx) error {
		site, err := fleet.AddSite(ctx, tx, by, "Utrecht")
		w.must(err)
		g, err := fleet.AddGateway(ctx, tx, by, site.ID, "Receptie")
		w.must(err)
		key, err := tenant.CreateKey(ctx, tx, by)
		w.must(err)
		file, der, err := authority.EnrolmentFile(uint32(g.ID), "mqtts://"+w.broker.Addr().String(), key, key.Owner())
		w.must(err)
		w.must(json.Unmarshal(file, &w.cfg.Enrolment))
		return fleet.SetCertificate(ctx, tx, by, g.ID, der, time.Now())
	}))
}

func (w *paidLine) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// run runs something until the test ends, or stop is called.
func (w *paidLine) run(work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// serve runs the gateway, with a disciplined clock that advance moves.
func (w *paidLine) serve() (stop func()) {
	began := time.Now()
	w.cfg.Machine = gateway.Machine{
		Boot:        func() time.Duration { return time.Hour + time.Since(began) + time.Duration(w.ahead.Load()) },
		Wall:        func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
		Disciplined: func() (uint32, bool) { return 100, true },
	}
	return w.run(func(ctx context.Context) error { return gateway.Run(ctx, w.cfg) })
}

func (w *paidLine) advance(d time.Duration) { w.ahead.Add(int64(d)) }

// tap presents a fob, as an RDM6300 reports it.
func (w *paidLine) tap(number byte) {
	b := [5]byte{0x62, 0xE3, 0x08, 0x6C, number}
	w.port.Send(fmt.Appendf(nil, "\x02%X%02X\x03", b[:], b[0]^b[1]^b[2]^b[3]^b[4]))
}

func (w *paidLine) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// committed waits for registrations, and then until the line has been quiet
// for longer than any acknowledgement is delayed.
func (w *paidLine) committed(n int64) {
	w.t.Helper()
	w.until(fmt.Sprint(n, " registrations are committed"), func() bool {
		return pgtest.Exec(w.t, w.url, "SELECT count(*) FROM registration") == n
	})
	w.quiet()
}

func (w *paidLine) quiet() { w.quietFor(500 * time.Millisecond) }

func (w *paidLine) quietFor(d time.Duration) {
	w.t.Helper()
	var last carried
	since := time.Now()
	w.until("the line is quiet", func() bool {
		if now := w.broker.carried(); now != last {
			last, since = now, time.Now()
		}
		return last.bytes > 0 && time.Since(since) > d
	})
}

// cost gives what something costs, and the same as it was captured (0: not
// allowed).
func (w *paidLine) cost(do func()) (c carried, captured uint64) {
	w.t.Helper()
	before, seen := w.broker.carried(), w.capture.carried()
	do()
	after := w.broker.carried()
	c = carried{after.bytes - before.bytes, after.up - before.up, after.messages - before.messages}
	for range 100 { // a busy machine hands captured packets over late
		if captured = w.capture.carried() - seen; w.capture == nil || captured == c.bytes {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return c, captured
}

// carried is what passed between gateway and broker.
type carried struct {
	bytes    uint64 // of all IP packets, both ways
	up       uint64 // of these, what the gateway sent within TCP
	messages uint64 // segments with something in them that the gateway sent
}

// counting is a listener that asks the kernel what its connections carried.
type counting struct {
	net.Listener
	mu    sync.Mutex
	conns map[net.Conn]carried
}

// newCounting listens as one at the end of a mobile line.
func newCounting(t testing.TB) *counting {
	t.Helper()
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		if failed := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, mobileMSS) }); failed != nil {
			return failed
		}
		return err
	}}
	l, err := c.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &counting{Listener: l, conns: map[net.Conn]carried{}}
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		c.conns[conn] = carried{}
		c.mu.Unlock()
	}
	return conn, err
}

// carried gives the sum over all connections. Of a closed one it gives what it
// last knew.
func (c *counting) carried() (all carried) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn, last := range c.conns {
		if i := tcpInfo(conn); i != nil {
			header := uint64(40) // IPv4 and TCP
			if i.Options&1 != 0 {
				header += 12 // timestamps
			}
			last = carried{i.Bytes_received + i.Bytes_sent + uint64(i.Segs_in+i.Segs_out)*header, i.Bytes_received, uint64(i.Data_segs_in)}
			c.conns[conn] = last
		}
		all.bytes, all.up, all.messages = all.bytes+last.bytes, all.up+last.up, all.messages+last.messages
	}
	return all
}

// tcpInfo gives nil for a closed connection.
func tcpInfo(conn net.Conn) (info *unix.TCPInfo) {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return nil
	}
	if raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }) != nil || err != nil {
		return nil
	}
	return info
}

// hangUp closes all connections, as a network that forgets them does.
func (c *counting) hangUp() {
	c.carried()
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		_ = conn.Close()
	}
}

// capture counts the packets of one TCP port on the loopback.
type capture struct {
	fd    int
	bytes atomic.Uint64
}

// newCapture gives nil where it is not allowed.
func newCapture(t testing.TB, port int) *capture {
	t.Helper()
	ip := binary.NativeEndian.Uint16([]byte{unix.ETH_P_IP >> 8, unix.ETH_P_IP & 0xFF}) // network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(ip))
	if err != nil {
		t.Logf("no capture beside the count on the socket: %v", err)
		return nil
	}
	lo, err := net.InterfaceByName("lo")
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: ip, Ifindex: lo.Index})
	}
	if err == nil {
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000})
	}
	if err != nil {
		t.Fatal(err)
	}
	c, stop, done := &capture{fd: fd}, make(chan struct{}), make(chan struct{})
	go func() { defer close(done); c.listen(port, stop) }()
	t.Cleanup(func() { close(stop); <-done; _ = unix.Close(fd) })
	return c
}

func (c *capture) listen(port int, stop <-chan struct{}) {
	packet := make([]byte, 1<<16)
	for {
		select {
		case <-stop:
			return
		default:
		}
		n, from, err := unix.Recvfrom(c.fd, packet, 0)
		if err != nil {
			continue // the timeout
		}
		l, ok := from.(*unix.SockaddrLinklayer)
		if ok && l.Pkttype == unix.PACKET_HOST && ofPort(packet[:n], uint16(port)) { // the loopback shows each packet twice
			c.bytes.Add(uint64(n))
		}
	}
}

// ofPort says whether an IPv4 packet is TCP from or to a port.
func ofPort(p []byte, port uint16) bool {
	if len(p) < 20 || p[9] != unix.IPPROTO_TCP {
		return false
	}
	p = p[int(p[0]&15)*4:]
	return len(p) >= 4 && (binary.BigEndian.Uint16(p) == port || binary.BigEndian.Uint16(p[2:]) == port)
}

func (c *capture) carried() uint64 {
	if c == nil {
		return 0
	}
	return c.bytes.Load()
}

// begin makes the gateway begin with other settings than it was built with.
func (w *paidLine) begin(settings wire.Settings) {
	w.t.Helper()
	b, err := json.Marshal(settings)
	w.must(err)
	w.must(os.MkdirAll(w.cfg.Journal, 0o700))
	w.must(os.WriteFile(filepath.Join(w.cfg.Journal, "settings.json"), b, 0o600))
}
