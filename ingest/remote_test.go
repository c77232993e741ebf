package ingest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tikklok/gateway/wire"
)

// mosquittoConf is how Debian's broker serves gateways: the certificate's
// common name is the user, and each user has its own topics only.
const mosquittoConf = `listener %d 127.0.0.1
protocol mqtt
cafile %[2]s/ca.crt
certfile %[2]s/server.crt
keyfile %[2]s/server.key
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file %[2]s/acl
persistence false
max_packet_size 1050000
max_inflight_messages 200
log_dest file %[2]s/mosquitto.log
`

const mosquittoACL = `user ingest
topic read tikklok/v1/+/up
topic read tikklok/v1/+/state
topic write tikklok/v1/+/down

pattern write tikklok/v1/%u/up
pattern write tikklok/v1/%u/state
pattern read tikklok/v1/%u/down
`

// runMosquitto starts an external broker and gives its address.
func (p *plant) runMosquitto() {
	p.t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto"
	}
	if _, err := os.Stat(program); err != nil {
		p.t.Skip("mosquitto: install it to test external brokers")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir := p.t.TempDir()
	c, err := p.authority.ServerCertificate("127.0.0.1")
	if err != nil {
		p.t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, content := range map[string]string{
		"ca.crt":     string(p.authority.PEM()),
		"server.crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})),
		"server.key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"acl":        mosquittoACL,
		"conf":       fmt.Sprintf(mosquittoConf, port, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // started as root, it becomes the user mosquitto
		p.t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", filepath.Join(dir, "conf"))
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if p.t.Failed() {
			b, _ := os.ReadFile(filepath.Join(dir, "mosquitto.log"))
			p.t.Log(string(b))
		}
	})
	p.broker = fmt.Sprintf("mqtts://127.0.0.1:%d", port)
}

func (p *plant) remote() *Remote {
	p.t.Helper()
	c, err := p.authority.IssueIngest()
	if err != nil {
		p.t.Fatal(err)
	}
	return &Remote{URL: p.broker, TLS: &tls.Config{Certificates: []tls.Certificate{c}, RootCAs: p.authority.Pool()}}
}

func TestTwoReplicasShareAnExternalBroker(t *testing.T) { // I1, I2
	p := newPlant(t)
	p.runMosquitto()
	for range 2 {
		p.start(Config{Remote: p.remote()}, nil)
	}
	a, b := p.enrol(p.site, "a"), p.enrol(p.site, "b")
	a.mustConnect()
	b.mustConnect()
	a.state(wire.State{Online: true, Software: "1.2"})
	for i := range uint64(10) {
		a.submit(batch(log(streamOf(a.gateway, 3), taps(i*10+1, 10, "x"))))
		b.submit(batch(log(wire.Stream{Origin: reader1, Epoch: 4}, taps(i*5+1, 10, ""))))
	}
	p.want(100, "registration WHERE origin = $1", int64(a.id))
	p.want(55, "registration WHERE origin = $1", int64(reader1))
	p.want(0, "name_conflict")
	p.until("online", func() bool { return p.count("gateway WHERE online AND software = '1.2'") == 1 })
}

func TestAnExternalBrokerKeepsGatewaysApart(t *testing.T) { // I1
	p := newPlant(t)
	p.runMosquitto()
	p.start(Config{Remote: p.remote()}, nil)
	a, b := p.enrol(p.site, "a"), p.enrol(p.site, "b")
	a.mustConnect()
	a.client.Publish(topic(b.id, topicUp), 1, false, batch(log(streamOf(b.gateway, 3), taps(1, 2, "x"))).Encode())
	a.submit(batch(log(streamOf(a.gateway, 3), taps(1, 1, "x"))))
	p.want(1, "registration")
}
