package fleet

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"tikklok/ingest/durable"
)

// A revocation list is made anew each day, and good for long: a broker that
// finds it too old turns every gateway away.
const (
	listFresh = 24 * time.Hour
	listGood  = 90 * 24 * time.Hour
)

// WriteRevoked keeps the revocation list (RFC 5280, 5), revoked.crl, for
// brokers that can't ask this server. It is written when it changed or is a
// day old.
func (a *Authority) WriteRevoked(all []Revoked, now time.Time) error {
	path := filepath.Join(a.dir, "revoked.crl")
	list := &x509.RevocationList{Number: big.NewInt(now.Unix()), ThisUpdate: now, NextUpdate: now.Add(listGood)}
	for _, r := range all {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: new(big.Int).SetBytes(r.Serial), RevocationTime: r.At})
	}
	old, err := a.readRevoked(path)
	if err == nil && now.Sub(old.ThisUpdate) < listFresh && sameEntries(old.RevokedCertificateEntries, list.RevokedCertificateEntries) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		old = nil // damaged: made anew
	}
	if old != nil && old.Number != nil && old.Number.Cmp(list.Number) >= 0 {
		list.Number.Add(old.Number, big.NewInt(1))
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.certificate, a.key)
	if err != nil {
		return fmt.Errorf("signing the revocation list: %w", err)
	}
	return durable.Write(path, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), 0o644)
}

func (a *Authority) readRevoked(path string) (*x509.RevocationList, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no list in it")
	}
	list, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		return nil, err
	}
	return list, list.CheckSignatureFrom(a.certificate)
}

func sameEntries(a, b []x509.RevocationListEntry) bool { return entriesSum(a) == entriesSum(b) }

// entriesSum names a set of serial numbers that stand in one order.
func entriesSum(all []x509.RevocationListEntry) [32]byte {
	h := sha256.New()
	for _, e := range all {
		fmt.Fprintf(h, "%x ", e.SerialNumber)
	}
	return [32]byte(h.Sum(nil))
}
