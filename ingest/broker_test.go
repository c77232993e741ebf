package ingest

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg/pgtest"
)

func TestAGatewayIsAnsweredOverTLS(t *testing.T) { // I2
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	r := d.submit(batch(log(streamOf(d.gateway, 3), taps(1, 20, "deur"))))
	if len(r.Marks) != 1 || len(r.Marks[0].Committed) != 1 || r.Marks[0].Committed[0].To != 20 {
		t.Errorf("receipt %+v", r)
	}
	p.want(20, "registration")
}

func TestWhoMayNotConnect(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	for name, prepare := range map[string]func(d *device){
		"a certificate of another authority": func(d *device) {
			a, err := fleet.OpenAuthority(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			d.certificate = p.give(d.gateway, a).certificate
		},
		"no certificate":              func(d *device) { d.certificate.Certificate = nil },
		"a certificate not on record": func(d *device) { p.give(d.gateway, p.authority) },
		"a revoked gateway":           func(d *device) { p.exec("UPDATE gateway SET revoked_at = now() WHERE gateway_id = $1", int64(d.id)) },
		"a gateway nobody knows": func(d *device) {
			p.exec("DELETE FROM gateway_certificate WHERE gateway_id = $1", int64(d.id))
			p.exec("DELETE FROM gateway WHERE gateway_id = $1", int64(d.id))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := p.enrol(p.site, name)
			prepare(d)
			if d.connect() == nil {
				t.Error("it was let in")
			}
		})
	}
}

func TestALastWillOnAnothersTopicIsRefused(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	c := paho.NewClient(d.options().SetBinaryWill(topic(d.id+1, topicState), wire.State{}.Encode(), 1, true))
	if tok := c.Connect(); !tok.WaitTimeout(5*time.Second) || tok.Error() == nil {
		t.Error("it was let in")
	}
}

func TestAGatewayReachesNoTopicButItsOwn(t *testing.T) { // I1
	p := newPlant(t)
	p.run(nil)
	a, b := p.enrol(p.site, "a"), p.enrol(p.site, "b")
	a.mustConnect()
	payload := batch(log(streamOf(b.gateway, 3), taps(1, 2, "x"))).Encode()
	for _, t := range []string{topic(b.id, topicUp), topic(b.id, topicState), topic(b.id, topicDown), topic(a.id, topicDown), "elsewhere"} {
		a.mustConnect() // a breach ends the connection
		a.client.Publish(t, 1, false, payload).WaitTimeout(time.Second)
		p.until("disconnected", func() bool { return !a.client.IsConnectionOpen() })
	}
	a.mustConnect()
	for _, filter := range []string{topic(b.id, topicDown), "#", "tikklok/v1/+/down", "tikklok/v1/+/up", "$share/ingest/tikklok/v1/+/up", topic(a.id, topicUp)} {
		tok := a.client.Subscribe(filter, 1, nil)
		if tok.WaitTimeout(5 * time.Second); granted(tok) {
			t.Errorf("%s was granted", filter)
		}
	}
	a.submit(batch(log(streamOf(a.gateway, 3), taps(1, 1, "x"))))
	p.want(1, "registration")
}

func TestANewConnectionTakesOverItsOwnAndNoOther(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	a, b := p.enrol(p.site, "a"), p.enrol(p.site, "b")
	b.identifier = a.identifier
	a.mustConnect()
	b.mustConnect()
	if !a.client.IsConnectionOpen() {
		t.Error("b pushed a out")
	}
	again := *a
	again.mustConnect()
	again.state(wire.State{Online: true})
	p.until("a's first connection is closed", func() bool { return !a.client.IsConnectionOpen() })
	p.until("a is online", func() bool { return p.count("gateway WHERE name = 'a' AND online") == 1 })
	again.submit(batch(log(streamOf(a.gateway, 3), taps(1, 1, "x"))))
	p.want(1, "gateway WHERE name = 'a' AND online") // the old connection's will kept quiet
}

func TestAGatewayThatConnectsAnewAgainAndAgainIsStillHeardAndAnswered(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	for i := range 30 { // one ends while the next begins
		before := d.client
		d.mustConnect()
		p.until("the one before is closed", func() bool { return !before.IsConnectionOpen() })
		d.submit(batch(log(streamOf(d.gateway, 3), taps(uint64(i)+1, 1, "x"))))
	}
	p.want(30, "registration")
}

func TestARevokedGatewayIsDisconnected(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	p.exec("UPDATE gateway SET revoked_at = now()")
	p.until("disconnected", func() bool { return !d.client.IsConnectionOpen() })
}

func TestStateIsStored(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	d.state(wire.State{Online: true, Software: "1.2", Clock: "server", Unsent: 7, Damaged: 1, Readers: []wire.ReaderState{
		{Name: "deur", Protocol: "em4100", Health: "ok"},
		{Name: "zaal\x00", Protocol: "link", Origin: reader1, Health: "flat", Firmware: "9", BatteryPercent: 12, Stored: 5, LastContact: 1_790_000_000_000},
	}})
	p.until("online", func() bool {
		return p.count("gateway WHERE online AND software = '1.2' AND clock = 'server' AND unsent = 7 AND damaged = 1 AND last_heard IS NOT NULL") == 1
	})
	p.want(1, "reader WHERE key = 'deur' AND protocol = 'em4100' AND health = 'ok' AND last_contact IS NULL")
	p.want(1, "reader WHERE key = '' AND origin = $1 AND battery_percent = 12 AND stored = 5 AND last_contact IS NOT NULL", int64(reader1))
	d.state(wire.State{Online: true, Software: "1.3", Readers: []wire.ReaderState{{Name: "hek", Protocol: "link", Health: "no reader answers"}}})
	p.until("a port where no reader answers", func() bool { return p.count("reader WHERE key = 'hek' AND health <> ''") == 1 })
	d.state(wire.State{Online: true, Software: "1.2", Readers: []wire.ReaderState{{Name: "2", Protocol: "link", Origin: reader1 + 1, Health: "ok"}}})
	p.until("the reader in its place", func() bool { return p.count("reader WHERE key = 'hek' AND health = ''") == 1 })
	p.want(1, "reader WHERE key = 'deur' AND health = 'ok'")
	d.client.Disconnect(0)
	again := *d
	again.mustConnect()
	again.state(wire.State{})
	p.until("offline", func() bool { return p.count("gateway WHERE NOT online AND software = '1.2'") == 1 })
}

func TestAGatewayLearnsWhichFobsAreBlocked(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	d.state(wire.State{Online: true})
	first := d.wait("settings", func(m wire.Down) bool { return m.Settings != nil }).Settings
	if len(first.Blocked) != 0 {
		t.Errorf("blocked %v", first.Blocked)
	}
	p.exec(`WITH f AS (INSERT INTO fob (tenant_id, label, status) VALUES ($1, 'K1', 'lost') RETURNING *)
		INSERT INTO fob_token SELECT tenant_id, 1, '\x0102030405060708', fob_id FROM f`, p.tenant)
	next := d.wait("new settings", func(m wire.Down) bool { return m.Settings != nil && len(m.Settings.Blocked) == 1 }).Settings
	if next.Version <= first.Version || next.Blocked[0] != (wire.Token{1, 2, 3, 4, 5, 6, 7, 8}) {
		t.Errorf("settings %+v after %+v", next, first)
	}
}

func TestAConnectedGatewayThatIsSilentForHoursStillLearns(t *testing.T) { // OB-C5
	w := newWorld(t)
	g, gone := w.addGateway(w.site, "a"), w.addGateway(w.site, "b")
	r := &receiver{gateways: newGateways(w.db), log: slog.New(slog.DiscardHandler), states: newStates()}
	for _, g := range []gateway{g, gone} {
		r.receive(t.Context(), topic(g.id, topicState), wire.State{Online: true}.Encode())
	}
	long := time.Now().Add(5 * time.Hour)
	for _, g := range []gateway{g, gone} { // as if that was long ago
		r.gateways.heard(g.id, time.Now().Add(-time.Hour))
	}
	before := time.Now()
	r.receive(t.Context(), topic(gone.id, topicState), wire.State{}.Encode())
	if err := r.gateways.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if there := r.gateways.present(long); len(there) != 1 || there[0].id != g.id {
		t.Errorf("present %v, want only %d", there, g.id)
	}
	if alive := r.gateways.heardSince(before); len(alive) != 0 {
		t.Errorf("a last will counts as a sign of life of %v", alive)
	}
}

func TestAHoleIsAskedForAndTheAnswerKept(t *testing.T) { // I2
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	s := streamOf(d.gateway, 3)
	d.submit(batch(log(s, taps(5, 3, "x"))))
	ask := d.wait("asked", func(m wire.Down) bool { return m.Receipt != nil && len(m.Receipt.Asks) > 0 }).Receipt.Asks[0]
	if ask != (wire.Span{Stream: s, From: 1, To: 4}) {
		t.Errorf("asked for %v", ask)
	}
	d.submit(batch(log(s, taps(1, 2, "x"))))
	d.submit(wire.Batch{Missing: []wire.Span{{Stream: s, From: 3, To: 4}}})
	if got := p.holes(); !strings.Contains(got, "3-4 open []") {
		t.Errorf("holes %q", got)
	}
}

func TestServerTimeIsServedOnlyWhenItIsGood(t *testing.T) { // I4
	for name, c := range map[string]struct {
		clock *clock
		good  bool
		bound uint32
	}{
		"disciplined": {clockOf(0, func() (time.Duration, bool) { return 1500 * time.Microsecond, true }), true, 2},
		"declared":    {clockOf(time.Second, func() (time.Duration, bool) { return 0, false }), true, 1000},
		"neither":     {clockOf(0, func() (time.Duration, bool) { return 0, false }), false, 0},
	} {
		now := time.UnixMilli(1_790_000_000_123)
		if at, bound := c.clock.read(now); (at == now.UnixMilli()) != c.good || !c.good && at != 0 || bound != c.bound {
			t.Errorf("%s: %d ± %d", name, at, bound)
		}
	}
}

func TestADatabaseAwayAnswersNothingAndLosesNothing(t *testing.T) { // I2
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	b := batch(log(streamOf(d.gateway, 3), taps(1, 5, "x")))
	d.submit(b)
	pgtest.Exec(t, p.url, "ALTER TABLE origin_progress RENAME TO gone") // nothing can be committed
	crc := d.publish(batch(log(streamOf(d.gateway, 3), taps(6, 5, "x"))))
	p.until("tried", func() bool { return strings.Contains(p.log.String(), "did not take a group") })
	pgtest.Exec(t, p.url, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	select {
	case m := <-d.down:
		if m.Receipt != nil && len(m.Receipt.Batches) > 0 {
			t.Errorf("answered without a commit: %+v", m.Receipt)
		}
	default:
	}
	pgtest.Exec(t, p.url, "ALTER TABLE gone RENAME TO origin_progress")
	d.wait("receipt", func(m wire.Down) bool {
		return m.Receipt != nil && len(m.Receipt.Batches) > 0 && m.Receipt.Batches[0] == crc
	})
	p.want(10, "registration")
}

func TestAFullQueueLetsMessagesGoUnanswered(t *testing.T) { // I2
	q := newQueue(&Live{})
	m := sent(gateway{id: 1, tenant: 1}, batch(log(wire.Stream{Origin: 1, Epoch: 3}, taps(1, 1000, "x"))))
	for i := 0; i < queueMessages && q.room.TryAcquire(m.size()); i++ {
		q.items <- m
	}
	if q.put(t.Context(), m) {
		t.Error("a full queue took more")
	}
	q.drain(t.Context())
	if !q.put(t.Context(), m) {
		t.Error("a drained queue took nothing")
	}
}

func TestBacklogWaitsAsItCame(t *testing.T) {
	q := newQueue(&Live{})
	stream := wire.Stream{Origin: 1, Epoch: 3}
	for _, n := range []int{1, 200} {
		m := sent(gateway{id: 1, tenant: 1}, batch(log(stream, taps(1, n, "x"))))
		q.put(t.Context(), m)
		if n > liveTaps && len(m.batch.Logs) != 0 {
			t.Error("it waits decoded")
		}
		got := q.drain(t.Context())
		if len(got) != 1 || len(got[0].batch.Logs) != 1 || len(got[0].batch.Logs[0].Taps) != n {
			t.Errorf("%d taps became %+v", n, got)
		}
	}
	bad := newMessage(gateway{id: 1}, []byte{0xff})
	q.put(t.Context(), bad)
	if got := q.drain(t.Context()); got[0].fault == "" || string(got[0].payload) != "\xff" {
		t.Errorf("what can't be read became %+v", got[0])
	}
	if q.taps.Load() != 0 || !q.room.TryAcquire(queueBytes) {
		t.Error("a drained queue is not empty")
	}
}

func TestLiveTapsWaitBehindNoBacklog(t *testing.T) {
	q := queues{live: []*queue{newQueue(&Live{}), newQueue(&Live{})}, backlog: []*queue{newQueue(&Live{}), newQueue(&Live{})}}
	stream := wire.Stream{Origin: 1, Epoch: 3}
	from := gateway{id: 1, tenant: 1, site: 5}
	for name, c := range map[string]struct {
		message *message
		want    *queue
	}{
		"a tap":                 {sent(from, batch(log(stream, taps(1, 1, "x")))), q.live[1]},
		"what a minute brings":  {sent(from, batch(log(stream, taps(1, liveTaps, "x")))), q.live[1]},
		"more than that":        {sent(from, batch(log(stream, taps(1, liveTaps+1, "x")))), q.backlog[1]},
		"what can't be read":    {newMessage(from, []byte{0xff}), q.backlog[1]},
		"what only is missing":  {sent(from, wire.Batch{Missing: []wire.Span{{Stream: stream, From: 1, To: 2}}}), q.live[1]},
		"a tap of another site": {sent(gateway{id: 2, tenant: 1, site: 6}, batch(log(stream, taps(1, 1, "x")))), q.live[0]},
	} {
		if q.of(c.message) != c.want {
			t.Errorf("%s: the wrong queue", name)
		}
	}
}

func TestAGatewayThatTalksWithoutEndCrowdsNobodyOut(t *testing.T) {
	w := newWorld(t)
	loud, quiet := w.addGateway(w.site, "a"), w.addGateway(w.site, "b")
	r := &receiver{gateways: newGateways(w.db), log: slog.New(slog.DiscardHandler), states: newStates()}
	for i := range 100 {
		r.receive(t.Context(), topic(loud.id, topicState), wire.State{Online: true, Software: fmt.Sprint(i)}.Encode())
	}
	r.receive(t.Context(), topic(quiet.id, topicState), wire.State{Online: true}.Encode())
	first := r.states.take(1)
	if len(first) != 1 || first[0].from.id != loud.id || first[0].state.Software != "99" {
		t.Errorf("first %+v, want the newest of the one that waited longest", first)
	}
	select {
	case <-r.states.news:
	default:
		t.Error("what is left is not told")
	}
	if rest := r.states.take(10); len(rest) != 1 || rest[0].from.id != quiet.id {
		t.Errorf("then %+v", rest)
	}
}

func TestAStateThatTheDatabaseRefusesHarmsNoOther(t *testing.T) {
	w := newWorld(t)
	var group []stateMessage
	for _, name := range []string{"a", "b", "c"} {
		group = append(group, stateMessage{w.addGateway(w.site, name), wire.State{Online: true, Software: name}})
	}
	w.exec("ALTER TABLE gateway ADD CONSTRAINT not_b CHECK (software <> 'b')")
	r := &rounds{db: w.db, send: func(string, []byte, byte) {}, log: slog.New(slog.DiscardHandler), told: map[uint32]uint64{}}
	r.hearAll(t.Context(), group)
	w.want(1, "gateway WHERE name = 'a' AND online")
	w.want(0, "gateway WHERE name = 'b' AND online")
	w.want(1, "gateway WHERE name = 'c' AND online")
}
