package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
)

// whyOf sorts an error; its text stays out of the record.
func whyOf(err error) Why {
	var net net.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &certificate), errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return WhyTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &net) && net.Timeout():
		return WhyTimeout
	}
	return WhyConnection
}

// remedy says what to do about an error; "": what comes and goes by itself.
func remedy(err error) string {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var dns *net.DNSError
	switch {
	case errors.As(err, &authority):
		return ": this machine does not trust who signed the server's certificate; if that is an authority of your own, give the probe its certificate in a file by SSL_CERT_FILE"
	case errors.As(err, &name):
		return ": the certificate is another name's; call the server by that name in the probe's file"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return ": the server's certificate has ended or does not hold yet; renew it, or set this machine's clock"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return ": no TLS is spoken there; should \"server\" in the probe's file begin with http://, or name another port?"
	case errors.As(err, &dns) && dns.IsNotFound:
		return ": look at \"server\" in the probe's file, and at this machine's DNS"
	}
	return ""
}
