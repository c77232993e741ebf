package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressOf gives the network address that a request comes from: the peer's,
// or, where that is one of our proxies, the last one in X-Forwarded-For that
// is not. What stands before it was written by whoever sent the request and is
// not believed. The zero address: a proxy did not say, or said nonsense; it is
// on no list.
func addressOf(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := plain(peer.Addr())
	if !among(proxies, address) {
		return address
	}
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(said) {
		if address = parseForwarded(strings.TrimSpace(text)); !among(proxies, address) {
			return address
		}
	}
	return address
}

// parseForwarded reads an address as proxies write it: bare, with a port, or
// an IPv6 one in brackets.
func parseForwarded(text string) netip.Addr {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return plain(a)
	}
	if a, err := netip.ParseAddrPort(text); err == nil {
		return plain(a.Addr())
	}
	return netip.Addr{}
}

func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func among(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}
