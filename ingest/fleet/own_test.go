package fleet

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"
	"time"
)

func TestTheServersOwnCertificateIsMadeAnewWhileItRuns(t *testing.T) {
	pair := func(days int) tls.Certificate {
		return tls.Certificate{Leaf: &x509.Certificate{NotAfter: time.Now().AddDate(0, 0, days)}}
	}
	next, broken := pair(30), error(nil)
	o, err := newOwn(func() (tls.Certificate, error) { return next, broken })
	if err != nil {
		t.Fatal(err)
	}
	first := o.Pair().Leaf
	next, broken = pair(365), errors.New("disk full")
	if o.Pair().Leaf != first {
		t.Error("it looks at each connection")
	}
	o.checked = time.Now().Add(-2 * ownRest)
	if o.Pair().Leaf != first || !errors.Is(o.Err(), broken) {
		t.Errorf("what can't be made anew: %v", o.Err())
	}
	broken = nil
	o.checked = time.Now().Add(-2 * ownRest)
	if o.Pair().Leaf != next.Leaf || o.Err() != nil {
		t.Errorf("it was not made anew: %v", o.Err())
	}
}
