package ingest

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

// venue is a broker with an ingest at it. Either can go away and come back.
type venue struct {
	*plant
	mosquitto *mosquitto // nil: the embedded broker
	stop      func()     // ingest
}

// onEachBroker runs a test on the embedded broker and on Debian's mosquitto
// with the shipped configuration: what holds at one must hold at the other.
func onEachBroker(t *testing.T, test func(t *testing.T, v *venue)) {
	t.Run("embedded", func(t *testing.T) {
		v := &venue{plant: newPlant(t)}
		v.open()
		test(t, v)
	})
	t.Run("mosquitto", func(t *testing.T) {
		v := &venue{plant: newPlant(t)}
		v.mosquitto = v.runMosquitto()
		v.open()
		test(t, v)
	})
}

// open starts ingest.
func (v *venue) open() {
	v.t.Helper()
	if v.mosquitto == nil {
		v.stop = v.run(nil)
		return
	}
	v.stop = v.start(Config{Remote: v.remote()}, nil)
}

// restart lets the broker die and come back at the same address.
func (v *venue) restart() {
	v.t.Helper()
	if v.mosquitto == nil {
		v.stop()
		v.open()
		return
	}
	v.mosquitto.kill()
	v.mosquitto.start()
}

func TestEachBrokerBringsBatchesAndReceipts(t *testing.T) { // I2
	onEachBroker(t, func(t *testing.T, v *venue) {
		d := v.enrol(v.site, "a")
		d.mustConnect()
		for i := range uint64(10) {
			r := d.submit(batch(log(streamOf(d.gateway, 3), taps(i*20+1, 20, "x"))))
			if got, want := marks(r), fmt.Sprintf("%s [{1 %d}];", streamOf(d.gateway, 3), i*20+20); got != want {
				t.Fatalf("marks %q, want %q", got, want)
			}
		}
		v.want(200, "registration")
	})
}

func TestEachBrokerKeepsStrangersOut(t *testing.T) {
	other, err := fleet.OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	onEachBroker(t, func(t *testing.T, v *venue) {
		d := v.enrol(v.site, "a")
		d.mustConnect()
		d.submit(batch(log(streamOf(d.gateway, 3), taps(1, 1, "x"))))
		without, foreign := *d, *d
		without.certificate.Certificate = nil
		foreign.certificate = v.give(v.addGateway(v.site, "b"), other).certificate
		for name, stranger := range map[string]*device{"no certificate": &without, "another authority's": &foreign} {
			if stranger.connect() == nil {
				t.Errorf("%s: let in", name)
			}
		}
	})
}

func TestEachBrokerKeepsGatewaysApart(t *testing.T) { // I1
	onEachBroker(t, func(t *testing.T, v *venue) {
		a, b := v.enrol(v.site, "a"), v.enrol(v.site, "b")
		b.mustConnect()
		b.state(wire.State{Online: true, Software: "b's"})
		for _, filter := range []string{topic(b.id, topicDown), "#", "tikklok/v1/+/down", "tikklok/v1/+/up", "$share/ingest/tikklok/v1/+/up"} {
			a.mustConnect() // a breach may end the connection
			a.client.Subscribe(filter, 1, a.hear).WaitTimeout(5 * time.Second)
		}
		payload := batch(log(streamOf(b.gateway, 3), taps(1, 2, "x"))).Encode()
		for kind, payload := range map[string][]byte{topicUp: payload, topicState: wire.State{Online: true, Software: "a's"}.Encode(), topicDown: wire.Down{}.Encode()} {
			a.mustConnect()
			a.client.Publish(topic(b.id, kind), 1, true, payload).WaitTimeout(time.Second)
		}
		b.submit(batch(log(streamOf(b.gateway, 4), taps(1, 1, "x"))))
		a.mustConnect()
		r := a.submit(batch(log(streamOf(a.gateway, 3), taps(1, 1, "x"))))
		if len(r.Marks) != 1 || r.Marks[0].Origin != uint64(a.id) {
			t.Errorf("a's receipt tells of %v", r.Marks)
		}
		v.want(2, "registration")
		v.until("b's own state", func() bool { return v.count("gateway WHERE name = 'b' AND software = 'b''s'") == 1 })
		for len(a.down) > 0 {
			for _, m := range receiptOf(<-a.down).Marks {
				if m.Origin != uint64(a.id) {
					t.Errorf("a heard of %x", m.Origin)
				}
			}
		}
	})
}

func receiptOf(d wire.Down) *wire.Receipt {
	if d.Receipt == nil {
		return &wire.Receipt{}
	}
	return d.Receipt
}

func TestEachBrokerLeavesAnothersLastWillAlone(t *testing.T) {
	onEachBroker(t, func(t *testing.T, v *venue) {
		a, b := v.enrol(v.site, "a"), v.enrol(v.site, "b")
		b.mustConnect()
		b.state(wire.State{Online: true})
		v.until("b is online", func() bool { return v.count("gateway WHERE name = 'b' AND online") == 1 })
		var line net.Conn
		options := a.options().SetBinaryWill(topic(b.id, topicState), wire.State{}.Encode(), 1, true)
		config := options.TLSConfig
		options.SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (c net.Conn, err error) {
			line, err = dialTLS(u.Host, config)
			return line, err
		})
		if tok := paho.NewClient(options).Connect(); tok.WaitTimeout(5*time.Second) && tok.Error() == nil {
			line.Close() // mosquitto lets it in, and the will go nowhere
		}
		a.mustConnect()
		a.state(wire.State{Online: true})
		v.until("a is online", func() bool { return v.count("gateway WHERE name = 'a' AND online") == 1 })
		v.want(1, "gateway WHERE name = 'b' AND online")
	})
}

func TestEachBrokerTellsThatAGatewayIsGone(t *testing.T) {
	onEachBroker(t, func(t *testing.T, v *venue) {
		d := v.enrol(v.site, "a")
		var line net.Conn
		options := d.options()
		config := options.TLSConfig
		options.SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (c net.Conn, err error) {
			line, err = dialTLS(u.Host, config)
			return line, err
		})
		d.client = paho.NewClient(options)
		if tok := d.client.Connect(); !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
			t.Fatal(tok.Error())
		}
		d.state(wire.State{Online: true})
		v.until("online", func() bool { return v.count("gateway WHERE online") == 1 })
		line.Close()
		v.until("offline", func() bool { return v.count("gateway WHERE NOT online") == 1 })
	})
}

func TestEachBrokerRefusesAPacketThatIsTooBig(t *testing.T) {
	onEachBroker(t, func(t *testing.T, v *venue) {
		a, b := v.enrol(v.site, "a"), v.enrol(v.site, "b")
		a.mustConnect()
		b.mustConnect()
		a.client.Publish(topic(a.id, topicUp), 1, false, make([]byte, maxPacket+4096)).WaitTimeout(time.Second)
		v.until("a is disconnected", func() bool { return !a.client.IsConnectionOpen() })
		b.submit(batch(log(streamOf(b.gateway, 3), taps(1, 1, "x"))))
		a.mustConnect()
		a.submit(batch(log(streamOf(a.gateway, 3), taps(1, 1, "x"))))
		v.want(0, "quarantine")
	})
}

func TestEachBrokerMayDieAndComeBack(t *testing.T) { // I2
	onEachBroker(t, func(t *testing.T, v *venue) {
		d := v.enrol(v.site, "a")
		d.mustConnect()
		d.state(wire.State{Online: true, Software: "before"})
		d.submit(batch(log(streamOf(d.gateway, 3), taps(1, 5, "x"))))
		v.restart()
		v.until("disconnected", func() bool { return !d.client.IsConnectionOpen() })
		d.mustConnect()
		d.state(wire.State{Online: true, Software: "after"})
		d.submit(batch(log(streamOf(d.gateway, 3), taps(4, 5, "x"))))
		v.want(8, "registration")
		v.until("its state", func() bool { return v.count("gateway WHERE online AND software = 'after'") == 1 })
	})
}

func TestIngestMayBeAwayForAWhile(t *testing.T) { // I2
	onEachBroker(t, func(t *testing.T, v *venue) {
		d := v.enrol(v.site, "a")
		d.mustConnect()
		d.submit(batch(log(streamOf(d.gateway, 3), taps(1, 5, "x"))))
		v.stop()
		if v.mosquitto != nil { // which holds the connection meanwhile, and the state for later
			d.state(wire.State{Online: true, Software: "told to nobody"})
			d.publish(batch(log(streamOf(d.gateway, 3), taps(6, 5, "x"))))
		}
		v.open()
		if v.mosquitto == nil {
			d.mustConnect()
			d.state(wire.State{Online: true, Software: "told to nobody"})
		}
		d.submit(batch(log(streamOf(d.gateway, 3), taps(6, 5, "x"))))
		v.want(10, "registration")
		v.until("its state", func() bool { return v.count("gateway WHERE online AND software = 'told to nobody'") == 1 })
	})
}

func TestAGatewayThatFloodsIsLimitedAndHarmsNobody(t *testing.T) {
	onEachBroker(t, func(t *testing.T, v *venue) {
		loud, quiet := v.enrol(v.site, "a"), v.enrol(v.site, "b")
		loud.mustConnect()
		quiet.mustConnect()
		quiet.submit(batch(log(streamOf(quiet.gateway, 3), taps(1, 1, "x"))))
		for i := range 400 { // what can't be read costs the server most
			loud.client.Publish(topic(loud.id, topicUp), 0, false, fmt.Appendf(nil, "not a batch: %d", i))
		}
		const told = "sends more than it may"
		v.until("limited", func() bool { return strings.Contains(v.log.String(), told) })
		for i := range uint64(20) {
			quiet.submit(batch(log(streamOf(quiet.gateway, 3), taps(i+2, 1, "x"))))
		}
		v.want(21, "registration")
		if n := v.count("quarantine"); n > 150 {
			t.Errorf("%d of its batches were taken", n)
		}
		if n := strings.Count(v.log.String(), told); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestEachBrokerBringsSettingsAndAsks(t *testing.T) { // I2
	onEachBroker(t, func(t *testing.T, v *venue) {
		d := v.enrol(v.site, "a")
		d.mustConnect()
		d.state(wire.State{Online: true})
		d.wait("settings", func(m wire.Down) bool { return m.Settings != nil })
		d.submit(batch(log(streamOf(d.gateway, 3), taps(5, 3, "x"))))
		d.wait("an ask", func(m wire.Down) bool { return len(receiptOf(m).Asks) > 0 })
	})
}

func TestAnotherGatewaysIdentifierTakesNobodyOver(t *testing.T) {
	onEachBroker(t, func(t *testing.T, v *venue) {
		a, b := v.enrol(v.site, "a"), v.enrol(v.site, "b")
		a.identifier = fmt.Sprint(a.id)
		b.identifier = a.identifier
		a.mustConnect()
		b.mustConnect()
		b.submit(batch(log(streamOf(b.gateway, 3), taps(1, 1, "x")))) // by then a would be gone
		if !a.client.IsConnectionOpen() {
			t.Error("b pushed a out")
		}
		again := *a
		again.mustConnect()
		v.until("a's first connection is closed", func() bool { return !a.client.IsConnectionOpen() })
	})
}

func TestMosquittoTurnsARevokedCertificateAway(t *testing.T) {
	p := newPlant(t)
	m := p.runMosquitto()
	a, b := p.enrol(p.site, "a"), p.enrol(p.site, "b")
	a.mustConnect()
	a.client.Disconnect(0)
	m.revoke(a.certificate.Leaf.SerialNumber.Bytes())
	if err := m.cmd.Process.Signal(syscall.SIGHUP); err != nil { // systemctl reload mosquitto
		t.Fatal(err)
	}
	p.until("a is turned away", func() bool {
		err := a.connect()
		a.client.Disconnect(0)
		return err != nil
	})
	b.mustConnect()
}
