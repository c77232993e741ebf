package gateway

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

func TestARefusedConnectionSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{x509.UnknownAuthorityError{}, "another server"},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "a"}, "--public-host"},
		{packets.ErrorRefusedNotAuthorised, "revoked"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: unknown certificate authority")}, "refuses the certificate"},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, ""},
		{errNoAnswer, ""},
	} {
		err := fmt.Errorf("%w : %w", packets.ErrorNetworkError, c.err) // as the library wraps it
		if got := remedy(err, usualAnew); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}
