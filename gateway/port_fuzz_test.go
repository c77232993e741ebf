package gateway

import "testing"

// FuzzParsePort tries the settings of every protocol: what is taken can be used.
func FuzzParsePort(f *testing.F) {
	for _, s := range []string{
		"/dev/ttyUSB0=em4100", "/dev/x=link,name=hall,baud=9600", `/dev/x=line,prefix=a=b:\x2c,end=idle,idle=60ms`,
		"/dev/x=osdp:addr=1+2,name=hall,readers=front+back,key=none+00112233445566778899aabbccddeeff,former=-+127",
		"/dev/x=pn532,poll=list,absent=2s", "/dev/x=line:format=bits,wiegand=26", "=", "/dev/x=", "/dev/x=osdp:addr=+",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePort(s)
		if err != nil {
			return
		}
		if p.baud() <= 0 || p.name() == "" {
			t.Errorf("%q: baud %d, name %q", s, p.baud(), p.name())
		}
		if _, err := p.reader(7, nil); err != nil {
			t.Errorf("%q is taken and then refused: %v", s, err)
		}
	})
}
