package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"tikklok/api"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type serveCommand struct {
	HTTP         string            `default:"127.0.0.1:8080" help:"Where pages and API are served."`
	MQTT         string            `placeholder:"ADDRESS" help:"Where gateways enrol and reach the embedded broker, over TLS; 127.0.0.1:8883 by default, :443 for networks that let nothing else through. With --broker they only enrol there, and only where it is given."`
	PublicHost   []string          `placeholder:"HOST" help:"Names or addresses that gateways reach this server by, besides localhost."`
	Broker       string            `placeholder:"URL" help:"An external broker (mqtts://host:port) instead of the embedded one."`
	PublicBroker string            `placeholder:"URL" help:"Where gateways reach the external broker, if not as --broker says."`
	ClockGoodTo  time.Duration     `default:"0s" help:"Declares this machine's clock good to ± this; 0: only while the operating system disciplines it."`
	Only         string            `enum:",ingest,api" default:"" help:"Serve one half: ingest or api."`
	Secure       bool              `help:"People come over TLS, through a proxy in front."`
	TrustedProxy []netip.Prefix    `placeholder:"CIDR" help:"Networks of proxies in front, whose X-Forwarded-For is believed, for the address lists of API keys."`
	DeliverTo    []netip.Prefix    `placeholder:"CIDR" help:"Networks of this side (private, loopback) that runs may be delivered to by SFTP, webhook or API; without it none of them is."`
	Tenant       string            `default:"Tikklok demo" help:"Name of the tenant made in an empty database."`
	AdminEmail   string            `default:"admin@localhost" help:"Of the administrator made in an empty database."`
	AuditAnchor  string            `placeholder:"FOLDER" help:"Keeps the end of each audit log here too, every night: a share of another machine, say."`
	Place        map[string]string `placeholder:"NAME=REGION/LAW" help:"Declares where data is and under whose law its operator stands, as in --place database=NL/NL --place backups=NL/EU: database, files, backups, broker, mail (the mail server); NL, EU, EEA or other. One outside of a tenant's contract stops the start."`
	ExpectPort   []uint16          `placeholder:"PORT" help:"Ports of this machine that others may reach besides this server's own: compared daily with what is open."`
	Contact      []string          `placeholder:"URI" help:"Where vulnerabilities and abuse are reported, for security.txt: mailto:security@example.com or https://…; without it there is none."`
	PublicURL    string            `placeholder:"URL" help:"Where people reach this server, as in https://tikklok.example.com: for security.txt."`
	NoBackup     bool              `help:"Migrate even where no backup can be made."`
	Mail         mailSettings      `embed:""`
}

// server is what a running serveCommand holds.
type server struct {
	serveCommand
	place     place
	places    []tenant.Place // where data is, as declared
	db        *database
	authority *fleet.Authority
	http      net.Listener // nil: --only ingest
	mqtt      net.Listener // nil: --only api, or an external broker and no enrolment here
}

// Run serves until ctx ends. Ports are taken first, so that one in use is told
// at once, and let go last.
func (c serveCommand) Run(ctx context.Context, p place) (err error) {
	s := &server{serveCommand: c, place: p}
	alone, err := p.claim()
	if err != nil {
		return err
	}
	defer alone.Close()
	if err := s.listen(); err != nil {
		return err
	}
	defer s.closeListeners()
	if s.db, err = p.openDatabase(ctx); err != nil {
		return err
	}
	err = s.serve(ctx)
	return errors.Join(err, s.db.close())
}

func (s *server) serve(ctx context.Context) error {
	if err := s.db.prepare(ctx, s.place, s.NoBackup); err != nil {
		return err
	}
	if err := s.firstStart(ctx); err != nil {
		return err
	}
	s.db.ownTests(ctx, programFolder())
	return s.work(ctx, func() { fmt.Println(s.address()) })
}

// work serves on a database that was prepared, until ctx ends; ready is called
// when all parts are about to run.
func (s *server) work(ctx context.Context, ready func()) error {
	if err := s.placed(ctx); err != nil {
		return err
	}
	if s.Only != "api" {
		var err error
		if s.authority, err = fleet.OpenAuthority(s.place.folder("authority")); err != nil {
			return err
		}
	}
	parts, pools, err := s.parts(ctx)
	defer closeAll(pools)
	if err != nil {
		return err
	}
	ready()
	return runParts(ctx, parts)
}

// claim keeps a second server out of the state folder; the system lets go of
// it when this one dies, however it dies.
func (p place) claim() (*os.File, error) {
	if err := os.MkdirAll(p.State, 0o755); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	f, err := os.OpenFile(p.folder("serve.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another tikklok serves from %s; stop it, or choose another folder with --state", p.State), f.Close())
	}
	return f, nil
}

func (s *server) listen() (err error) {
	for _, c := range s.Contact {
		if err := api.CheckContact(c); err != nil {
			return fmt.Errorf("--contact: %w", err)
		}
	}
	if s.PublicURL != "" {
		if err := api.CheckPublicURL(s.PublicURL); err != nil {
			return fmt.Errorf("--public-url: %w", err)
		}
	}
	if s.Only != "ingest" {
		if s.http, err = listen(s.HTTP, "--http"); err != nil {
			return err
		}
	}
	if s.MQTT == "" && s.Broker == "" {
		s.MQTT = "127.0.0.1:8883"
	}
	if s.Only != "api" && s.MQTT != "" {
		s.mqtt, err = listen(s.MQTT, "--mqtt")
	}
	if err != nil {
		s.closeListeners()
	}
	return err
}

func listen(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; stop that one, or choose another address with %s", address, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s (%s): %w", address, flag, err)
	}
	return l, nil
}

// closeListeners closes what the parts that ran have not closed already.
func (s *server) closeListeners() {
	for _, l := range []net.Listener{s.http, s.mqtt} {
		if l != nil {
			_ = l.Close()
		}
	}
}

// address is the line that says where the server is.
func (s *server) address() string {
	line := "tikklok " + version + ":"
	if s.http != nil {
		line += " http://" + s.http.Addr().String()
	}
	if s.mqtt != nil && s.Broker == "" {
		line += " mqtts://" + s.mqtt.Addr().String()
	}
	if s.Broker != "" && s.Only != "api" {
		line += " " + s.Broker
	}
	return line
}

func closeAll(pools []*pg.DB) {
	for _, db := range pools {
		db.Close()
	}
}

// hosts are the names in the broker's certificate.
func (s *server) hosts() []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, h := range s.PublicHost {
		if h != "localhost" && h != "127.0.0.1" && h != "::1" {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

func warn(err error, what string) {
	if err != nil && !errors.Is(err, context.Canceled) {
		slog.Warn(what, "error", err)
	}
}
