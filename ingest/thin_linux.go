package ingest

import (
	"net"

	"golang.org/x/sys/unix"
)

// delayAcknowledgements tells Linux that this connection is a dialogue (tcp(7),
// TCP_QUICKACK): it would find out by itself, but forget it in each silence.
func delayAcknowledgements(c *net.TCPConn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 0) })
}
