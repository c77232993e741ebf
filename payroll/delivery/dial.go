package delivery

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

const (
	dialTimeout = 15 * time.Second
	idleTimeout = 30 * time.Second // of an SFTP connection on which nothing moves
	callTimeout = 30 * time.Second // of one HTTP request with its answer
	signTimeout = time.Minute      // of signing in to an SFTP server
)

// longest is how long an attempt at that many bytes may take, at 16 KB a second:
// an end that takes a byte now and then must not keep a worker for ever.
func longest(size int64) time.Duration {
	return 10*time.Minute + time.Duration(size/(16<<10))*time.Second
}

// shared are networks that are not private by name, but lead to neighbours of
// this machine or, as embedded IPv4, to any of the others.
var shared = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("168.63.129.16/32"), // of the host, in a cloud of Microsoft's
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
}

// among says whether a network in the list holds the address.
func among(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// dial connects to an address that may be delivered to. The check is made on
// what the name led to, at the moment of connecting, so that no second answer
// of the name's server goes round it.
func (c Courier) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return c.mayReach(to.Addr())
	}}
	return d.DialContext(ctx, network, address)
}

var errOwnSide = errors.New("the address lies in a network of the server's own side; the operator can allow it with --deliver-to")

// mayReach refuses networks of this side that the operator has not named.
func (c Courier) mayReach(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	if c.private(a) && !among(c.Private, a) {
		return errOwnSide
	}
	return nil
}

func (c Courier) private(a netip.Addr) bool {
	return !a.IsGlobalUnicast() || a.IsPrivate() || among(shared, a)
}
