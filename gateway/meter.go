package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

const meterFile = "traffic.json"

// meter counts what the line carried this calendar month, both ways, as IP
// packets, for whoever pays by volume. It asks the kernel, so that
// acknowledgements and what TCP sent again count too. Not counted are names
// looked up (DNS), attempts that never got an answer, and a link layer's own
// bytes. It is written every few minutes and at the end: a gateway that is
// killed forgets the minutes since.
type meter struct {
	path   string
	failed error // of the last write

	mu      sync.Mutex
	kept    traffic
	line    *counted // nil: no connection
	read    uint64   // of line, when it was last looked at
	written traffic
	at      time.Time // of the last write
}

// traffic is what is kept of a line on the disk.
type traffic struct {
	Month   string  `json:"month"` // "2026-11", UTC; "": no clock told yet
	Bytes   uint64  `json:"bytes"`
	Silence silence `json:"silence"`
}

// loadMeter begins anew where nothing can be read: a count is no tap.
func loadMeter(dir string) *meter {
	m := &meter{path: filepath.Join(dir, meterFile), at: time.Now()}
	b, err := os.ReadFile(m.path)
	if err != nil || json.Unmarshal(b, &m.kept) != nil {
		m.kept = traffic{}
	}
	m.written = m.kept
	return m
}

// watch begins to count another connection.
func (m *meter) watch(l *counted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.look()
	m.line, m.read = l, 0
}

// look adds what was carried since the last look.
func (m *meter) look() {
	if m.line == nil {
		return
	}
	if now := m.line.carried(); now > m.read {
		m.kept.Bytes += now - m.read
		m.read = now
	}
}

// month gives what the month cost by now, and the share of it that is over. A
// clock that nobody vouches for ends no month.
func (m *meter) month(now reader.Moment) (bytes uint64, elapsed float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.look()
	name, elapsed := monthOf(time.UnixMilli(now.Instant))
	if now.Source == wire.SourceUndisciplined {
		return m.kept.Bytes, 0
	}
	if m.kept.Month != "" && name != m.kept.Month {
		m.kept.Bytes = 0
	}
	m.kept.Month = name
	return m.kept.Bytes, elapsed
}

// silence lets f look at, or change, what is known of silent connections.
func (m *meter) silence(f func(*silence)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.kept.Silence)
}

// save writes the count when it changed and the last time is a while ago, and
// gives what went wrong the last time. Only the uplink calls it.
func (m *meter) save(rest time.Duration) error {
	m.mu.Lock()
	m.look()
	kept, due := m.kept, m.kept != m.written && time.Since(m.at) >= rest
	m.mu.Unlock()
	if !due {
		return m.failed
	}
	b, err := json.Marshal(kept)
	if err == nil {
		err = replaceFile(m.path, b)
	}
	if m.failed = err; err != nil {
		m.failed = fmt.Errorf("keep what the line carried: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at = time.Now(); err == nil {
		m.written = kept
	}
	return m.failed
}

// counted is a connection that knows what it carried, and after what silence its
// other side last answered or failed to.
type counted struct {
	*net.TCPConn

	survived func(silence time.Duration) // the other side answered after it

	mu       sync.Mutex
	payload  uint64        // bytes read and written
	last     uint64        // what carried gave last
	moved    time.Time     // anything was sent or received
	received time.Time     // anything was received
	asked    time.Duration // the silence before something was sent that nothing came on since
	waits    bool          // there is such a thing
}

func newCounted(c *net.TCPConn, survived func(time.Duration)) *counted {
	now := time.Now()
	return &counted{TCPConn: c, survived: survived, moved: now, received: now}
}

func (l *counted) Read(p []byte) (int, error) {
	n, err := l.TCPConn.Read(p)
	if n > 0 {
		l.answered(n)
	}
	return n, err
}

func (l *counted) answered(n int) {
	l.mu.Lock()
	now := time.Now()
	silent := now.Sub(l.moved)
	if l.waits {
		silent = l.asked
	}
	l.payload, l.moved, l.received, l.waits = l.payload+uint64(n), now, now, false
	l.mu.Unlock()
	l.survived(silent)
}

func (l *counted) Write(p []byte) (int, error) {
	l.mu.Lock()
	now := time.Now()
	if !l.waits {
		l.asked, l.waits = now.Sub(l.moved), true
	}
	l.moved = now
	l.mu.Unlock()
	n, err := l.TCPConn.Write(p)
	l.mu.Lock()
	l.payload += uint64(n)
	l.mu.Unlock()
	return n, err
}

// unanswered gives the silence after which something was sent that nothing
// came back on; 0: none.
func (l *counted) unanswered() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.waits {
		return 0
	}
	return l.asked
}

// silentSince says whether nothing was received since an instant.
func (l *counted) silentSince(t time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.received.Before(t)
}

func (l *counted) Close() error {
	l.carried()
	return l.TCPConn.Close()
}

// carried gives the bytes of all IP packets, both ways, as the kernel counted
// them (tcp(7), TCP_INFO): what was read and written, what was sent again, and
// the headers of every segment, also of those that only acknowledge.
func (l *counted) carried() uint64 {
	info, err := tcpInfo(l.TCPConn)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.last = l.payload + info.Bytes_retrans + uint64(info.Segs_in+info.Segs_out)*header(l.LocalAddr(), info)
	}
	return l.last
}

func tcpInfo(c *net.TCPConn) (info *unix.TCPInfo, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	failed := raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) })
	return info, errors.Join(failed, err)
}

// timestamps stands in TCP_INFO's options (linux/tcp.h): each segment then has
// 12 bytes more.
const timestamps = 1

// header is what stands before the data of one segment: RFC 791 or RFC 8200,
// and RFC 9293.
func header(local net.Addr, info *unix.TCPInfo) uint64 {
	n := uint64(20 + 20)
	if a, ok := local.(*net.TCPAddr); ok && a.IP.To4() == nil {
		n += 20
	}
	if info.Options&timestamps != 0 {
		n += 12
	}
	return n
}
