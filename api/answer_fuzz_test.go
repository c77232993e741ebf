package api

import "testing"

// FuzzLength reads any text as a length, within a day or not at all, and reads
// what it says of it back.
func FuzzLength(f *testing.F) {
	for _, seed := range []string{"7:36", "-0:30", "−1:00", "+8", "7,5", "24:00", "NaN", "1e9", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if minutes, ok := parseLength(text); ok && (minutes == 0 || minutes < -1440 || minutes > 1440) {
			t.Errorf("%q is %d minutes", text, minutes)
		}
	})
}

// FuzzFobTaps reads any text as the name of a fob's taps, and names it again.
func FuzzFobTaps(f *testing.F) {
	for _, seed := range []string{"1.0102030405060708", "32767.ffffffffffffffff", "-1.00", "1.", "."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		taps, err := parseFobTaps(text)
		if err != nil {
			return
		}
		again, err := parseFobTaps(fobTapsID(taps))
		if err != nil || *again != *taps {
			t.Errorf("%q became %v (%v)", text, again, err)
		}
	})
}
