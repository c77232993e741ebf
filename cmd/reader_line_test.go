package cmd_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	sim "tikklok/firmware-sim"
	"tikklok/gateway/reader"
)

func TestLineReadersOnAPort(t *testing.T) {
	const facility90card324 = 90<<16 | 324
	for _, c := range []struct {
		name     string
		settings map[string]string
		line     func(uint64) string
		number   uint64
		want     string
	}{
		{"WIE232-A", map[string]string{"format": "hex", "width": "6", "end": "cr"}, sim.WIE232A, facility90card324, "5a0144"},
		{"WIE232-A as Wiegand", map[string]string{"width": "6", "wiegand": "26"}, sim.WIE232A, facility90card324, "00b40288"},
		{"S4A", map[string]string{"format": "decimal", "width": "10", "end": "crlf"}, sim.S4A, 13530444, "00ce754c"},
		{"Wiegand 26", map[string]string{"format": "bits", "wiegand": "26"}, sim.WiegandLine(24), facility90card324, "00b40288"},
		{"Wiegand 34", map[string]string{"format": "bits", "wiegand": "34"}, sim.WiegandLine(32), 0xABCDEF01, "01579bde03"},
		{"no end but silence", map[string]string{"end": "idle", "idle": "60ms"}, func(n uint64) string { return strings.TrimSpace(sim.WIE232A(n)) }, facility90card324, "5a0144"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			settings, err := reader.ParseLine(c.settings)
			if err != nil {
				t.Fatal(err)
			}
			port, err := sim.OpenPort(filepath.Join(t.TempDir(), "front"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = port.Vanish() })
			d := count(t, port.Path(), 9600, reader.NewLine(settings))
			r := &sim.LineReader{Port: port, Line: c.line, Repeat: 250 * time.Millisecond}
			d.until("the port", func() bool { return d.opened == 1 })
			r.Present(c.number, time.Second)
			d.seen(c.want)

			port.Send([]byte("\x00garbage\r\n"))
			d.health("1 lines refused")
			if err := port.Vanish(); err != nil {
				t.Fatal(err)
			}
			if err := port.Return(); err != nil {
				t.Fatal(err)
			}
			d.until("the port again", func() bool { return d.opened == 2 })
			time.Sleep(1600 * time.Millisecond) // away for longer than Absent
			r.Present(c.number, 0)
			d.seen(c.want, c.want)
		})
	}
}

func TestGhostsOfAnEM4100ReaderAreNoTaps(t *testing.T) {
	settings, err := reader.ParseEM4100(map[string]string{"confirm": "2"})
	if err != nil {
		t.Fatal(err)
	}
	port, err := sim.OpenPort(filepath.Join(t.TempDir(), "front"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = port.Vanish() })
	d := count(t, port.Path(), 9600, reader.NewEM4100(settings))
	d.until("the port", func() bool { return d.opened == 1 })
	port.Send([]byte("\x02000000000000\x03\x02000000078F88\x03\x0200F00000F000\x03\x02F000060007F1\x03\x02B59A99E5A9FA\x03"))
	r := &sim.EM4100{Port: port}
	r.Present(0x62E3086CED, 400*time.Millisecond)
	d.seen("62e3086ced")
}
