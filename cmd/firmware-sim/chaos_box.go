package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

// box is one gateway: the machine with its journal and clocks, its certificate,
// and the network that it reaches the broker through.
type box struct {
	name         string
	enrolment    wire.Enrolment
	folder       string
	clock        clockFile // as it goes when nobody steps it
	process      *process
	network      *sim.Network
	eavesdropper *sim.Eavesdropper
	delay        time.Duration
}

// mobile says what the network of the n-th gateway is like: GPRS with a round
// trip of 600 ms, with one of 1.2 s, and a better one.
func mobile(n int, seed uint64) sim.NetworkConfig {
	return sim.NetworkConfig{
		Delay: []time.Duration{300, 150, 300, 600}[n%4] * time.Millisecond,
		Rate:  []int{20_000, 40_000, 30_000, 40_000}[n%4],
		Loss:  []float64{0.02, 0, 0.01, 0.005}[n%4],
		Seed:  seed + uint64(n),
	}
}

// enrolBox adds a gateway at the server and puts network and eavesdropper
// between it and the broker.
func (c *chaosRun) enrolBox(ctx context.Context, n int) (*box, error) {
	b := &box{name: fmt.Sprintf("gateway %d", n), folder: c.path("sim", fmt.Sprintf("box%d", n))}
	if err := os.MkdirAll(b.folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder of %s: %w", b.name, err)
	}
	e, err := sim.OpenEavesdropper(sim.EavesdropperConfig{
		Broker: c.broker.address, Server: c.certificate, Authority: c.authority.Pool(), Traffic: c.traffic, Seed: c.Seed})
	if err != nil {
		return nil, err
	}
	net := mobile(n, c.Seed)
	net.Target = e.Address()
	if b.network, err = sim.OpenNetwork(net); err != nil {
		return nil, err
	}
	b.eavesdropper, b.delay = e, net.Delay
	file := filepath.Join(b.folder, "enrolment.json")
	_, err = run(ctx, "tikklok", "gateway", "add", b.name, "--site", siteName, "--create-site",
		"--broker", "mqtts://"+b.network.Address(), "--out", file, "--state", c.dir)
	if err != nil {
		return nil, err
	}
	if err := b.takeEnrolment(file); err != nil {
		return nil, err
	}
	c.serve(b.network.Run)
	c.serve(e.Run)
	b.clock = clockFile{Since: time.Now(), Speed: 1, PPM: []float64{12, -30, 0, 25}[n%4], Bound: []uint32{100, 0}[n%2]}
	return b, b.clock.write(filepath.Join(b.folder, "clock"))
}

func (b *box) takeEnrolment(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	if err := json.Unmarshal(raw, &b.enrolment); err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	own, err := tls.X509KeyPair([]byte(b.enrolment.Certificate), []byte(b.enrolment.Key))
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	b.eavesdropper.Know(b.enrolment.Gateway, own)
	return nil
}

// openAuthority gives what signs certificates, and the broker's own: the
// simulator is the server's operator and may use both.
func openAuthority(dir string) (*fleet.Authority, tls.Certificate, error) {
	a, err := fleet.OpenAuthority(dir)
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	c, err := a.ServerCertificate("localhost", "127.0.0.1", "::1")
	return a, c, err
}

func (b *box) journal() string { return filepath.Join(b.folder, "journal") }

// program prepares the gateway's process for the ports of a post.
func (b *box) program(ports []string) {
	args := []string{"gateway", "--enrolment", filepath.Join(b.folder, "enrolment.json"), "--journal", b.journal(),
		"--clock", filepath.Join(b.folder, "clock")}
	for _, p := range ports {
		args = append(args, "--port", p)
	}
	b.process = &process{name: "firmware-sim", args: args, log: filepath.Join(b.folder, "log")}
}

// step sets the machine's clocks.
func (b *box) step(f clockFile) error {
	f.PPM = b.clock.PPM
	return f.write(filepath.Join(b.folder, "clock"))
}

// fileSize keeps the gateway from making any file longer than so many bytes, as
// a full disk would, and works without root; a negative size is no limit.
func (b *box) fileSize(bytes int64) error {
	limit := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if bytes >= 0 {
		limit.Cur = uint64(bytes)
	}
	if err := unix.Prlimit(b.process.pid(), unix.RLIMIT_FSIZE, &limit, nil); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("filling the disk of %s: %w", b.name, err)
	}
	return nil
}
