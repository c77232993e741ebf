package port_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla/port"
)

// listening is /proc/net/tcp with a loopback, a wildcard and an established
// connection, and tcp6 with a wildcard, a loopback and a mapped loopback.
const listening = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0 0 10 0
   2: 0200A8C0:B3A4 0100A8C0:01BB 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0 100 0 0 10 0
`

const listening6 = `  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:22B3 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000
   2: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000
`

func TestWhatListensIsReadAsLinuxWritesIt(t *testing.T) {
	for text, want := range map[string][]uint16{listening: {22}, listening6: {8883}} {
		all, err := port.ReadListening(strings.NewReader(text))
		if got := port.Reachable(all); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
}

func TestAListThatCannotBeReadIsAnErrorAndNotEmpty(t *testing.T) {
	for _, text := range []string{"nonsense", "0: 0100007F:1F90 0", "0: 0100:1F90 00000000:0000 0A", "0: 0100007G:1F90 00000000:0000 0A", "0: 0100007F:1F90F 00000000:0000 0A"} {
		if all, err := port.ReadListening(strings.NewReader(text)); err == nil {
			t.Errorf("%q: %v", text, all)
		}
	}
}

func FuzzReadListening(f *testing.F) {
	f.Add(listening)
	f.Add(listening6)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := port.ReadListening(strings.NewReader(text))
		if err != nil && all != nil {
			t.Error("half a list beside an error")
		}
		for _, a := range all {
			if !a.IsValid() {
				t.Error(a)
			}
		}
	})
}

func TestWhatIsOpenIsComparedWithWhatIsExpected(t *testing.T) { // OB-C16
	c := port.Compare(time.Now(), port.Inside, "server", []uint16{8883, 22, 6379, 8883}, []uint16{443, 8883, 22})
	if !slices.Equal(c.Unexpected, []uint16{6379}) || !slices.Equal(c.Missing, []uint16{443}) || c.Fine() {
		t.Errorf("%+v", c)
	}
	if c := port.Compare(time.Now(), port.Inside, "server", []uint16{22}, []uint16{22, 22}); !c.Fine() {
		t.Errorf("%+v", c)
	}
}

func TestAComparisonIsDueOnceADayAlsoAfterAClockWasSetBack(t *testing.T) {
	last := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]bool{0: false, 24*time.Hour - 1: false, 24 * time.Hour: true, -time.Second: true} {
		if port.Due(last, last.Add(after)) != want {
			t.Errorf("%s after the last one", after)
		}
	}
}

func TestPortsAreReadAsListsAndRanges(t *testing.T) {
	if got, err := port.ParsePorts("443, 22,8000-8002,22"); err != nil || !slices.Equal(got, []uint16{22, 443, 8000, 8001, 8002}) {
		t.Error(got, err)
	}
	if got, err := port.ParsePorts("1-65535"); err != nil || len(got) != 65535 {
		t.Error(len(got), err)
	}
	for _, text := range []string{"", "0", "65536", "9-8", "a", "1-", "-5", "1,,2"} {
		if got, err := port.ParsePorts(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestAScanFindsThePortThatTakesConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := uint16(l.Addr().(*net.TCPAddr).Port)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut := uint16(closed.Addr().(*net.TCPAddr).Port)
	closed.Close()
	got, err := port.Scan{}.Open(t.Context(), netip.MustParseAddr("127.0.0.1"), []uint16{shut, open})
	if err != nil || !slices.Equal(got, []uint16{open}) {
		t.Error(got, err)
	}
}

func TestAScanThatCouldNotLookSaysSo(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if got, err := (port.Scan{}).Open(ctx, netip.MustParseAddr("127.0.0.1"), []uint16{1, 2, 3}); err == nil {
		t.Errorf("%v, and nobody looked", got)
	}
}
