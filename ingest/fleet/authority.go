package fleet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/durable"
)

// How long certificates last, and how near its end one is made anew.
const (
	authorityYears = 20
	serverYears    = 1
	gatewayYears   = 2 // renewed at two thirds: a site that rests for a winter is not locked out
	renewBefore    = 60 * 24 * time.Hour
)

// Authority signs the certificates of this service's broker and gateways
// (ECDSA P-256, RFC 5280). Whoever has its key can be any gateway.
type Authority struct {
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

// OpenAuthority reads the authority in a folder, or makes one where there is
// none. A half or unreadable one is refused, never replaced: its gateways
// would be locked out.
func OpenAuthority(dir string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	certificatePEM, errC := os.ReadFile(filepath.Join(dir, "ca.crt"))
	_, errK := os.Stat(filepath.Join(dir, "ca.key"))
	if errors.Is(errC, fs.ErrNotExist) { // the certificate is written last: without it nothing was signed
		return createAuthority(dir)
	}
	if err := errors.Join(errC, errK); err != nil {
		return nil, fmt.Errorf("certificate authority in %s is damaged; put its ca.key and ca.crt back from a backup: %w", dir, err)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key"))
	if err != nil {
		return nil, fmt.Errorf("certificate authority in %s is damaged; put its ca.key and ca.crt back from a backup: %w", dir, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("certificate authority in %s has a key of another kind than ECDSA; put ca.key back from a backup", dir)
	}
	return &Authority{dir: dir, certificate: pair.Leaf, key: key, pem: certificatePEM}, nil
}

func createAuthority(dir string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the authority's key: %w", err)
	}
	template := certificateFor("Tikklok", authorityYears)
	template.IsCA, template.BasicConstraintsValid = true, true
	template.MaxPathLenZero = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making the authority's certificate: %w", err)
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	if err := durable.Write(filepath.Join(dir, "ca.key"), keyPEM, 0o600); err != nil {
		return nil, err
	}
	if err := durable.Write(filepath.Join(dir, "ca.crt"), encodeCertificate(der), 0o644); err != nil {
		return nil, err
	}
	return OpenAuthority(dir)
}

// PEM gives the authority's certificate.
func (a *Authority) PEM() []byte { return slices.Clone(a.pem) }

// Pool gives the authority as what a peer's certificate is checked against.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Certificate gives the authority's own.
func (a *Authority) Certificate() *x509.Certificate { return a.certificate }

// SignGateway certifies a checked request's key as the gateway's (DER); the
// common name is the gateway's id in decimal.
func (a *Authority) SignGateway(id uint32, request *x509.CertificateRequest) ([]byte, error) {
	return a.certify(clientTemplate(strconv.FormatUint(uint64(id), 10)), request.PublicKey)
}

// ErrRequest: a certificate request is no good.
var ErrRequest = errors.New("certificate request")

// ParseRequest reads a certificate request (PKCS #10, RFC 2986) and checks it:
// a P-256 key that signed it, for that gateway or nobody; else ErrRequest.
// What else it asks for is passed over.
func ParseRequest(der []byte, gateway int64) (*x509.CertificateRequest, error) {
	if len(der) > wire.MaxCertificate {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are taken", ErrRequest, len(der), wire.MaxCertificate)
	}
	r, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if RequestKey(r) == nil {
		return nil, fmt.Errorf("%w: want an ECDSA key on P-256", ErrRequest)
	}
	if err := r.CheckSignature(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if n := r.Subject.CommonName; n != "" && n != strconv.FormatInt(gateway, 10) {
		return nil, fmt.Errorf("%w: it is for %q, not for gateway %d", ErrRequest, n, gateway)
	}
	return r, nil
}

// RequestKey gives a request's key; nil when it is not on P-256.
func RequestKey(r *x509.CertificateRequest) *ecdsa.PublicKey {
	if key, ok := r.PublicKey.(*ecdsa.PublicKey); ok && key.Curve == elliptic.P256() {
		return key
	}
	return nil
}

// IssueGateway gives a gateway's key and certificate, for places that no
// network reaches, and the certificate's SHA-256. The key is kept nowhere else.
func (a *Authority) IssueGateway(id uint32) (certPEM, keyPEM []byte, fingerprint [32]byte, err error) {
	der, keyPEM, err := a.issue(clientTemplate(strconv.FormatUint(uint64(id), 10)))
	return encodeCertificate(der), keyPEM, sha256.Sum256(der), err
}

// IssueIngest gives the server's own client certificate for an external broker.
func (a *Authority) IssueIngest() (tls.Certificate, error) {
	der, keyPEM, err := a.issue(clientTemplate("ingest"))
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(encodeCertificate(der), keyPEM)
}

func clientTemplate(name string) *x509.Certificate {
	template := certificateFor(name, gatewayYears)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return template
}

// issue makes a key and certifies it.
func (a *Authority) issue(template *x509.Certificate) (der, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	if keyPEM, err = encodeKey(key); err != nil {
		return nil, nil, err
	}
	der, err = a.certify(template, key.Public())
	return der, keyPEM, err
}

// certify signs; nothing that the authority signed outlives it.
func (a *Authority) certify(template *x509.Certificate, key any) ([]byte, error) {
	if template.NotAfter.After(a.certificate.NotAfter) {
		template.NotAfter = a.certificate.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key, a.key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	return der, nil
}

// certificateFor gives what all certificates share. It begins a day early: a
// gateway's clock may be behind before it first hears the time (I4).
func certificateFor(name string, years int) *x509.Certificate {
	serial := make([]byte, 16)
	rand.Read(serial)
	serial[0] &= 0x7f // RFC 5280, 4.1.2.2: positive
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.AddDate(0, 0, -1),
		NotAfter:     now.AddDate(years, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

// EnrolmentFile gives the file that a gateway is started with where no network
// reaches it, and its certificate (DER) for SetCertificate; key and owner come
// from tenant.Ring. Keep it at mode 0600.
func (a *Authority) EnrolmentFile(gateway uint32, broker string, key wire.TokenKey, owner uint64) (file, der []byte, err error) {
	der, keyPEM, err := a.issue(clientTemplate(strconv.FormatUint(uint64(gateway), 10)))
	if err != nil {
		return nil, nil, err
	}
	file, err = json.MarshalIndent(wire.Enrolment{Gateway: gateway, Broker: broker, Certificate: string(encodeCertificate(der)),
		Key: string(keyPEM), Authority: string(a.pem), Owner: owner, TokenKey: key}, "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("encoding an enrolment: %w", err)
	}
	return append(file, '\n'), der, nil
}

func encodeCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
