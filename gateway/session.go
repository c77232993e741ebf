package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"syscall"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sys/unix"

	"tikklok/gateway/wire"
)

const connectWait = 60 * time.Second

var errNoAnswer = errors.New("the broker doesn't answer")

// errRefused: without receipts everything would be sent again and again.
var errRefused = errors.New("the broker refuses to pass the server's answers on: check its access list and this gateway's certificate")

// refused says that a broker did not grant a subscription, which the library
// calls no error (MQTT 3.1.1, 3.9.3).
func refused(t mqtt.Token) bool {
	s, ok := t.(*mqtt.SubscribeToken)
	if !ok {
		return false
	}
	for _, code := range s.Result() {
		if code > 2 {
			return true
		}
	}
	return false
}

// session is one connection to the broker. A new client serves each: nothing
// of an old one is sent behind the journal's back.
type session struct {
	*uplink
	client mqtt.Client
	lost   chan error
	news   chan struct{} // something is in inbox

	mu    sync.Mutex
	inbox []letter
	conn  *counted // nil: not connected

	owed    []owed // what the broker has yet to acknowledge
	shown   string // of the state last published
	waiting bool   // that state told of taps in the journal
	shownAt time.Time
	owing   time.Duration // for changes that were shown
}

// owed is an acknowledgement that shows that the broker is there.
type owed struct {
	token mqtt.Token
	until time.Time
}

type letter struct {
	payload []byte
	tick    uint64 // of arrival
}

// session runs one connection until it is lost or ctx ends, and says whether
// the server answered anything.
func (u *uplink) session(ctx context.Context) (answered bool, err error) {
	s := &session{uplink: u, lost: make(chan error, 1), news: make(chan struct{}, 1)}
	s.client = mqtt.NewClient(s.options(ctx))
	defer s.hangUp()
	if err := s.connect(ctx); err != nil {
		u.suspect = 0 // the network was away
		u.agent.certificates.failed(err)
		return false, fmt.Errorf("connect to %s: %w%s", u.agent.cfg.Enrolment.Broker, err, remedy(err, u.agent.cfg.anew()))
	}
	u.log.Info("connected to the server")
	u.connected()
	s.agent.certificates.connected()
	answered, err = s.serve(ctx)
	if err != nil {
		u.suspect = s.conn.unanswered()
	}
	return answered, err
}

// remedy says what a person can do about a connection that is refused; nothing
// for what passes by itself.
func remedy(err error, anew string) string {
	var stranger x509.UnknownAuthorityError
	var otherName x509.HostnameError
	switch {
	case errors.As(err, &stranger):
		return ": another server answers there than the one that made the enrolment file"
	case errors.As(err, &otherName):
		return ": start the server with --public-host and this name, or enrol by another name of it"
	}
	return certificateRemedy(err, anew)
}

func (s *session) topic(kind string) string {
	return fmt.Sprintf("tikklok/v1/%d/%s", s.agent.cfg.Enrolment.Gateway, kind)
}

func (s *session) options(ctx context.Context) *mqtt.ClientOptions {
	e := s.agent.cfg.Enrolment
	return mqtt.NewClientOptions().AddBroker(e.Broker).SetClientID(fmt.Sprint(e.Gateway)).
		SetProtocolVersion(4). // 3.1.1 only: else a refusal is tried again as 3.1, and its reason lost
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).
		SetKeepAlive(s.keepAlive()).SetPingTimeout(s.pace.pong).SetWriteTimeout(connectWait/2).
		SetBinaryWill(s.topic("state"), wire.State{}.Encode(), 1, true).
		SetDefaultPublishHandler(s.post).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { s.lost <- err }).
		SetCustomOpenConnectionFn(func(uri *url.URL, _ mqtt.ClientOptions) (net.Conn, error) { return s.dial(ctx, uri) })
}

// dial leaves TCP's keep-alive off: MQTT's is enough, and this line is paid by
// volume. Instead the kernel gives up what it sent and nobody acknowledged in
// time (tcp(7), TCP_USER_TIMEOUT), which costs nothing.
func (s *session) dial(ctx context.Context, uri *url.URL) (net.Conn, error) {
	ctx, stop := context.WithTimeout(ctx, connectWait)
	defer stop()
	d := net.Dialer{KeepAlive: -1, Control: func(_, _ string, raw syscall.RawConn) (err error) {
		failed := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(connectWait.Milliseconds()))
		})
		return errors.Join(failed, err)
	}}
	plain, err := d.DialContext(ctx, "tcp", uri.Host)
	if err != nil {
		return nil, err
	}
	tcp, ok := plain.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T is no TCP connection", plain), plain.Close())
	}
	conn := newCounted(tcp, s.survived)
	s.agent.meter.watch(conn)
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	secure := tls.Client(conn, s.agent.certificates.client())
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// post runs on the client's goroutine, which must not wait.
func (s *session) post(_ mqtt.Client, m mqtt.Message) {
	s.mu.Lock()
	s.inbox = append(s.inbox, letter{m.Payload(), s.agent.clock.tick()})
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}

func (s *session) connect(ctx context.Context) error {
	if err := s.await(ctx, s.client.Connect()); err != nil {
		return err
	}
	subscribed := s.client.Subscribe(s.topic("down"), 1, nil)
	if err := s.await(ctx, subscribed); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if refused(subscribed) {
		return errRefused
	}
	s.publishState(0)
	return nil
}

// await waits for a token, but not longer than the connection or ctx lives.
func (s *session) await(ctx context.Context, token mqtt.Token) error {
	timeout := time.NewTimer(connectWait)
	defer timeout.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case err := <-s.lost:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return errNoAnswer
	}
}

// hangUp ends the connection also where the client waits for a broker that
// never answers.
func (s *session) hangUp() {
	if s.client.IsConnectionOpen() {
		s.client.Disconnect(250)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.Close()
	}
}

// serve sends and receives.
func (s *session) serve(ctx context.Context) (answered bool, err error) {
	tick := time.NewTicker(s.pace.flush / 4)
	defer tick.Stop()
	for {
		now := time.Now()
		s.spare()
		if err := errors.Join(s.send(now), s.collect(now)); err != nil {
			return answered, err
		}
		s.tellState(now)
		if err := s.renew(now); err != nil {
			return answered, err
		}
		s.saveMeter(s.pace.count)
		select {
		case <-ctx.Done():
			return answered, s.sayGoodbye()
		case err := <-s.lost:
			return answered, fmt.Errorf("connection lost: %w", err)
		case <-s.news:
			answered = s.open() || answered
		case <-s.journal.Wake():
		case <-tick.C:
		}
	}
}

// collect sees to it that what the broker owes comes in time.
func (s *session) collect(now time.Time) error {
	open := s.owed[:0]
	for _, o := range s.owed {
		select {
		case <-o.token.Done():
			if err := o.token.Error(); err != nil {
				return err
			}
		default:
			if now.After(o.until) {
				return errNoAnswer
			}
			open = append(open, o)
		}
	}
	s.owed = open
	return nil
}

// probe asks for a sign of life when nothing at all came since a batch was
// sent: the next keep-alive may be far away, and taps wait. Subscribing again
// changes nothing (MQTT 3.1.1, 3.8.4) and must be acknowledged.
func (s *session) probe(sent, now time.Time) {
	if !s.conn.silentSince(sent) {
		return
	}
	until := now.Add(s.pace.pong)
	if len(s.owed) == 0 {
		s.owed = append(s.owed, owed{s.client.Subscribe(s.topic("down"), 1, nil), until})
	}
	for i := range s.owed { // such as a state that was to be patient
		if s.owed[i].until.After(until) {
			s.owed[i].until = until
		}
	}
}

// open reads the letters that came.
func (s *session) open() (answered bool) {
	s.mu.Lock()
	letters := s.inbox
	s.inbox = nil
	s.mu.Unlock()
	for _, l := range letters {
		d, err := wire.DecodeDown(l.payload)
		if err != nil {
			s.log.Warn("unreadable message from the server", "error", err)
			continue
		}
		answered = s.receive(d, l.tick) || answered
	}
	return answered
}

// send sends what is due, again or for the first time.
func (s *session) send(now time.Time) error {
	for _, f := range s.flights {
		if now.After(f.due) {
			s.probe(f.published, now)
			if err := s.publish(f, now); err != nil {
				return err
			}
		}
	}
	kept := s.resting[:0]
	for _, f := range s.resting {
		if now.After(f.due) {
			s.returnFlight(f)
		} else {
			kept = append(kept, f)
		}
	}
	s.resting = kept
	for {
		f, err := s.next(now)
		if err != nil {
			return err
		}
		if f == nil {
			return nil
		}
		s.flights[wire.Checksum(f.payload)] = f
		if err := s.publish(f, now); err != nil {
			return err
		}
	}
}

// publish sends a batch at QoS 0. A broker's acknowledgement proves nothing:
// only a receipt counts, and its absence sends the batch again (I2). It would
// cost 78 bytes, a quarter of what a tap that travels alone costs otherwise.
func (s *session) publish(f *flight, now time.Time) error {
	f.due = now.Add(s.pace.answer<<min(f.tries, 4) + backoff(s.pace.answer/4, s.pace.answer, 0))
	f.tries++
	f.published = now
	token := s.client.Publish(s.topic("up"), 0, false, f.payload)
	select {
	case <-token.Done():
		return token.Error()
	default:
		return nil
	}
}
