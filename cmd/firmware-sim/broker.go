package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// broker is Debian's mosquitto as a process of its own, set up as
// docs/mosquitto.md says, or the one in the server.
type broker struct {
	address string   // host:port
	process *process // nil: it is in the server
}

// mosquittoConf takes the port and the folder of its files. As root it stays
// root, so that it can read them.
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
user root
`

const mosquittoACL = `user ingest
topic read tikklok/v1/+/up
topic read tikklok/v1/+/state
topic write tikklok/v1/+/down

pattern write tikklok/v1/%u/up
pattern write tikklok/v1/%u/state
pattern read tikklok/v1/%u/down
`

// openBroker prepares mosquitto where it is installed; nothing runs yet.
func openBroker(folder string, authority []byte, own tls.Certificate) (*broker, error) {
	at, err := address("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto"
	}
	if _, err := os.Stat(program); err != nil {
		return &broker{address: at}, nil
	}
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("key of the broker: %w", err)
	}
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil, fmt.Errorf("address of the broker: %w", err)
	}
	var number int
	if _, err := fmt.Sscan(port, &number); err != nil {
		return nil, fmt.Errorf("address of the broker: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the broker: %w", err)
	}
	for name, content := range map[string]string{
		"ca.crt":     string(authority),
		"server.crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})),
		"server.key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"acl":        mosquittoACL,
		"conf":       fmt.Sprintf(mosquittoConf, number, folder),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			return nil, fmt.Errorf("settings of the broker: %w", err)
		}
	}
	return &broker{address: at, process: &process{
		name: program, args: []string{"-c", filepath.Join(folder, "conf")}, log: filepath.Join(folder, "log")}}, nil
}

// start starts it and waits until it listens.
func (b *broker) start(ctx context.Context) error {
	if err := b.process.start(); err != nil {
		return err
	}
	return until(ctx, "the broker", 20*time.Second, func() (bool, error) {
		select {
		case <-b.process.gone():
			return true, b.process.diedOf()
		default:
		}
		c, err := net.DialTimeout("tcp", b.address, time.Second)
		if err != nil {
			return false, err
		}
		return true, c.Close()
	})
}
