package ingest

import (
	"net"
	"testing"
	"time"
)

func at(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 1} }

func TestWrongCodesAreThrottledByAddress(t *testing.T) {
	a, now := newAttempts(), time.Unix(1_790_000_000, 0)
	for i := range wrongBurst {
		if w := a.wait(at("192.0.2.1"), now); w > 0 {
			t.Fatalf("after %d wrong codes: wait %v", i, w)
		}
		a.count(at("192.0.2.1"), now)
	}
	w := a.wait(at("192.0.2.1"), now)
	if w <= 0 || w > wrongEvery {
		t.Errorf("after %d wrong codes: wait %v", wrongBurst, w)
	}
	if a.wait(at("192.0.2.2"), now) > 0 {
		t.Error("another address has to wait too")
	}
	if a.wait(at("192.0.2.1"), now.Add(w)) > 0 {
		t.Error("it has to wait longer than it was told")
	}
	a.count(at("2001:db8::1"), now)
	if len(a.by) != 2 || a.by[network(at("2001:db8::ffff"))] == nil {
		t.Error("an IPv6 network counts as many addresses")
	}
}

func TestWrongCodesAreThrottledAltogether(t *testing.T) {
	a, now := newAttempts(), time.Unix(1_790_000_000, 0)
	for i := range wrongAllMost {
		a.count(at(net.IPv4(10, 0, byte(i/5), 1).String()), now)
	}
	if w := a.wait(at("10.0.0.1"), now); w <= 0 || w > wrongAll {
		t.Errorf("wait %v", w)
	}
	if a.wait(at("10.0.0.1"), now.Add(wrongAll)) > 0 {
		t.Error("a second later it still has to wait")
	}
	if w := a.wait(at("192.0.2.1"), now); w > 0 {
		t.Errorf("strangers keep a device out for %v that has shown no wrong code", w)
	}
}

func TestStrangersCannotFillTheMemory(t *testing.T) {
	a, now := newAttempts(), time.Unix(1_790_000_000, 0)
	for i := range 3 * wrongKept {
		a.count(at(net.IPv4(10, byte(i>>16), byte(i>>8), byte(i)).String()), now)
	}
	if len(a.by) > wrongKept {
		t.Errorf("%d addresses are kept", len(a.by))
	}
}
