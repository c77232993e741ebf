package reader

import (
	"strings"
	"testing"
)

func TestOSDPSettings(t *testing.T) {
	const key = "00112233445566778899AABBCCDDEEFF"
	s, err := ParseOSDP(map[string]string{"addr": "1+2+3", "readers": "front+back+hall", "key": key + "+none+auto", "former": "-+-+127"})
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := s.Readers[0], s.Readers[1], s.Readers[2]
	if a.Address != 1 || !a.Given || a.Key.Key[1] != 0x11 || a.Former != -1 || !b.Clear || b.Name != "back" || c.Key != nil || c.Clear || c.Former != 127 {
		t.Errorf("read as %+v", s.Readers)
	}
	if s, err := ParseOSDP(nil); err != nil || len(s.Readers) != 1 || s.Readers[0].Former != -1 {
		t.Errorf("nothing is read as %+v, %v", s, err)
	}
	for name, c := range map[string]struct {
		options map[string]string
		want    string
	}{
		"an address too high":   {map[string]string{"addr": "127"}, "from 0 to 126"},
		"no address":            {map[string]string{"addr": ""}, "from 0 to 126"},
		"an address twice":      {map[string]string{"addr": "1+1"}, "twice"},
		"a name twice":          {map[string]string{"addr": "1+2", "readers": "a+a"}, "twice"},
		"too few names":         {map[string]string{"addr": "1+2", "readers": "a"}, "2 entries"},
		"a short key":           {map[string]string{"key": "0011"}, "32 hexadecimal"},
		"an unknown setting":    {map[string]string{"colour": "red"}, "unknown setting"},
		"a former address away": {map[string]string{"former": "300"}, "from 0 to 127"},
	} {
		if _, err := ParseOSDP(c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseOSDP(map[string]string{"key": "12345"}); strings.Contains(err.Error(), "12345") {
		t.Error("a key stands in an error")
	}
}
