// Package port promises that a port of the server that nobody expects to be
// open is found within a day and recorded (OB-C16). It compares what listens
// here, or what answers from outside, with a list; a look that failed is an
// error and never "nothing is open".
package port

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Seen is from where a comparison looked.
type Seen string

// The places.
const (
	Inside  Seen = "inside"  // the system's own list of what listens
	Outside Seen = "outside" // connections, as from the probe's host
)

// Check is one comparison. Ports rise.
type Check struct {
	At         time.Time
	Seen       Seen
	Host       string // the machine, or the address that was scanned
	Probe      string // that told it; "": the server itself or its operator
	Open       []uint16
	Unexpected []uint16 // open, and not on the list
	Missing    []uint16 // on the list, and not open
}

// Fine says whether there is no difference.
func (c Check) Fine() bool { return len(c.Unexpected) == 0 && len(c.Missing) == 0 }

// Compare fills Unexpected and Missing; open and expected may be in any order
// and hold a port twice.
func Compare(at time.Time, seen Seen, host string, open, expected []uint16) Check {
	open, expected = sorted(open), sorted(expected)
	without := func(all, some []uint16) []uint16 {
		return slices.DeleteFunc(slices.Clone(all), func(p uint16) bool { return slices.Contains(some, p) })
	}
	return Check{At: at, Seen: seen, Host: host, Open: open, Unexpected: without(open, expected), Missing: without(expected, open)}
}

func sorted(ports []uint16) []uint16 {
	out := slices.Clone(ports)
	slices.Sort(out)
	return slices.Compact(out)
}

// Every is how often ports are compared.
const Every = 24 * time.Hour

// Due says whether a comparison is due after the last one; a clock that was set
// back makes it due too.
func Due(last, now time.Time) bool { return now.Sub(last) >= Every || last.After(now) }

// Reachable gives the ports of addresses that others can reach: all but those
// on the loopback.
func Reachable(listening []netip.AddrPort) (ports []uint16) {
	for _, l := range listening {
		if !l.Addr().Unmap().IsLoopback() {
			ports = append(ports, l.Port())
		}
	}
	return sorted(ports)
}

// listens is the state of a listening socket in /proc/net/tcp (Linux,
// include/net/tcp_states.h: TCP_LISTEN).
const listens = "0A"

// ReadListening reads /proc/net/tcp or tcp6 of Linux: the addresses that
// somebody listens on. A line that can't be read is an error.
func ReadListening(r io.Reader) (out []netip.AddrPort, err error) {
	lines := bufio.NewScanner(r)
	for first := true; lines.Scan(); first = false {
		fields := strings.Fields(lines.Text())
		if first && len(fields) > 1 && fields[1] == "local_address" {
			continue
		}
		if len(fields) < 4 {
			return nil, fmt.Errorf("%q is no line of a list of sockets", lines.Text())
		}
		if fields[3] != listens {
			continue
		}
		a, err := readAddress(fields[1])
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading a list of sockets: %w", err)
	}
	return out, nil
}

// readAddress reads 0100007F:1F90: words of four bytes, each in the order of a
// little-endian machine (amd64, arm64), and the port.
func readAddress(text string) (netip.AddrPort, error) {
	address, number, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(address)
	port, wrong := strconv.ParseUint(number, 16, 16)
	if err != nil || wrong != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, fmt.Errorf("%q is no address of a socket", text)
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	a, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%q is no address of a socket", text)
	}
	return netip.AddrPortFrom(a, uint16(port)), nil
}

// ParsePorts reads 22,443,8000-8010.
func ParsePorts(text string) (ports []uint16, err error) {
	for part := range strings.SplitSeq(text, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			to = from
		}
		low, err := strconv.ParseUint(from, 10, 16)
		high, wrong := strconv.ParseUint(to, 10, 16)
		if err != nil || wrong != nil || low == 0 || high < low {
			return nil, fmt.Errorf("%q is no port or range of them; write 22,443,8000-8010", part)
		}
		for p := low; p <= high; p++ {
			ports = append(ports, uint16(p))
		}
	}
	return sorted(ports), nil
}
