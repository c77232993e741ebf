// Package ingest promises that a batch is answered with a receipt only after
// its registrations are committed, each once, under the name it was born with
// (I1, I2), and that a bad batch never holds up a good one.
//
// Data could be lost here only if a receipt told more than was committed: the
// marks are therefore read in the committing transaction, under the lock on
// the stream's row, and published after the commit. Whatever else fails
// (broker, queue, database, this process) leaves a batch unanswered, and its
// gateway sends it again.
package ingest

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"sync"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// Config is what Run needs. Listener or Remote is set, or both.
type Config struct {
	DB  *pg.DB // under pg.RoleIngest
	Log *slog.Logger

	// Listener is where gateways enrol and reach the embedded broker: plain
	// TCP, TLS is put on it here. With Remote they only enrol there.
	Listener  net.Listener
	Own       *fleet.Own       // the certificate that Listener shows
	Authority *fleet.Authority // signs the gateways' certificates

	// App is under pg.RoleApp, for enrolment and renewal; nil: there is neither.
	App    *pg.DB
	Public string // mqtts://host:port that a new gateway is told; "": where it enrolled

	Remote *Remote // an external broker instead of the embedded one

	// SafeCopies is how many copies of committed data are declared. With 1,
	// safe equals committed; with more, nothing is called safe yet (I2).
	SafeCopies int // 0: 1

	// ClockGoodTo is the bound an administrator declared for the server's
	// clock; 0: server time is served only while the operating system
	// disciplines the clock (I4).
	ClockGoodTo time.Duration

	Live *Live // told of live taps; nil: nobody gives way to them

	Workers int           // that commit side by side, live taps and backlog each; 0: 2
	Round   time.Duration // between looks at settings, revocations and holes; 0: 10 s
	Ask     time.Duration // before a hole is first asked for, doubled each time; 0: 30 s
}

// Remote is an external MQTT broker.
type Remote struct {
	URL    string      // mqtts://host:port
	TLS    *tls.Config // with ingest's client certificate
	Client string      // client identifier, another for each replica; "": random
	Filter string      // of batches; "": DefaultFilter
}

// DefaultFilter shares the batches between replicas.
const DefaultFilter = "$share/ingest/tikklok/v1/+/up"

// link is the way to the gateways: the embedded broker or an external one.
type link interface {
	start(ctx context.Context, receive func(ctx context.Context, topic string, payload []byte)) error
	send(topic string, payload []byte, qos byte)     // doesn't wait for delivery
	hearStates(on bool)                              // an external broker's: only who leads hears them
	listens() (since time.Time, grace time.Duration) // to states, and how long gateways may take to tell theirs; zero: not now
	trouble() string                                 // why nothing comes through now; "": it does
	certificate() *x509.Certificate                  // of the broker, as gateways see it; nil: not known
	close()
}

// Run receives batches until ctx ends, and returns nil then. While the
// database or an external broker is away it goes on trying.
func Run(ctx context.Context, cfg Config) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cfg = cfg.withDefaults()
	known := newGateways(cfg.DB)
	flood := newAllowances(cfg.Log)
	renew := newRenewals(cfg, known)
	way, embedded, err := newLink(cfg, known, flood, renew)
	if err != nil {
		return err
	}
	commit := newCommitter(cfg.DB, cfg.Log, cfg.SafeCopies)
	renew.send = way.send
	in := &receiver{gateways: known, renew: renew, flood: flood, log: cfg.Log, hearsay: newHearsay(cfg.Log), states: newStates()}
	var working sync.WaitGroup
	for range cfg.Workers {
		pacer := newPacer()
		for _, kind := range []struct {
			queues  *[]*queue
			waiting *Live
		}{{&in.queues.live, cfg.Live}, {&in.queues.backlog, &Live{}}} {
			w := &worker{queue: newQueue(kind.waiting), commit: commit, send: way.send, clock: newClock(cfg.ClockGoodTo), log: cfg.Log, pacer: pacer}
			*kind.queues = append(*kind.queues, w.queue)
			working.Go(func() { w.run(ctx) })
		}
	}
	r := &rounds{db: cfg.DB, gateways: known, broker: embedded, way: way, lead: newLead(cfg), send: way.send, trouble: way.trouble, log: cfg.Log, every: cfg.Round,
		asks: newAsks(cfg.Ask), started: time.Now(), told: map[uint32]uint64{}}
	working.Go(func() { r.run(ctx, in.states) })
	working.Go(func() { renew.run(ctx) })
	working.Go(func() { newWatch(cfg, way).run(ctx) })
	if err = way.start(ctx, in.receive); err == nil {
		<-ctx.Done()
	}
	stop()
	working.Wait()
	way.close()
	return err
}

func newLink(cfg Config, known *gateways, flood *allowances, renew *renewals) (link, *broker, error) {
	if cfg.Remote != nil {
		c, err := newRemote(*cfg.Remote, flood, cfg.Log)
		if err == nil && cfg.Listener != nil {
			c.door = admit(cfg.Listener, portTLS(cfg), newDesk(cfg, known), cfg.Log)
		}
		return c, nil, err
	}
	b, err := newBroker(cfg, known, flood, renew)
	return b, b, err
}

func (cfg Config) withDefaults() Config {
	cfg.SafeCopies = cmp.Or(cfg.SafeCopies, 1)
	cfg.Live = cmp.Or(cfg.Live, &Live{})
	cfg.Workers = cmp.Or(cfg.Workers, 2)
	cfg.Round = cmp.Or(cfg.Round, 10*time.Second)
	cfg.Ask = cmp.Or(cfg.Ask, 30*time.Second)
	return cfg
}
