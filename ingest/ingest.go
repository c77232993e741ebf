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
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"time"

	"tikklok/ingest/pg"
)

// Config is what Run needs. Either Listener or Remote is set.
type Config struct {
	DB  *pg.DB // under pg.RoleIngest
	Log *slog.Logger

	// The embedded broker: plain TCP, TLS is put on it here.
	Listener    net.Listener
	Certificate tls.Certificate
	Authority   *x509.CertPool // who signed the gateways' certificates

	Remote *Remote // an external broker instead

	// SafeCopies is how many copies of committed data are declared. With 1,
	// safe equals committed; with more, nothing is called safe yet (I2).
	SafeCopies int // 0: 1

	// ClockGoodTo is the bound an administrator declared for the server's
	// clock; 0: server time is served only while the operating system
	// disciplines the clock (I4).
	ClockGoodTo time.Duration

	Workers int           // that commit side by side; 0: 2
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

// Run receives batches until ctx ends, and returns nil then.
func Run(ctx context.Context, cfg Config) error {
	<-ctx.Done()
	return nil
}

// Import takes in a journal export of a gateway of this tenant, on the same
// path as messages: names make it safe to import twice (I1).
func Import(ctx context.Context, db *pg.DB, tenant int64, r io.Reader) (Imported, error) {
	return Imported{}, nil
}

// Imported says what an export brought.
type Imported struct {
	Gateway    uint32
	Batches    int
	Taps       int // in the file
	New        int // not seen before
	Refused    int // batches in quarantine
	FirstError string
}
