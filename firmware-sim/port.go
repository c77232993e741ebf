package sim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// portWait bounds one read and one write of a port.
const portWait = 50 * time.Millisecond

// Port is the reader's end of a serial line: a pty whose other end stands at a
// symbolic link, the same before and after it vanished; or a device (see
// OpenDevice). It is safe for concurrent use.
type Port struct {
	link   string
	device *device // nil: a pty

	mu            sync.Mutex // over the ends, not while reading
	master, slave *os.File   // nil while vanished

	sending sync.Mutex // keeps frames whole
	baud    atomic.Int64
}

// OpenPort makes a pty and the symbolic link to it; a link that is there is
// replaced.
func OpenPort(link string) (*Port, error) {
	p := &Port{link: link}
	if err := p.Return(); err != nil {
		return nil, err
	}
	return p, nil
}

// Path is the symbolic link, for the gateway.
func (p *Port) Path() string { return p.link }

// Speed lets what is sent from now on take as long as it does on a line of so
// many baud, ten bits a byte; 0, as at first: no time.
func (p *Port) Speed(baud int) { p.baud.Store(int64(baud)) }

// Return brings back a port that vanished, as another pty.
func (p *Port) Return() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.master != nil:
		return nil
	case p.device != nil:
		return p.openDevice()
	}
	master, slave, err := pty.Open()
	if err != nil {
		return fmt.Errorf("open a pty: %w", err)
	}
	err = errors.Join(raw(slave), wakeable(master))
	if err == nil {
		err = point(p.link, slave.Name())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("prepare port %s: %w", p.link, err), master.Close(), slave.Close())
	}
	p.master, p.slave = master, slave
	return nil
}

// raw turns off echo and all translation before anyone opens the other end.
func raw(slave *os.File) error {
	return control(slave, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
		t.Oflag &^= unix.OPOST
		t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		return unix.IoctlSetTermios(fd, unix.TCSETS, t)
	})
}

// wakeable makes deadlines work: pty.Open leaves its files blocking.
func wakeable(master *os.File) error {
	return control(master, func(fd int) error { return unix.SetNonblock(fd, true) })
}

// control runs ioctls without taking the file out of the poller, as Fd would.
func control(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	if err := conn.Control(func(fd uintptr) { done = do(int(fd)) }); err != nil {
		return err
	}
	return done
}

// point replaces the link in one step.
func point(link, target string) error {
	if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
		return err
	}
	next := link + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, next); err != nil {
		return err
	}
	return os.Rename(next, link)
}

// Vanish unplugs the port: whoever has it open sees it hang up.
func (p *Port) Vanish() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.master == nil {
		return nil
	}
	master, slave := p.master, p.slave
	p.master, p.slave = nil, nil
	if p.device != nil {
		return errors.Join(p.device.close(), master.Close())
	}
	return errors.Join(slave.Close(), master.Close(), os.Remove(p.link))
}

// Reset does to a pty what a kernel does to a serial port whose last user
// died: bytes that wait are dropped, and others may open it.
func (p *Port) Reset() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slave == nil {
		return nil
	}
	return control(p.slave, func(fd int) error {
		return errors.Join(unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH), unix.IoctlSetInt(fd, unix.TIOCNXCL, 0))
	})
}

// Send writes bytes. What does not fit within 50 ms, or comes while the port
// is gone, is lost: a serial line waits for nobody. It returns when the last
// byte is out, see Speed.
func (p *Port) Send(b []byte) {
	p.sending.Lock()
	defer p.sending.Unlock()
	baud := int(p.baud.Load())
	if baud == 0 {
		p.write(b)
		return
	}
	begun, sent := time.Now(), 0
	for piece := range slices.Chunk(b, fifo) {
		p.write(piece)
		sent += len(piece)
		time.Sleep(time.Until(begun.Add(time.Duration(sent) * 10 * time.Second / time.Duration(baud))))
	}
}

// fifo is how many bytes a serial port passes on at a time.
const fifo = 16

func (p *Port) write(b []byte) {
	master := p.end()
	if master == nil {
		return
	}
	if master.SetWriteDeadline(time.Now().Add(portWait)) == nil {
		_, _ = master.Write(b)
	}
}

// Receive reads what the gateway wrote, nothing after 50 ms.
func (p *Port) Receive(b []byte) []byte {
	master := p.end()
	if master == nil {
		time.Sleep(portWait)
		p.hungUp()
		return nil
	}
	if master.SetReadDeadline(time.Now().Add(portWait)) != nil {
		return nil
	}
	n, err := master.Read(b)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		time.Sleep(portWait) // it is vanishing
		p.hungUp()
	}
	return b[:max(n, 0)]
}

func (p *Port) end() *os.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.master
}
