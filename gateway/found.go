package gateway

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// FoundPort is a serial port of the machine.
type FoundPort struct {
	Device string // /dev/ttyUSB0
	// Stable is the name to give to --port: by the adapter's serial number where
	// it has one, else by its socket; Device where there is no such name.
	Stable  string
	USB     string // vendor:product; "": not on USB
	Product string // as the adapter calls itself
	User    string // program and process that has it open; "": nobody is known to
	Refused string // why this user can't open it; "": it can
}

// FindPorts lists the serial ports of the machine whose files stand under root
// ("/" but for tests). It opens none: that would reset readers whose power
// hangs on DTR, and disturb the speed of one that is in use. Of ports that
// another user's process has open only root, or the lock of a gateway, knows.
func FindPorts(root string) ([]FoundPort, error) {
	class := filepath.Join(root, "sys/class/tty")
	entries, err := os.ReadDir(class)
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	users := openDevices(root)
	var all []FoundPort
	for _, e := range entries {
		dir := filepath.Join(class, e.Name())
		if !isSerial(dir) {
			continue
		}
		a := usb(dir)
		p := FoundPort{Device: "/dev/" + e.Name(), USB: a.id, Product: a.product}
		p.Stable, p.User = stableName(root, p.Device, a), users[p.Device]
		if err := unix.Access(filepath.Join(root, p.Device), unix.R_OK|unix.W_OK); err != nil {
			p.Refused = refusal(err)
		}
		all = append(all, p)
	}
	return all, nil
}

func refusal(err error) string {
	if err == unix.EACCES {
		return "not allowed: add this user to the group dialout"
	}
	return err.Error()
}

// isSerial leaves out consoles and UARTs that a driver expects and nobody built
// in: their type is 0 (Linux, drivers/tty/serial/serial_core.c).
func isSerial(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "device")); err != nil {
		return false
	}
	return attribute(filepath.Join(dir, "type")) != "0"
}

func attribute(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}

// adapter is what a USB device says of itself.
type adapter struct{ id, product, serial string }

// usb looks upwards from a port for the adapter it belongs to.
func usb(dir string) adapter {
	at, err := filepath.EvalSymlinks(filepath.Join(dir, "device"))
	if err != nil {
		return adapter{}
	}
	for range 6 { // a port stands at most four levels below its adapter
		if vendor := attribute(filepath.Join(at, "idVendor")); vendor != "" {
			return adapter{
				id:      vendor + ":" + attribute(filepath.Join(at, "idProduct")),
				product: attribute(filepath.Join(at, "product")), serial: attribute(filepath.Join(at, "serial")),
			}
		}
		at = filepath.Dir(at)
	}
	return adapter{}
}

// own says whether the adapter has a serial number of its own, without which
// all of its make share one name in by-id. CH340 has none, and CP2102 leaves
// its factory with 0001.
func (a adapter) own() bool { return a.serial != "" && a.serial != "0001" }

// stableName finds the link that udev made (systemd, 60-serial.rules).
func stableName(root, device string, a adapter) string {
	dirs := []string{"/dev/serial/by-path"}
	if a.own() {
		dirs = []string{"/dev/serial/by-id", "/dev/serial/by-path"}
	}
	for _, dir := range dirs {
		links, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil {
			continue
		}
		for _, l := range links {
			target, err := os.Readlink(filepath.Join(root, dir, l.Name()))
			if err == nil && filepath.Base(target) == filepath.Base(device) {
				return dir + "/" + l.Name()
			}
		}
	}
	return device
}

// openDevices says who has which device open, as far as this user may know.
func openDevices(root string) map[string]string {
	users := map[string]string{}
	files, err := filepath.Glob(filepath.Join(root, "proc/[0-9]*/fd/*"))
	if err != nil {
		return users
	}
	for _, f := range files {
		device, err := os.Readlink(f)
		if err == nil && strings.HasPrefix(device, "/dev/tty") {
			users[device] = process(filepath.Dir(filepath.Dir(f)))
		}
	}
	lockedDevices(root, users)
	return users
}

func process(dir string) string {
	return fmt.Sprintf("%s (process %s)", attribute(filepath.Join(dir, "comm")), filepath.Base(dir))
}

// lockedDevices reads the locks that everybody may see: a line is "1: FLOCK
// ADVISORY WRITE pid major:minor:inode start end" (proc(5)).
func lockedDevices(root string, users map[string]string) {
	locks, err := os.ReadFile(filepath.Join(root, "proc/locks"))
	if err != nil {
		return
	}
	devices, err := filepath.Glob(filepath.Join(root, "dev/tty*"))
	if err != nil {
		return
	}
	inodes := map[string]string{}
	for _, d := range devices {
		if info, err := os.Stat(d); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				inodes[fmt.Sprintf("%02x:%02x:%d", unix.Major(uint64(st.Dev)), unix.Minor(uint64(st.Dev)), st.Ino)] = "/dev/" + filepath.Base(d)
			}
		}
	}
	for line := range strings.Lines(string(locks)) {
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" {
			continue
		}
		if device, ok := inodes[f[5]]; ok && users[device] == "" {
			users[device] = process(filepath.Join(root, "proc", f[4]))
		}
	}
}
