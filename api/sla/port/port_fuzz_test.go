package port_test

import (
	"slices"
	"testing"

	"tikklok/api/sla/port"
)

func FuzzParsePorts(f *testing.F) {
	for _, s := range []string{"22,443,8000-8010", "", "0", "65536", "8010-8000", " 22 , 80", "22-", "-22", "1-65535"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ports, err := port.ParsePorts(s)
		if err == nil && (len(ports) == 0 || !slices.IsSorted(ports) || ports[0] == 0) {
			t.Errorf("%q was read as %v", s, ports)
		}
	})
}
