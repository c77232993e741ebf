package ingest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// replicaOrder names what a replica process is told: see TestMain.
const replicaOrder = "TIKKLOK_TEST_REPLICA"

type replicaConfig struct{ Database, Broker, Authority string }

// TestMain lets this program be a replica of ingest that can be killed.
func TestMain(m *testing.M) {
	text := os.Getenv(replicaOrder)
	if text == "" {
		os.Exit(m.Run())
	}
	if err := runReplica(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runReplica(text string) error {
	var c replicaConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	db, err := pg.Open(ctx, c.Database, pg.RoleIngest)
	if err != nil {
		return err
	}
	defer db.Close()
	authority, err := fleet.OpenAuthority(c.Authority)
	if err != nil {
		return err
	}
	own, err := authority.IssueIngest()
	if err != nil {
		return err
	}
	return Run(ctx, Config{DB: db, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Round: 50 * time.Millisecond, Ask: 50 * time.Millisecond,
		Remote: &Remote{URL: c.Broker, TLS: &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: authority.Pool(), MinVersion: tls.VersionTLS13}}})
}

// replica is one ingest in a process of its own.
type replica struct {
	*plant
	log   string
	cmd   *exec.Cmd
	kills int
}

func (p *plant) newReplica(name string) *replica {
	r := &replica{plant: p, log: filepath.Join(p.folder, name+".log")}
	r.start()
	p.t.Cleanup(func() {
		r.kill()
		if p.t.Failed() {
			b, _ := os.ReadFile(r.log)
			p.t.Log(string(b))
		}
	})
	return r
}

func (r *replica) start() {
	r.t.Helper()
	order, err := json.Marshal(replicaConfig{r.url, r.servers, r.folder})
	if err != nil {
		r.t.Fatal(err)
	}
	log, err := os.OpenFile(r.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	defer log.Close()
	r.cmd = exec.Command(os.Args[0])
	r.cmd.Env = append(os.Environ(), replicaOrder+"="+string(order))
	r.cmd.Stderr = log
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
}

// kill ends the process as a power cut would.
func (r *replica) kill() {
	if r.cmd.ProcessState == nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.kills++
	}
}

func TestOneOfTwoReplicasMayBeKilledAtAnyMoment(t *testing.T) { // I1, I2
	const devices, batches, size, kills = 5, 40, 10, 8
	p := newPlant(t)
	p.runMosquitto()
	replicas := []*replica{p.newReplica("one"), p.newReplica("two")}
	all := make([]*device, devices)
	for i := range all {
		all[i] = p.enrol(p.site, fmt.Sprint("gateway ", i))
		all[i].mustConnect()
		all[i].state(wire.State{Online: true, Software: "1.2"})
	}
	var sending sync.WaitGroup
	for _, d := range all {
		sending.Go(func() {
			for j := range uint64(batches) {
				d.submit(batch(log(streamOf(d.gateway, 3), taps(j*size+1, size, "x"))))
			}
		})
	}
	random := rand.New(rand.NewPCG(7, 7))
	for i := range int64(kills) {
		from := i * devices * batches * size / (kills + 1)
		moment := from + random.Int64N(devices*batches*size/(kills+1))
		p.until("more taps", func() bool { return p.count("registration") >= moment })
		r := replicas[random.IntN(2)]
		r.kill()
		r.start()
	}
	sending.Wait()
	for _, d := range all {
		p.want(batches*size, "registration WHERE origin = $1", int64(d.id))
	}
	p.want(devices*batches*size, "(SELECT DISTINCT origin, epoch, seq FROM registration) names")
	p.want(0, "name_conflict")
	p.want(0, "quarantine")
	p.until("all are online", func() bool { return p.count("gateway WHERE online AND software = '1.2'") == devices })
	p.until("nothing is missing", func() bool { return p.holes() == "" })
}

func TestWhoeverIsLeftTellsAsksAndHearsWhoIsGone(t *testing.T) { // I2
	p := newPlant(t)
	p.runMosquitto()
	replicas := []*replica{p.newReplica("one"), p.newReplica("two")}
	d := p.enrol(p.site, "a")
	var line net.Conn
	options := d.options()
	config := options.TLSConfig
	options.SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (c net.Conn, err error) {
		line, err = dialTLS(u.Host, config)
		return line, err
	}).SetDefaultPublishHandler(d.hear)
	d.client = paho.NewClient(options)
	if tok := d.client.Connect(); !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	d.client.Subscribe(topic(d.id, topicDown), 1, nil).WaitTimeout(5 * time.Second)
	d.state(wire.State{Online: true, Software: "1.2"})
	p.until("online", func() bool { return p.count("gateway WHERE online AND software = '1.2'") == 1 })
	version := uint64(0)
	for i, r := range replicas {
		r.kill()
		p.block(byte(i))
		m := d.wait("what is blocked now", func(m wire.Down) bool { return m.Settings != nil && len(m.Settings.Blocked) == i+1 })
		if m.Settings.Version <= version {
			t.Errorf("version %d after %d", m.Settings.Version, version)
		}
		version = m.Settings.Version
		seq := uint64(10 * (i + 1)) // what is before it is missing
		d.submit(batch(log(streamOf(d.gateway, uint64(i+3)), taps(seq, 1, "x"))))
		d.wait("asked for it", func(m wire.Down) bool {
			asks := receiptOf(m).Asks
			return len(asks) > 0 && asks[len(asks)-1].Epoch == uint64(i+3)
		})
		r.start()
	}
	line.Close()
	p.until("offline", func() bool { return p.count("gateway WHERE NOT online") == 1 })
}

// block makes one more fob a lost one.
func (p *plant) block(n byte) {
	p.t.Helper()
	p.exec(`WITH f AS (INSERT INTO fob (tenant_id, label, status) VALUES ($1, $2, 'lost') RETURNING *)
		INSERT INTO fob_token SELECT tenant_id, 1, $3, fob_id FROM f`, p.tenant, fmt.Sprint("K", n), []byte{n, 1, 2, 3, 4, 5, 6, 7})
}
