package fleet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
)

func FuzzParseRequest(f *testing.F) {
	for _, name := range []string{"", "7", "8"} {
		for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384()} {
			key, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				f.Fatal(err)
			}
			der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(der)
		}
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		r, err := ParseRequest(der, 7)
		if err != nil {
			return
		}
		if RequestKey(r) == nil || r.CheckSignature() != nil || r.Subject.CommonName != "" && r.Subject.CommonName != "7" {
			t.Errorf("taken: %+v", r.Subject)
		}
	})
}
