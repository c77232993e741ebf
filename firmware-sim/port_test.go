package sim

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAPortKeepsItsPathOverVanishing(t *testing.T) {
	port, err := OpenPort(filepath.Join(t.TempDir(), "ports", "front"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		line, err := os.OpenFile(port.Path(), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		port.Send([]byte("\r\x00\x03"))
		buffer := make([]byte, 10)
		if n, err := line.Read(buffer); err != nil || string(buffer[:n]) != "\r\x00\x03" {
			t.Errorf("read %q, %v", buffer[:n], err)
		}
		if _, err := line.Write([]byte("\n\x04")); err != nil {
			t.Error(err)
		}
		if got := string(port.Receive(buffer)); got != "\n\x04" {
			t.Errorf("received %q", got)
		}
		if err := port.Vanish(); err != nil {
			t.Fatal(err)
		}
		if _, err := line.Write([]byte("x")); err == nil {
			t.Error("the line did not hang up")
		}
		if _, err := os.Lstat(port.Path()); !os.IsNotExist(err) {
			t.Errorf("the path is still there: %v", err)
		}
		line.Close()
		port.Send([]byte("lost"))
		if got := port.Receive(buffer); len(got) > 0 {
			t.Errorf("received %q", got)
		}
		if err := port.Return(); err != nil {
			t.Fatal(err)
		}
	}
	if err := port.Vanish(); err != nil {
		t.Error(err)
	}
}

func TestResetDropsWhatNobodyRead(t *testing.T) {
	port, err := OpenPort(filepath.Join(t.TempDir(), "front"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = port.Vanish() }()
	port.Send([]byte("stale"))
	if err := port.Reset(); err != nil {
		t.Fatal(err)
	}
	line, err := os.OpenFile(port.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	port.Send([]byte("new"))
	buffer := make([]byte, 10)
	if n, _ := line.Read(buffer); string(buffer[:n]) != "new" {
		t.Errorf("read %q", buffer[:n])
	}
}
