package cmd_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg/pgtest"
)

// What surrounds a batch in TCP: a TLS 1.3 record (RFC 8446, 5.2) and an MQTT
// publish at QoS 0 with a length of two bytes (MQTT 3.1.1, 3.3).
const (
	recordBytes  = 5 + 1 + 16
	publishBytes = 1 + 2 + 2 + uint64(len("tikklok/v1/1/up"))
)

// twentyTaps makes 20 taps of 10 fobs, 41.739 s apart by the gateway's clocks,
// fast enough for one batch.
func (w *paidLine) twentyTaps() {
	for i := range 20 {
		w.advance(41739 * time.Millisecond)
		// The read under way ends first, after 50 ms: it came back 41.739 s late
		// by the gateway's clock, and a tap in it would say so. Ten taps on, a fob
		// was out of sight for more than the 500 ms that make it another tap.
		time.Sleep(60 * time.Millisecond)
		w.tap(byte(i % 10))
		time.Sleep(20 * time.Millisecond) // the port is read
	}
}

// connect serves until the connection has settled: its reader was in contact,
// and what the server set is acknowledged by another state, some seconds later.
func (w *paidLine) connect() (stop func()) {
	stop = w.serve()
	w.advance(11 * time.Minute)
	w.tap(99)
	w.committed(1)
	w.stateOf("ok")
	w.quietFor(6 * time.Second)
	return stop
}

// stateOf waits until the server knows of the reader's health.
func (w *paidLine) stateOf(pattern string) {
	w.t.Helper()
	w.until("the state is stored", func() bool {
		return pgtest.Exec(w.t, w.url, "SELECT count(*) FROM reader WHERE key = 'front' AND health LIKE $1", pattern) == 1
	})
	w.quiet()
}

// The price of a registration on a line that is paid by volume, counted on the
// socket and, where that is allowed, captured beside it. Where the machine is
// so busy that a port is read late, each tap carries how late, and batches
// fall apart: the best of some counts.
func TestARegistrationCostsAtMost10And32Bytes(t *testing.T) {
	w := newPaidLine(t)
	defer w.connect()()
	var best carried
	for n := range int64(5) {
		c, captured := w.cost(func() { w.twentyTaps(); w.committed(21 + 20*n) })
		if captured > 0 && captured != c.bytes {
			t.Errorf("%d bytes captured, %d counted on the socket", captured, c.bytes)
		}
		if best.bytes == 0 || c.up < best.up {
			best = c
		}
		if best.payload() <= 20*10 && best.bytes <= 20*32 {
			return
		}
	}
	t.Errorf("20 registrations take %d bytes of payload in %d batches, %d on the wire; want at most 200 and 640",
		best.payload(), best.messages, best.bytes)
}

// payload is what the batches take without TLS and MQTT.
func (c carried) payload() uint64 { return c.up - c.messages*(recordBytes+publishBytes) }

// BenchmarkBytes prints what things cost on the wire, and what that makes in a
// month of 30 days.
func BenchmarkBytes(b *testing.B) {
	w := newPaidLine(b)
	stop := w.connect()
	batch, captured := w.cost(func() { w.twentyTaps(); w.committed(21) })
	tap, _ := w.cost(func() { w.advance(30 * time.Minute); w.tap(1); w.committed(22) })
	state, _ := w.cost(func() { w.port.Send([]byte("\x02zz\x03")); w.stateOf("%frame%") })
	before := w.connections()
	reconnect, _ := w.cost(func() {
		w.broker.hangUp()
		w.until("connected again", func() bool { return w.connections() > before })
		w.quiet()
		w.committed(22)
	})
	stop()
	ping := w.keepAlive()
	print20(batch, captured)
	printMonth(tap.bytes, ping, state.bytes, reconnect.bytes)
	printHandshakes(b)
}

func (w *paidLine) connections() int {
	w.broker.mu.Lock()
	defer w.broker.mu.Unlock()
	return len(w.broker.conns)
}

// keepAlive gives the price of one sign of life, with its answer.
func (w *paidLine) keepAlive() uint64 {
	w.t.Helper()
	w.begin(wire.Settings{Version: 1, KeepAlive: wire.MinKeepAlive})
	before := w.connections()
	defer w.serve()()
	w.until("connected", func() bool { return w.connections() > before })
	w.quietFor(7 * time.Second) // what a connection begins with is over
	c, _ := w.cost(func() {
		last := w.broker.carried().messages
		for end := time.Now().Add(2 * wire.MinKeepAlive * time.Second); w.broker.carried().messages == last; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				w.t.Fatal("no sign of life")
			}
		}
		w.quiet()
	})
	return c.bytes / c.messages
}

func print20(c carried, captured uint64) {
	const n = 20.0
	payload := float64(c.payload())
	around := float64(c.bytes) - payload
	asJSON, alike := float64(len(jsonTaps())), float64(len(sparkplugTaps()))
	fmt.Printf("bench wire_payload bytes_per_registration=%.2f goal=10 json=%.2f sparkplug_like=%.2f\n", payload/n, asJSON/n, alike/n)
	fmt.Printf("bench wire_total bytes_per_registration=%.2f captured=%.2f goal=32 json=%.2f sparkplug_like=%.2f\n",
		float64(c.bytes)/n, float64(captured)/n, (around+asJSON)/n, (around+alike)/n)
}

// printMonth adds a site of 5 employees up: 20 taps a day, each alone, with
// the keep-alive of a line on which nothing else happens, though a tap puts
// one off. A clock that nobody disciplines asks for the time 24 times a day,
// at most at the price of a tap.
func printMonth(tap, ping, state, reconnect uint64) {
	const days, taps, pings, states = 30, 20, 24 * 60 / 15, 24 / 6
	day := taps*tap + pings*ping + states*state + reconnect
	fmt.Printf("bench wire_month bytes=%d goal=1500000 days=%d taps=%dx%d keep_alives=%dx%d states=%dx%d reconnects=1x%d without_ntp=%d\n",
		days*day, days, taps, tap, pings, ping, states, state, reconnect, days*(day+24*tap))
}

// someTaps are 20 taps of 10 fobs.
func someTaps() []wire.Tap {
	all := make([]wire.Tap, 20)
	for i := range all {
		all[i] = wire.Tap{Seq: uint64(1024 + i), Tick: 86_400_000 + uint64(i)*41_739, Wall: 1_790_000_000_000 + int64(i)*41_739,
			Token: wire.Token{byte(i % 10), 0x9E, 0x37, 0x79, 0xB9, 0x7F, 0x4A, byte(i % 10)}, Reader: "front"}
	}
	return all
}

// jsonTaps is what a plain JSON message with the same in it takes.
func jsonTaps() []byte {
	type tap struct {
		Seq   uint64 `json:"seq"`
		Time  string `json:"time"`
		Tick  uint64 `json:"tick"`
		Token string `json:"token"`
	}
	m := struct {
		Epoch  string `json:"epoch"`
		Reader string `json:"reader"`
		Taps   []tap  `json:"taps"`
	}{Epoch: "8899aabbccddeeff", Reader: "front"}
	for _, t := range someTaps() {
		m.Taps = append(m.Taps, tap{t.Seq, time.UnixMilli(t.Wall).UTC().Format("2006-01-02T15:04:05.000Z"), t.Tick, fmt.Sprintf("%x", t.Token)})
	}
	b, _ := json.Marshal(m) // can't err
	return b
}

// sparkplugTaps is the same as Sparkplug B lays metrics out (Eclipse Sparkplug
// 3.0, 6.4): a metric a tap, with an alias for the reader, its time, and the
// token as bytes; names and ticks are not in it.
func sparkplugTaps() []byte {
	field := func(b []byte, n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
	}
	payload := field(nil, 1, 1_790_000_000_000)
	for _, t := range someTaps() {
		m := field(field(field(nil, 2, 3), 3, uint64(t.Wall)), 4, 17)
		m = protowire.AppendBytes(protowire.AppendTag(m, 16, protowire.BytesType), t.Token[:])
		payload = protowire.AppendBytes(protowire.AppendTag(payload, 2, protowire.BytesType), m)
	}
	return field(payload, 3, 7)
}

// printHandshakes prints the bytes of TLS handshakes with a client's
// certificate, without TCP/IP: as gateways make them, with Go's default key
// shares, and resumed.
func printHandshakes(b *testing.B) {
	usual := []tls.CurveID{tls.X25519}
	full := handshakes(b, usual, false)[0]
	fmt.Printf("bench wire_handshake bytes=%d with_hybrid_key_shares=%d first_with_tickets=%d resumed=%d\n",
		full, handshakes(b, nil, false)[0], handshakes(b, usual, true)[0], handshakes(b, usual, true)[1])
}

// handshakes gives the bytes of two connections after each other.
func handshakes(b *testing.B, curves []tls.CurveID, tickets bool) (bytes [2]int64) {
	a, err := fleet.OpenAuthority(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	server, err := a.ServerCertificate("127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	client, err := a.IssueIngest()
	if err != nil {
		b.Fatal(err)
	}
	at := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs: a.Pool(), CurvePreferences: curves, SessionTicketsDisabled: !tickets}
	from := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{client}, RootCAs: a.Pool(), ServerName: "127.0.0.1",
		CurvePreferences: curves}
	if tickets {
		from.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for i := range bytes {
		near, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		far, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			c := tls.Server(far, at)
			_, err := c.Write([]byte{0})
			done <- err
		}()
		counted := &countedConn{Conn: near}
		c := tls.Client(counted, from)
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			b.Fatal(err)
		}
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		bytes[i] = counted.bytes - int64(recordBytes) - 1
		_, _ = near.Close(), far.Close()
	}
	return bytes
}

// countedConn counts what passes.
type countedConn struct {
	net.Conn
	bytes int64
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes += int64(n)
	return n, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes += int64(n)
	return n, err
}
