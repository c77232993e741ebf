package port

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestAFirewallThatRefusesLeavesNoPortOpenNorTheScanUndone(t *testing.T) {
	of := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, c := range []struct {
		err  error
		want answer
	}{
		{of(syscall.ECONNREFUSED), closed},
		{of(syscall.ECONNRESET), closed},
		{of(syscall.ETIMEDOUT), silent},
		{of(syscall.EHOSTUNREACH), unreachable},
		{of(syscall.EACCES), unreachable},
	} {
		if got, err := answerOf(c.err); err != nil || got != c.want {
			t.Errorf("%v: %v, %v", c.err, got, err)
		}
	}
	for _, err := range []error{of(syscall.ENETUNREACH), of(syscall.EMFILE), io.EOF} {
		if _, got := answerOf(err); !errors.Is(got, err) {
			t.Errorf("%v says something of the port: %v", err, got)
		}
	}
}
