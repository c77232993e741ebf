package sim

import "testing"

func TestLinesAreWrittenAsTheReadersDo(t *testing.T) {
	const facility90card324, facility91card1227, facility14card711 = 90<<16 | 324, 91<<16 | 1227, 14<<16 | 711
	for _, c := range []struct{ name, got, want string }{
		{"WIE232-A", WIE232A(facility90card324), "5A0144\r"},
		{"S4A", S4A(13530444), "0013530444\r\n"},
		{"Wiegand 26, 90/324", WiegandLine(24)(facility90card324), "00101101000000001010001000\r\n"},
		{"Wiegand 26, 91/1227", WiegandLine(24)(facility91card1227), "10101101100000100110010111\r\n"},
		{"Wiegand 26, 14/711", WiegandLine(24)(facility14card711), "10000111000000010110001111\r\n"},
		{"Wiegand 34", WiegandLine(32)(0xABCDEF01), "0101010111100110111101111000000011\r\n"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}
