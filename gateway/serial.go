package gateway

import (
	"errors"
	"fmt"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// ErrPortInUse: another process has the port.
var ErrPortInUse = errors.New("port in use")

const (
	readWait  = 50 * time.Millisecond // so that time passes for the protocol
	writeWait = 2 * time.Second       // for a reader that takes no bytes
)

// device is an open serial port that this process has alone.
type device struct {
	port serial.Port
	own  int // our descriptor: carries the lock, and writes without blocking
}

// openDevice locks and opens a port, 8N1, whose reads wait so long. TIOCEXCL, which go.bug.st/serial
// sets, keeps nobody out who is root; the lock on the device node does, as far
// as other gateways go.
func openDevice(path string, baud int, wait time.Duration) (*device, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == unix.EBUSY {
		return nil, inUse(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open port %s: %w", path, err)
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		unix.Close(fd)
		if err == unix.EWOULDBLOCK {
			return nil, inUse(path)
		}
		return nil, fmt.Errorf("lock port %s: %w", path, err)
	}
	port, err := serial.Open(path, &serial.Mode{BaudRate: baud, DataBits: 8, Parity: serial.NoParity, StopBits: serial.OneStopBit})
	if err == nil {
		err = port.SetReadTimeout(wait)
	}
	if err != nil {
		unix.Close(fd)
		var busy *serial.PortError
		if errors.As(err, &busy) && busy.Code() == serial.PortBusy {
			return nil, inUse(path)
		}
		return nil, fmt.Errorf("open port %s: %w", path, err)
	}
	if isPTY(fd) {
		// A pseudo-terminal outlives its last close while the other end is open,
		// and TIOCEXCL with it: a gateway that was killed could never come back.
		unix.IoctlSetInt(fd, unix.TIOCNXCL, 0)
	}
	return &device{port, fd}, nil
}

// isPTY says whether a device is the near end of a Unix 98 pseudo-terminal
// (majors 136 to 143, Linux admin-guide/devices.txt).
func isPTY(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return false
	}
	major := unix.Major(st.Rdev)
	return major >= 136 && major <= 143
}

func inUse(path string) error {
	return fmt.Errorf("%w: %s is held by another gateway or program: stop it, or leave this --port out", ErrPortInUse, path)
}

// read gives 0 bytes when none came for a while.
func (d *device) read(p []byte) (int, error) { return d.port.Read(p) }

// write gives up after writeWait: the library's Write would wait for ever, and
// even closing the port would not end it.
func (d *device) write(p []byte) error {
	end := time.Now().Add(writeWait)
	for len(p) > 0 {
		n, err := unix.Write(d.own, p)
		switch {
		case n > 0:
			p = p[n:]
		case err == unix.EINTR:
		case err != unix.EAGAIN:
			return fmt.Errorf("write: %w", err)
		case time.Now().After(end):
			return errors.New("write: the reader takes no bytes: check cable and power")
		default:
			unix.Poll([]unix.PollFd{{Fd: int32(d.own), Events: unix.POLLOUT}}, int(readWait.Milliseconds()))
		}
	}
	return nil
}

// close drops what the reader did not take: the kernel would wait for it, half
// a minute with a serial port whose other end is stuck (tty_port_close, in
// drivers/tty/tty_port.c).
func (d *device) close() {
	unix.IoctlSetInt(d.own, unix.TCFLSH, unix.TCOFLUSH)
	d.port.Close()
	unix.Close(d.own)
}
