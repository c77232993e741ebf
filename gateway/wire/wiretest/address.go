// Package wiretest gives tests addresses on this machine that stay theirs.
package wiretest

import (
	"fmt"
	"syscall"
	"testing"
)

// Address gives an address at which nobody listens, and that nobody else is given
// until the test ends, as one would be that was merely free a moment ago: a socket
// stands there that never listens. Whoever knows it may listen there, stop, and
// listen again.
func Address(t testing.TB) string {
	t.Helper()
	s, port, err := stand()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(s) })
	return fmt.Sprintf("127.0.0.1:%d", port)
}

func stand() (s, port int, err error) {
	syscall.ForkLock.RLock() // no child keeps it
	s, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(s)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, 0, fmt.Errorf("a socket: %w", err)
	}
	if err = syscall.SetsockoptInt(s, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err == nil { // lets listeners in, as they say the same
		err = syscall.Bind(s, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		return 0, 0, fmt.Errorf("an address: %w", err)
	}
	at, err := syscall.Getsockname(s)
	if err != nil {
		return 0, 0, fmt.Errorf("which address it is: %w", err)
	}
	return s, at.(*syscall.SockaddrInet4).Port, nil
}
