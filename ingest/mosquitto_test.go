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
	"strconv"
	"strings"
	"syscall"
	"time"

	"tikklok/gateway/wire/wiretest"
	"tikklok/ingest/fleet"
)

// mosquitto is Debian's broker with the configuration that is shipped.
type mosquitto struct {
	*plant
	dir   string
	ports [2]int // of gateways, of servers
	cmd   *exec.Cmd
}

// shippedFolder is where the configuration expects its files.
const shippedFolder = "/etc/mosquitto/tikklok"

// runMosquitto starts an external broker and gives its address.
func (p *plant) runMosquitto() *mosquitto {
	p.t.Helper()
	m := &mosquitto{plant: p, dir: p.t.TempDir()}
	m.choosePorts()
	m.configure()
	p.broker, p.servers = fmt.Sprintf("mqtts://127.0.0.1:%d", m.ports[0]), fmt.Sprintf("mqtts://127.0.0.1:%d", m.ports[1])
	m.start()
	p.t.Cleanup(func() {
		m.kill()
		if p.t.Failed() {
			b, _ := os.ReadFile(filepath.Join(m.dir, "mosquitto.log"))
			p.t.Log(string(b))
		}
	})
	return m
}

func (m *mosquitto) choosePorts() {
	m.t.Helper()
	for i := range m.ports {
		_, port, _ := net.SplitHostPort(wiretest.Address(m.t))
		m.ports[i], _ = strconv.Atoi(port)
	}
}

// configure writes what the shipped configuration names, and changes in that
// only where things are.
func (m *mosquitto) configure() {
	c, err := m.authority.ServerCertificate("127.0.0.1")
	if err != nil {
		m.t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		m.t.Fatal(err)
	}
	conf := strings.NewReplacer(shippedFolder, m.dir, "listener 8883", fmt.Sprintf("listener %d 127.0.0.1", m.ports[0]),
		"listener 8884", fmt.Sprintf("listener %d 127.0.0.1", m.ports[1])).Replace(m.shipped("tikklok.conf"))
	m.revoke()
	for name, content := range map[string]string{
		"ca.crt":     string(m.authority.PEM()),
		"server.crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})),
		"server.key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"acl":        m.shipped("acl"),
		"conf":       conf + "log_dest file " + filepath.Join(m.dir, "mosquitto.log") + "\n",
	} {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o644); err != nil {
			m.t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Dir(m.dir), 0o755); err != nil { // started as root, it becomes the user mosquitto
		m.t.Fatal(err)
	}
	if err := os.Chmod(m.dir, 0o777); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mosquitto) shipped(name string) string {
	b, err := os.ReadFile(filepath.Join("..", "docs", "mosquitto", name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

// revoke writes the revocation list as the server does.
func (m *mosquitto) revoke(serials ...[]byte) {
	var all []fleet.Revoked
	for _, s := range serials {
		all = append(all, fleet.Revoked{Serial: s, At: time.Now()})
	}
	if err := m.authority.WriteRevoked(all, time.Now()); err != nil {
		m.t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(m.folder, "revoked.crl"))
	if err == nil {
		err = os.WriteFile(filepath.Join(m.dir, "revoked.crl"), b, 0o644)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// start starts it and waits until it answers.
func (m *mosquitto) start() {
	m.t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto"
	}
	if _, err := os.Stat(program); err != nil {
		m.t.Skip("mosquitto: install it to test external brokers")
	}
	m.cmd = exec.Command(program, "-c", filepath.Join(m.dir, "conf"))
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.until("the broker answers", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", m.ports[1])) // opened last
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (m *mosquitto) kill() {
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
	}
}

// remote is how ingest reaches the broker.
func (p *plant) remote() *Remote {
	p.t.Helper()
	c, err := p.authority.IssueIngest()
	if err != nil {
		p.t.Fatal(err)
	}
	return &Remote{URL: p.servers, TLS: &tls.Config{Certificates: []tls.Certificate{c}, RootCAs: p.authority.Pool()}}
}
