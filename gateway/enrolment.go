package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"

	"tikklok/gateway/wire"
)

// LoadEnrolment reads the file that "tikklok gateway add" wrote.
func LoadEnrolment(path string) (wire.Enrolment, error) {
	var e wire.Enrolment
	b, err := os.ReadFile(path)
	if err != nil {
		return e, fmt.Errorf("read enrolment: %w: make one with \"tikklok gateway add NAME\" on the server", err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("read enrolment %s: %w", path, err)
	}
	if err := checkEnrolment(e); err != nil {
		return e, fmt.Errorf("enrolment %s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return e, fmt.Errorf("enrolment %s can be read by others, and whoever has it can submit taps: chmod 600 %s", path, path)
	}
	return e, nil
}

func checkEnrolment(e wire.Enrolment) error {
	if e.Gateway == 0 {
		return errors.New("it names no gateway: is it the file that \"tikklok gateway add NAME\" wrote?")
	}
	if v := e.TokenKey.Version; v == 0 || v > wire.MaxKeyVersion || len(e.TokenKey.Secret) != 32 {
		return fmt.Errorf("token_key: version %d with %d bytes, want 1…%d with 32", v, len(e.TokenKey.Secret), wire.MaxKeyVersion)
	}
	_, err := tlsConfig(e)
	return err
}

// tlsConfig speaks TLS 1.3 only, to a broker that the enrolment's authority
// vouches for.
func tlsConfig(e wire.Enrolment) (*tls.Config, error) {
	broker, err := url.Parse(e.Broker)
	if err != nil || broker.Scheme != "mqtts" || broker.Hostname() == "" || broker.Port() == "" {
		return nil, fmt.Errorf("broker %q: want mqtts://host:port", e.Broker)
	}
	pair, err := tls.X509KeyPair([]byte(e.Certificate), []byte(e.Key))
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(e.Authority)) {
		return nil, errors.New("authority: no certificate in it")
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, RootCAs: pool, ServerName: broker.Hostname(),
	}, nil
}
