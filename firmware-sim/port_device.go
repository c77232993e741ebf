package sim

import (
	"fmt"
	"os"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// device is a serial port of the machine: the library sets its mode and keeps
// it, and bytes go through a file of our own, which knows deadlines.
type device struct {
	path string
	baud int
	mode serial.Port
}

// OpenDevice opens a serial device, or somebody else's pty, for a reader to
// live at: 8N1. One that hangs up is opened again when it is back.
func OpenDevice(path string, baud int) (*Port, error) {
	p := &Port{link: path, device: &device{path: path, baud: baud}}
	if err := p.Return(); err != nil {
		return nil, err
	}
	return p, nil
}

// openDevice opens under the lock.
func (p *Port) openDevice() error {
	d := p.device
	f, err := os.OpenFile(d.path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("open port: %w", err)
	}
	d.mode, err = serial.Open(d.path, &serial.Mode{BaudRate: d.baud})
	if err != nil {
		f.Close()
		return fmt.Errorf("open port %s: %w", d.path, err)
	}
	// Exclusive would outlive a simulator that is killed, on a pty (see Reset).
	if err := control(f, func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0) }); err != nil {
		d.mode.Close()
		f.Close()
		return fmt.Errorf("open port %s: %w", d.path, err)
	}
	p.master = f
	return nil
}

func (d *device) close() error { return d.mode.Close() }

// hungUp opens a device again that went away; a pty returns when it is told to.
func (p *Port) hungUp() {
	if p.device == nil {
		return
	}
	_ = p.Vanish() // it is gone already
	_ = p.Return() // or else at the next attempt
}
