package fleet_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

func openAuthority(t *testing.T, dir string) *fleet.Authority {
	t.Helper()
	a, err := fleet.OpenAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheAuthorityIsMadeOnceAndItsKeyIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	first, second := openAuthority(t, dir), openAuthority(t, dir)
	if !bytes.Equal(first.PEM(), second.PEM()) {
		t.Error("opening it again made another one")
	}
	info, err := os.Stat(filepath.Join(dir, "ca.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("ca.key has mode %v, %v", info.Mode(), err)
	}
}

func TestADamagedAuthorityIsRefusedNeverReplaced(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"no key":              func(dir string) error { return os.Remove(filepath.Join(dir, "ca.key")) },
		"half a certificate":  func(dir string) error { return os.Truncate(filepath.Join(dir, "ca.crt"), 100) },
		"another one's key":   func(dir string) error { return copyKeyOfAnother(t, dir) },
		"an empty key":        func(dir string) error { return os.Truncate(filepath.Join(dir, "ca.key"), 0) },
		"an empty certificat": func(dir string) error { return os.Truncate(filepath.Join(dir, "ca.crt"), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			openAuthority(t, dir)
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(filepath.Join(dir, "ca.crt"))
			if _, err := fleet.OpenAuthority(dir); err == nil {
				t.Error("it was opened")
			}
			if after, _ := os.ReadFile(filepath.Join(dir, "ca.crt")); !bytes.Equal(before, after) {
				t.Error("it was replaced")
			}
		})
	}
}

func copyKeyOfAnother(t *testing.T, dir string) error {
	other := t.TempDir()
	openAuthority(t, other)
	key, err := os.ReadFile(filepath.Join(other, "ca.key"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "ca.key"), key, 0o600)
}

func TestAKeyWithoutACertificateSignedNothingAndIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	openAuthority(t, dir)
	if err := os.Remove(filepath.Join(dir, "ca.crt")); err != nil {
		t.Fatal(err)
	}
	openAuthority(t, dir)
}

func TestTheBrokersCertificateFollowsItsHosts(t *testing.T) {
	a := openAuthority(t, t.TempDir())
	serial := func(hosts ...string) string {
		pair, err := a.ServerCertificate(hosts...)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hosts {
			if _, err := leaf.Verify(x509.VerifyOptions{DNSName: h, Roots: a.Pool()}); err != nil {
				t.Errorf("%s: %v", h, err)
			}
		}
		return leaf.SerialNumber.String()
	}
	first := serial("localhost", "127.0.0.1")
	if serial("localhost", "127.0.0.1") != first {
		t.Error("the same hosts gave another certificate")
	}
	if serial("localhost", "127.0.0.1", "clock.example") == first {
		t.Error("more hosts gave the same certificate")
	}
	if serial("clock.example") == first {
		t.Error("fewer hosts gave the same certificate")
	}
}

func TestAnEnrolmentHasAllThatAGatewayNeeds(t *testing.T) {
	a := openAuthority(t, t.TempDir())
	key := wire.TokenKey{Version: 3, Secret: bytes.Repeat([]byte{7}, 32)}
	file, der, err := a.EnrolmentFile(42, "mqtts://clock.example:8883", key, key.Owner())
	if err != nil {
		t.Fatal(err)
	}
	var e wire.Enrolment
	if err := json.Unmarshal(file, &e); err != nil {
		t.Fatal(err)
	}
	if e.Gateway != 42 || e.Broker != "mqtts://clock.example:8883" || e.Owner != key.Owner() || e.TokenKey.Version != 3 {
		t.Errorf("enrolment %+v", e)
	}
	if _, err := tls.X509KeyPair([]byte(e.Certificate), []byte(e.Key)); err != nil {
		t.Error(err)
	}
	block, _ := pem.Decode([]byte(e.Certificate))
	if !bytes.Equal(block.Bytes, der) {
		t.Error("another certificate came beside it")
	}
	leaf, _ := x509.ParseCertificate(block.Bytes)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(e.Authority))
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err == nil {
		t.Error("a gateway could pose as the broker")
	}
	if leaf.Subject.CommonName != "42" || time.Until(leaf.NotAfter) > 3*365*24*time.Hour {
		t.Errorf("common name %q until %s", leaf.Subject.CommonName, leaf.NotAfter)
	}
}
