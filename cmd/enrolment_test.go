package cmd_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/gateway"
	"tikklok/gateway/wire"
	"tikklok/ingest"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// office is a server that takes gateways: the shipped ingest with its embedded
// broker on a real PostgreSQL.
type office struct {
	t         testing.TB
	url       string
	dir       string // of the authority
	authority *fleet.Authority
	app       *pg.DB
	tenant    int64
	site      int64
	address   string
}

var operator = audit.Actor{Kind: audit.Operator}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, url: pgtest.URL(t), dir: t.TempDir()}
	var err error
	o.authority, err = fleet.OpenAuthority(o.dir)
	o.must(err)
	o.app, o.tenant = pgtest.Open(t, o.url, pg.RoleApp), pgtest.Tenant(t, o.url, "Bakkerij Vos")
	o.in(func(ctx context.Context, tx pg.Tx) error {
		site, err := fleet.AddSite(ctx, tx, operator, "Utrecht")
		o.must(err)
		o.site = site.ID
		_, err = tenant.CreateKey(ctx, tx, operator)
		o.must(err)
		return fleet.RecordService(ctx, tx, fleet.CertificateAuthority, o.authority.Certificate())
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	o.must(err)
	o.address = l.Addr().String()
	own, err := o.authority.Broker("127.0.0.1")
	o.must(err)
	o.run(func(ctx context.Context) error {
		return ingest.Run(ctx, ingest.Config{DB: pgtest.Open(t, o.url, pg.RoleIngest), App: o.app, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
			Listener: l, Own: own, Authority: o.authority, ClockGoodTo: 50 * time.Millisecond, Round: 50 * time.Millisecond})
	})
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) in(fn func(ctx context.Context, tx pg.Tx) error) {
	o.t.Helper()
	o.must(o.app.InTenant(context.Background(), o.tenant, func(tx pg.Tx) error { return fn(context.Background(), tx) }))
}

// run runs something until the test ends, or stop is called.
func (o *office) run(work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			o.t.Error(err)
		}
	})
	o.t.Cleanup(stop)
	return stop
}

// gateway adds one with a code.
func (o *office) gateway(name string) (id int64, code fleet.Code) {
	o.t.Helper()
	o.in(func(ctx context.Context, tx pg.Tx) error {
		g, err := fleet.AddGateway(ctx, tx, operator, o.site, name)
		o.must(err)
		id = g.ID
		code, err = fleet.NewCode(ctx, tx, operator, id, time.Hour, time.Now())
		return err
	})
	return id, code
}

func (o *office) exec(sql string, args ...any) int64 {
	o.t.Helper()
	return pgtest.Exec(o.t, o.url, sql, args...)
}

// until waits for a condition of the database.
func (o *office) until(what, sql string, args ...any) {
	o.t.Helper()
	for end := time.Now().Add(20 * time.Second); o.exec("SELECT count(*) FROM "+sql, args...) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			o.t.Fatalf("never: %s", what)
		}
	}
}

// enrol tries on a device whose file is in dir.
func (o *office) enrol(dir string, code wire.Code) (wire.Enrolment, error) {
	return gateway.Enrol(context.Background(), gateway.Enrolling{Server: o.address, Code: code,
		File: filepath.Join(dir, "enrolment.json"), Log: slog.New(slog.DiscardHandler)})
}

// start runs a gateway without readers on the file in dir.
func (o *office) start(dir string) (stop func()) { return o.startLogged(dir, io.Discard) }

func (o *office) startLogged(dir string, log io.Writer) (stop func()) {
	o.t.Helper()
	file := filepath.Join(dir, "enrolment.json")
	e, err := gateway.LoadEnrolment(file)
	o.must(err)
	return o.run(func(ctx context.Context) error {
		return gateway.Run(ctx, gateway.Config{Enrolment: e, File: file, Journal: filepath.Join(dir, "journal"), Software: "test",
			Log: slog.New(slog.NewTextHandler(log, nil)), Machine: gateway.Machine{Disciplined: func() (uint32, bool) { return 100, true }}})
	})
}

func TestADeviceBecomesAGatewayByACode(t *testing.T) {
	o, dir := newOffice(t), t.TempDir()
	id, code := o.gateway("Receptie")
	e, err := o.enrol(dir, code.Code)
	o.must(err)
	if int64(e.Gateway) != id || e.Broker != "mqtts://"+o.address || len(e.TokenKey.Secret) != 32 {
		t.Errorf("enrolment of gateway %d at %s", e.Gateway, e.Broker)
	}
	info, err := os.Stat(filepath.Join(dir, "enrolment.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "enrolment.json.new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the key's file is left: %v", err)
	}
	o.start(dir)
	o.until("online", "gateway WHERE online AND gateway_id = $1", id)
	o.until("seen in use", "gateway_certificate WHERE used_at IS NOT NULL AND gateway_id = $1", id)
	o.in(func(ctx context.Context, tx pg.Tx) error {
		key, err := fleet.GatewayKey(ctx, tx, id)
		pair, _ := tls.X509KeyPair([]byte(e.Certificate), []byte(e.Key))
		if err == nil && !key.Equal(pair.Leaf.PublicKey) {
			t.Error("the server knows another key")
		}
		return err
	})
}

func TestWhatCodesAreRefused(t *testing.T) {
	o := newOffice(t)
	other, err := fleet.OpenAuthority(t.TempDir())
	o.must(err)
	for name, c := range map[string]struct {
		before func(id int64, code *wire.Code)
		want   string
	}{
		"used by another device": {func(_ int64, code *wire.Code) { _, err := o.enrol(t.TempDir(), *code); o.must(err) }, "this code was used on"},
		"expired": {func(id int64, _ *wire.Code) {
			o.exec("UPDATE enrolment_code SET valid_until = now() WHERE gateway_id = $1", id)
		}, "this code was valid until"},
		"replaced by a newer one": {func(id int64, _ *wire.Code) {
			o.in(func(ctx context.Context, tx pg.Tx) error {
				_, err := fleet.NewCode(ctx, tx, operator, id, time.Hour, time.Now())
				return err
			})
		}, "a newer code was made"},
		"of a revoked gateway": {func(id int64, _ *wire.Code) {
			o.in(func(ctx context.Context, tx pg.Tx) error {
				return fleet.RevokeGateway(ctx, tx, operator, id, time.Now())
			})
		}, "it was revoked"},
		"made up":           {func(_ int64, code *wire.Code) { code.Secret[0]++ }, "knows no such code"},
		"of another server": {func(_ int64, code *wire.Code) { code.Server = wire.ServerPrint(other.Certificate().Raw) }, "another server answers"},
	} {
		t.Run(name, func(t *testing.T) {
			id, code := o.gateway(name)
			c.before(id, &code.Code)
			dir := t.TempDir()
			if _, err := o.enrol(dir, code.Code); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "enrolment.json")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a file was written: %v", err)
			}
		})
	}
	if n := o.exec("SELECT count(*) FROM audit_entry WHERE action = 'gateway.enrol-refused'"); n != 4 {
		t.Errorf("%d refusals are audited, want 4", n)
	}
}

// The server could not store what it granted: nothing happened.
func TestAnEnrolmentThatFailsBeforeItsCommitSucceedsLater(t *testing.T) {
	o, dir := newOffice(t), t.TempDir()
	id, code := o.gateway("Receptie")
	o.exec(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$`)
	o.exec("CREATE TRIGGER fail BEFORE INSERT ON gateway_certificate EXECUTE FUNCTION fail()")
	if _, err := o.enrol(dir, code.Code); err == nil || !strings.Contains(err.Error(), "the same command again") || strings.Contains(err.Error(), "disk") {
		t.Errorf("%v", err)
	}
	if n := o.exec("SELECT count(*) FROM enrolment_code WHERE used_at IS NOT NULL"); n != 0 {
		t.Error("the code counts as used")
	}
	o.exec("DROP TRIGGER fail ON gateway_certificate")
	e, err := o.enrol(dir, code.Code)
	if err != nil || int64(e.Gateway) != id {
		t.Errorf("gateway %d, %v", e.Gateway, err)
	}
}

// The server granted, and the answer was lost on the way.
func TestAnEnrolmentWhoseAnswerWasLostIsAnsweredAgain(t *testing.T) {
	o, dir := newOffice(t), t.TempDir()
	id, code := o.gateway("Receptie")
	e, err := o.enrol(dir, code.Code)
	o.must(err)
	// As the device stands when the answer doesn't arrive: a key, and no file.
	o.must(os.Remove(filepath.Join(dir, "enrolment.json")))
	o.must(os.WriteFile(filepath.Join(dir, "enrolment.json.new"), []byte(e.Key), 0o600))
	again, err := o.enrol(dir, code.Code)
	o.must(err)
	if again.Certificate != e.Certificate {
		t.Error("another certificate was made")
	}
	if n := o.exec("SELECT count(*) FROM gateway_certificate WHERE gateway_id = $1", id); n != 1 {
		t.Errorf("%d certificates", n)
	}
	o.exec("UPDATE enrolment_code SET valid_until = now()")
	o.must(os.Remove(filepath.Join(dir, "enrolment.json")))
	o.must(os.WriteFile(filepath.Join(dir, "enrolment.json.new"), []byte(e.Key), 0o600))
	if _, err := o.enrol(dir, code.Code); err == nil || !strings.Contains(err.Error(), "valid until") {
		t.Errorf("after its time: %v", err)
	}
}

func TestWhoRunsTheCommandTwiceIsNotSentToRevokeTheGateway(t *testing.T) {
	o, dir := newOffice(t), t.TempDir()
	_, code := o.gateway("Receptie")
	_, err := o.enrol(dir, code.Code)
	o.must(err)
	if _, err = o.enrol(dir, code.Code); err == nil || !strings.Contains(err.Error(), "or was it this device?") {
		t.Errorf("the second time: %v", err)
	}
	if _, err = o.enrol(t.TempDir(), code.Code); err == nil || strings.Contains(err.Error(), "or was it this device?") {
		t.Errorf("another device: %v", err)
	}
}

func TestAnotherGatewaysFileIsKept(t *testing.T) {
	o, dir := newOffice(t), t.TempDir()
	_, first := o.gateway("Receptie")
	id, second := o.gateway("Kantine")
	_, err := o.enrol(dir, first.Code)
	o.must(err)
	file := filepath.Join(dir, "enrolment.json")
	before, _ := os.ReadFile(file)
	if _, err := o.enrol(dir, second.Code); !errors.Is(err, gateway.ErrAnother) {
		t.Errorf("%v", err)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("it was written over")
	}
	e, err := gateway.Enrol(t.Context(), gateway.Enrolling{Server: o.address, Code: second.Code, File: file, Replace: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil || int64(e.Gateway) != id {
		t.Errorf("the code did not survive: gateway %d, %v", e.Gateway, err)
	}
}

// The device that was swapped works until the one in its place has connected.
func TestASwappedDeviceIsLetInUntilTheOtherOneConnected(t *testing.T) {
	o, old, next := newOffice(t), t.TempDir(), t.TempDir()
	id, code := o.gateway("Receptie")
	_, err := o.enrol(old, code.Code)
	o.must(err)
	stop := o.start(old)
	o.until("online", "gateway WHERE online AND gateway_id = $1", id)
	o.in(func(ctx context.Context, tx pg.Tx) (err error) {
		code, err = fleet.NewCode(ctx, tx, operator, id, time.Hour, time.Now())
		return err
	})
	_, err = o.enrol(next, code.Code)
	o.must(err)
	if n := o.exec("SELECT count(*) FROM gateway_certificate WHERE gateway_id = $1 AND ended_at IS NULL", id); n != 2 {
		t.Errorf("%d certificates are good, want 2", n)
	}
	stop()
	o.start(next)
	o.until("the old certificate ended", "gateway_certificate WHERE ended_at IS NOT NULL AND gateway_id = $1", id)
	if n := o.exec("SELECT count(*) FROM gateway_certificate WHERE gateway_id = $1 AND ended_at IS NULL", id); n != 1 {
		t.Errorf("%d certificates are good, want 1", n)
	}
}

// old puts a certificate of two years ago on record and in the device's file.
func (o *office) old(dir string, id int64, ends time.Time) wire.Enrolment {
	o.t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(o.dir, "ca.crt"), filepath.Join(o.dir, "ca.key"))
	o.must(err)
	file := filepath.Join(dir, "enrolment.json")
	e, err := gateway.LoadEnrolment(file)
	o.must(err)
	block, _ := pem.Decode([]byte(e.Key))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	o.must(err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: fmt.Sprint(id)}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: ends, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, pair.Leaf, key.(*ecdsa.PrivateKey).Public(), pair.PrivateKey)
	o.must(err)
	e.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	o.in(func(ctx context.Context, tx pg.Tx) error {
		return fleet.SetCertificate(ctx, tx, operator, id, der, time.Now())
	})
	// As if it had been issued back then: else it counts as one just renewed.
	o.exec("UPDATE gateway_certificate SET issued_at = now() - interval '2 years', used_at = now() - interval '2 years' WHERE gateway_id = $1", id)
	text, err := json.Marshal(e)
	o.must(err)
	o.must(os.WriteFile(file, text, 0o600))
	return e
}

// A device that lay in a drawer: its taps are kept, and it says what to do.
func TestAnExpiredCertificateSaysWhatToDo(t *testing.T) {
	o, dir := newOffice(t), t.TempDir()
	id, code := o.gateway("Receptie")
	_, err := o.enrol(dir, code.Code)
	o.must(err)
	o.old(dir, id, time.Now().Add(-time.Hour))
	var log told
	stop := o.startLogged(dir, &log)
	for end := time.Now().Add(20 * time.Second); strings.Count(log.String(), "has ended; make a code with") < 2; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it says %s", log.String())
		}
	}
	stop()
	o.in(func(ctx context.Context, tx pg.Tx) (err error) {
		code, err = fleet.NewCode(ctx, tx, operator, id, time.Hour, time.Now())
		return err
	})
	if _, err = o.enrol(dir, code.Code); err != nil {
		t.Fatal(err)
	}
	o.start(dir)
	o.until("online", "gateway WHERE online AND gateway_id = $1", id)
}

// told is a log that is read while it is written.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *told) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *told) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestAGatewayRenewsItsCertificateByItself(t *testing.T) {
	o, dir := newOffice(t), t.TempDir()
	id, code := o.gateway("Receptie")
	_, err := o.enrol(dir, code.Code)
	o.must(err)
	before := o.old(dir, id, time.Now().AddDate(0, 0, 20))
	alarms := func() (n int) {
		o.in(func(ctx context.Context, tx pg.Tx) error {
			all, err := fleet.ExpiringCertificates(ctx, tx, time.Now())
			n = len(all)
			return err
		})
		return n
	}
	if alarms() != 1 {
		t.Error("a certificate that ends in 20 days does not alarm")
	}
	o.start(dir)
	o.until("the new one is in use", "gateway_certificate WHERE gateway_id = $1 AND used_at IS NOT NULL AND ended_at IS NULL AND not_after > now() + interval '1 year'", id)
	o.until("the old one ended", "gateway_certificate WHERE gateway_id = $1 AND ended_at IS NOT NULL AND serial = '\\x1267'", id)
	var after wire.Enrolment
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		after, err = gateway.LoadEnrolment(filepath.Join(dir, "enrolment.json"))
		if o.must(err); after.Renewal == nil && after.Certificate != before.Certificate {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the device did not keep it")
		}
	}
	if after.Key == before.Key || after.TokenKey.Version != before.TokenKey.Version {
		t.Error("the key is the old one, or something else changed")
	}
	if alarms() != 0 {
		t.Error("it alarms still")
	}
	o.until("online", "gateway WHERE online AND gateway_id = $1", id)
}
