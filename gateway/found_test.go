package gateway

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// machine makes the files by which a kernel and udev tell of their ports.
func machine(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(root, path)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	link := func(target, path string) {
		path = filepath.Join(root, path)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.Symlink(target, path))
	}
	for _, a := range []struct{ tty, usb, vendor, product, serial, name string }{
		{"ttyUSB0", "1-1.2", "0403", "6001", "A50285BI", "FT232R USB UART"},
		{"ttyUSB1", "1-1.3", "1a86", "7523", "", "USB Serial"},
		{"ttyUSB2", "1-1.4", "10c4", "ea60", "0001", "CP2102 USB to UART Bridge"},
	} {
		dir := "sys/devices/usb1/" + a.usb
		write(dir+"/idVendor", a.vendor+"\n")
		write(dir+"/idProduct", a.product+"\n")
		write(dir+"/product", a.name+"\n")
		if a.serial != "" {
			write(dir+"/serial", a.serial+"\n")
		}
		write(dir+"/if0/"+a.tty+"/tty/"+a.tty+"/dev", "188:0\n")
		link("../../../"+a.tty, dir+"/if0/"+a.tty+"/tty/"+a.tty+"/device")
		link("../../devices/usb1/"+a.usb+"/if0/"+a.tty+"/tty/"+a.tty, "sys/class/tty/"+a.tty)
		link("../../"+a.tty, "dev/serial/by-path/platform-usb-0:"+a.usb+":1.0-port0")
		link("../../"+a.tty, "dev/serial/by-id/usb-"+a.vendor+"_"+a.serial+"-if00-port0")
		write("dev/"+a.tty, "")
	}
	write("sys/devices/platform/serial8250/tty/ttyS0/type", "4\n")
	write("sys/devices/platform/serial8250/tty/ttyS0/device/uevent", "")
	write("sys/devices/platform/serial8250/tty/ttyS1/type", "0\n") // nobody built it in
	write("sys/devices/platform/serial8250/tty/ttyS1/device/uevent", "")
	write("sys/devices/virtual/tty/tty1/dev", "4:1\n")
	for _, name := range []string{"ttyS0", "ttyS1"} {
		link("../../devices/platform/serial8250/tty/"+name, "sys/class/tty/"+name)
		write("dev/"+name, "")
	}
	link("../../devices/virtual/tty/tty1", "sys/class/tty/tty1")
	write("proc/123/comm", "minicom\n")
	link("/dev/ttyUSB1", "proc/123/fd/4")
	return root
}

func TestPortsAreFoundUnderNamesThatStay(t *testing.T) {
	found, err := FindPorts(machine(t))
	must(t, err)
	want := []FoundPort{
		{Device: "/dev/ttyS0", Stable: "/dev/ttyS0"},
		{Device: "/dev/ttyUSB0", Stable: "/dev/serial/by-id/usb-0403_A50285BI-if00-port0", USB: "0403:6001", Product: "FT232R USB UART"},
		{Device: "/dev/ttyUSB1", Stable: "/dev/serial/by-path/platform-usb-0:1-1.3:1.0-port0", USB: "1a86:7523", Product: "USB Serial", User: "minicom (process 123)"},
		{Device: "/dev/ttyUSB2", Stable: "/dev/serial/by-path/platform-usb-0:1-1.4:1.0-port0", USB: "10c4:ea60", Product: "CP2102 USB to UART Bridge"},
	}
	if len(found) != len(want) {
		t.Fatalf("found %+v", found)
	}
	for i, p := range found {
		if p != want[i] {
			t.Errorf("found %+v\n want %+v", p, want[i])
		}
	}
}

func TestAPortThatAnotherUsersGatewayHoldsIsInUse(t *testing.T) {
	root := machine(t)
	path := filepath.Join(root, "dev/ttyUSB2")
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	must(t, flock(f))
	locks, err := os.ReadFile("/proc/locks")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "proc/locks"), locks, 0o644))
	found, err := FindPorts(root)
	must(t, err)
	if p := found[3]; p.Device != "/dev/ttyUSB2" || p.User == "" {
		t.Errorf("%+v, locks:\n%s", p, locks)
	}
}

func flock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
