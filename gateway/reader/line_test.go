package reader

import (
	"fmt"
	"strings"
	"testing"

	"tikklok/gateway/wire"
)

// typed reads settings as they stand after PATH=line.
func typed(t testing.TB, text string) map[string]string {
	t.Helper()
	options := map[string]string{}
	for _, o := range strings.Split(text, ",") {
		if key, value, ok := strings.Cut(o, "="); ok {
			options[key] = value
		}
	}
	return options
}

func newLine(t testing.TB, settings string) *Line {
	t.Helper()
	s, err := ParseLine(typed(t, settings))
	if err != nil {
		t.Fatalf("%s: %v", settings, err)
	}
	return NewLine(s)
}

// shown writes fobs as technology, bits and value.
func shown(events []Event) string {
	var all []string
	for _, e := range events {
		f := e.(Seen).Fob
		all = append(all, fmt.Sprintf("%d/%d/%X", f.Technology, f.Bits, f.Value))
	}
	return strings.Join(all, " ")
}

func TestLines(t *testing.T) {
	const (
		w26  = "3/26/00B40288" // 90/324
		w26b = "3/26/02B60997" // 91/1227
	)
	for _, c := range []struct{ name, settings, bytes, want, health string }{
		{"WIE232-A", "format=hex,width=6,end=cr", "5A0144\r", "4/24/5A0144", "ok"},
		{"WIE232-A as Wiegand", "format=hex,width=6,end=cr,wiegand=26", "5A0144\r5B04cb\r", w26 + " " + w26b, "ok"},
		{"S4A", "format=decimal,width=10,end=crlf", "0013530444\r\n", "4/32/00CE754C", "ok"},
		{"S4A as Wiegand", "format=decimal,width=10,end=crlf,wiegand=26", "0005898564\r\n", w26, "ok"},
		{"bits", "format=bits,wiegand=26", "00101101000000001010001000\r\n10101101100000100110010111\r\n", w26 + " " + w26b, "ok"},
		{"bits of 34", "format=bits,wiegand=34", "0101010111100110111101111000000011\n", "3/34/01579BDE03", "ok"},
		{"34 as a number", "format=hex,wiegand=34", "ABCDEF01\n", "3/34/01579BDE03", "ok"},
		{"bits without a layout", "format=bits", "1010\n", "3/4/0A", "ok"},
		{"fields", "format=fields,wiegand=26", "090,00324\r\n91:1227\r\n", w26 + " " + w26b, "ok"},
		{"fields without anything between", "format=fields,wiegand=26", "09000324\r\n", w26, "ok"},
		{"fields of 34", "format=fields,wiegand=34", "4398161185\n", "3/34/01579BDE03", "ok"},
		{"the defaults", "", "0a1B2c\n", "4/24/0A1B2C", "ok"},
		{"an EM4100 fob", "format=hex,width=10,technology=em4100", "62E3086CED\r\n", "1/40/62E3086CED", "ok"},
		{"lowest byte first", "format=hex,order=lsb", "ED6C08E362\n", "4/40/62E3086CED", "ok"},
		{"lowest byte first, decimal", "format=decimal,order=lsb", "1282788864\n", "4/32/00CE754C", "ok"},
		{"a number of 64 bits", "format=decimal,bits=64", "18446744073709551615\n", "4/64/FFFFFFFFFFFFFFFF", "ok"},
		{"odd digits", "format=hex", "ABC\n", "4/12/0ABC", "ok"},
		{"any end", "end=any", "01\r02\n03\r\n\r\n04\n", "4/8/01 4/8/02 4/8/03 4/8/04", "ok"},
		{"CR LF only", "end=crlf", "01\r\n02\n03\r\n", "4/8/01", "not hexadecimal"},
		{"LF only", "end=lf", "01\n02\r\n", "4/8/01", "not hexadecimal"},
		{"prefix and suffix", `prefix=\x02ID:,suffix=;\x03`, "\x02ID:0A1B;\x03\r\n", "4/16/0A1B", "ok"},
		{"without the prefix", "prefix=ID:", "0A1B\n", "", "without the prefix"},
		{"without the suffix", "suffix=;", "0A1B\n", "", "without the suffix"},
		{"too short", "width=10", "62E3086CE\n62E3086CED\n", "4/40/62E3086CED", "9 characters"},
		{"too long", "width=6,end=cr", "5A01441\r", "", "7 characters"},
		{"not hexadecimal", "", "GG\n", "", "not hexadecimal"},
		{"not decimal", "format=decimal", "12A4\n", "", "not decimal"},
		{"a sign", "format=decimal", "+1234\n", "", "not decimal"},
		{"not bits", "format=bits", "0102\n", "", "not bits"},
		{"more than 32 bits", "format=decimal", "4294967296\n", "", "more than 32 bits"},
		{"more than 24 bits", "format=decimal,wiegand=26", "16777216\n", "", "more than 24 bits"},
		{"wrong parity", "format=bits,wiegand=26", "00101101000000001010001001\n", "", "wrong parity"},
		{"25 bits", "format=bits,wiegand=26", "0010110100000000101000100\n", "", "not 26 bits"},
		{"a facility of 9 bits", "format=fields,wiegand=26", "256,1\n", "", "no facility"},
		{"a card of 17 bits", "format=fields,wiegand=26", "1,65536\n", "", "no card"},
		{"no card", "format=fields,wiegand=26", "12\n", "", "no card"},
		{"all zero", "format=decimal,width=10", "0000000000\n", "", "all-zero"},
		{"all zero, Wiegand", "format=bits,wiegand=26", "00000000000000000000000001\n", "", "all-zero"},
		{"a line without end", "", strings.Repeat("A", 200) + "\n0A\n", "4/8/0A", "without end"},
		{"a line without end, CR LF", "end=crlf", strings.Repeat("A", 129) + "\r\n0A\r\n", "4/8/0A", "without end"},
		{"half whole bytes", "order=lsb", "ABC\n", "", "whole bytes"},
	} {
		whole, bytewise := newLine(t, c.settings), newLine(t, c.settings)
		if got := shown(whole.Bytes(after(0), []byte(c.bytes))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		var events []Event
		for i := range len(c.bytes) {
			events = append(events, bytewise.Bytes(after(i), []byte(c.bytes[i:i+1]))...)
		}
		if got := shown(events); got != c.want {
			t.Errorf("%s, byte by byte: got %q, want %q", c.name, got, c.want)
		}
		if h := whole.State().Health; !strings.Contains(h, c.health) {
			t.Errorf("%s: health %q, want %q", c.name, h, c.health)
		}
	}
}

func TestSilenceEndsALineOrRefusesHalfOfOne(t *testing.T) {
	r := newLine(t, "format=hex,end=idle,idle=100ms")
	events := r.Bytes(after(0), []byte("5A01"))
	events = append(events, r.Bytes(after(60), []byte("44"))...)
	events = append(events, r.Tick(after(110))...)
	if len(events) > 0 {
		t.Errorf("got %q before the silence was long enough", shown(events))
	}
	events = r.Tick(after(160))
	if got := shown(events); got != "4/24/5A0144" || events[0].(Seen).Gap != 100 {
		t.Errorf("got %q, %+v", got, events)
	}
	events = append(r.Bytes(after(200), []byte("5A0145")), r.Bytes(after(400), []byte("5A0146\r\n"))...)
	events = append(events, r.Tick(after(600))...)
	if got := shown(events); got != "4/24/5A0145 4/24/5A0146" {
		t.Errorf("got %q from lines without Tick between", got)
	}

	r = newLine(t, "width=6")
	events = append(r.Bytes(after(0), []byte("5A0")), r.Tick(after(1000))...)
	events = append(events, r.Bytes(after(1100), []byte("5A0144\r"))...)
	if got := shown(events); got != "4/24/5A0144" || !strings.Contains(r.State().Health, "1 lines refused, last: half a line") {
		t.Errorf("got %q, health %q", got, r.State().Health)
	}
}

func TestALineOfAHeldFobIsOneTap(t *testing.T) {
	const a, b = "5A0144\r", "5B04CB\r"
	for _, c := range []struct {
		name, settings string
		lines          map[int]string
		want           string
	}{
		{"repeated", "", every(0, 5000, 250, a), "5A0144"},
		{"gone and back", "", map[int]string{0: a, 1500: a}, "5A0144 5A0144"},
		{"gone for longer than asked", "absent=3s", map[int]string{0: a, 2900: a, 5800: a}, "5A0144"},
		{"two people", "", map[int]string{0: a, 100: b, 200: a}, "5A0144 5B04CB"},
		{"confirmed", "confirm=2", map[int]string{0: b, 100: a, 200: a}, "5A0144"},
	} {
		if got := numbers(play(newLine(t, c.settings), c.lines)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAReopenedPortForgetsHalfALine(t *testing.T) {
	r := newLine(t, "")
	events := r.Bytes(after(0), []byte("5A"))
	r.Open(after(1))
	if got := shown(append(events, r.Bytes(after(2), []byte("0144\r"))...)); got != "4/16/0144" {
		t.Errorf("got %q", got)
	}
}

func TestSettingsOfPortsAreRefusedByName(t *testing.T) {
	line := func(o map[string]string) error { _, err := ParseLine(o); return err }
	em4100 := func(o map[string]string) error { _, err := ParseEM4100(o); return err }
	pn532 := func(o map[string]string) error { _, err := ParsePN532(o); return err }
	for _, c := range []struct {
		name, settings, want string
		parse                func(map[string]string) error
	}{
		{"unknown", "colour=red", `unknown setting "colour", there are name, baud, absent, confirm, format, end, width`, line},
		{"unknown of EM4100", "width=3", `unknown setting "width", there are name, baud, absent, confirm`, em4100},
		{"unknown of PN532", "confirm=2", `unknown setting "confirm", there are name, baud, absent, poll`, pn532},
		{"poll", "poll=both", "poll=both: there are auto, list", pn532},
		{"confirm", "confirm=3", "confirm=3: want a number from 1 to 2", em4100},
		{"format", "format=octal", "format=octal: there are hex, decimal, bits, fields", line},
		{"end", "end=tab", "end=tab: there are any, cr", line},
		{"width", "width=x", "width=x: want a number from 1 to 128", line},
		{"idle", "idle=100", "idle=100: want a duration", line},
		{"absent", "absent=1ms", "absent=1ms: want a duration from 500ms to 1m0s, such as 1.5s", line},
		{"wiegand", "wiegand=37", "wiegand=37: there are 26, 34", line},
		{"technology", "technology=qr", "technology=qr: there are em4100", line},
		{"prefix", `prefix=\q`, "want text", line},
		{"fields", "format=fields", "needs wiegand", line},
		{"bits beside wiegand", "bits=26,wiegand=26", "beside wiegand", line},
		{"technology beside wiegand", "technology=mifare,wiegand=26", "beside wiegand", line},
		{"order of bits", "format=bits,order=lsb", "order=lsb", line},
		{"order of 12 bits", "bits=12,order=lsb", "whole bytes", line},
	} {
		if err := c.parse(typed(t, c.settings)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if s, err := ParseEM4100(typed(t, "confirm=2,absent=2s")); err != nil || s.Confirm != 2 || s.Absent.Seconds() != 2 {
		t.Errorf("got %+v, %v", s, err)
	}
	if s, err := ParsePN532(typed(t, "poll=list")); err != nil || !s.List {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestEachSettingOfTheHelpIsKnown(t *testing.T) {
	for _, c := range []struct {
		help  string
		parse func(map[string]string) error
	}{
		{LineHelp, func(o map[string]string) error { _, err := ParseLine(o); return err }},
		{EM4100Help, func(o map[string]string) error { _, err := ParseEM4100(o); return err }},
		{PN532Help, func(o map[string]string) error { _, err := ParsePN532(o); return err }},
	} {
		for _, setting := range strings.Split(c.help, ", ") {
			key, values, _ := strings.Cut(setting, "=")
			for _, v := range strings.Split(values, "|") {
				o := map[string]string{key: map[string]string{"CHARACTERS": "10", "DURATION": "1s", "BITS": "32", "TEXT": "x"}[v]}
				if o[key] == "" {
					o[key] = v
				}
				if o["format"] == "fields" {
					o["wiegand"] = "26"
				}
				if err := c.parse(o); err != nil {
					t.Errorf("%v: %v", o, err)
				}
			}
		}
	}
}

func FuzzLine(f *testing.F) {
	all := []string{
		"", "format=decimal,width=10,end=crlf", "format=hex,width=6,end=cr,wiegand=26", "format=bits,wiegand=34",
		"format=fields,wiegand=26", "format=hex,order=lsb,end=lf", "format=decimal,bits=13", "end=idle,prefix=a,suffix=b", "format=bits",
	}
	for i, s := range []string{"5A0144\r", "0013530444\r\n", "5A0144\r", "0101010111100110111101111000000011\n", "090,00324\n"} {
		f.Add([]byte(s), uint16(3), byte(i))
	}
	f.Fuzz(func(t *testing.T, p []byte, cut uint16, which byte) {
		settings := all[int(which)%len(all)]
		at := min(int(cut), len(p))
		whole, split := newLine(t, settings), newLine(t, settings)
		events := append(whole.Bytes(after(0), p), whole.Tick(after(2000))...)
		want := shown(events)
		got := shown(append(append(split.Bytes(after(0), p[:at]), split.Bytes(after(0), p[at:])...), split.Tick(after(2000))...))
		if got != want {
			t.Fatalf("whole %q, split %q", want, got)
		}
		for _, e := range events {
			fob := e.(Seen).Fob
			spare := 8*len(fob.Value) - int(fob.Bits)
			if fob.Technology == 0 || fob.Bits > wire.LinkMaxBits || spare < 0 || spare > 7 || spare > 0 && fob.Value[0]>>(8-spare) != 0 {
				t.Fatalf("%d bits in %X", fob.Bits, fob.Value)
			}
		}
	})
}
