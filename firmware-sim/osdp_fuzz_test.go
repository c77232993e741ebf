package sim

import (
	"encoding/hex"
	"testing"
)

// FuzzOSDPPeripheral lets a hostile panel speak to a simulated reader.
func FuzzOSDPPeripheral(f *testing.F) {
	for _, s := range []string{"FF530508000460BC89", "53000900046100C066", "530013000C031101760102030405060708", "5300000000"} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		r := NewOSDP(OSDPConfig{Heard: func(string) {}}, 1)
		r.Present(26, []byte{1, 2, 3, 4})
		for len(p) > 0 {
			command, rest, ok := cutOSDP(p)
			if !ok {
				return
			}
			if reply, _ := r.hear(command); reply != nil && !intactOSDP(reply) {
				t.Errorf("%X is answered with %X", command, reply)
			}
			if len(rest) >= len(p) {
				t.Fatal("no byte is taken")
			}
			p = rest
		}
	})
}
