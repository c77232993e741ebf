package wire

import "fmt"

// What a gateway takes as Settings beside 0, which is as the program was built.
// Outside these bounds a value would cut it off, or wear out its line or disk.
const (
	MaxSettings     = 1<<53 - 1 // version
	MaxBlockedHours = 168
	MinFlush        = 50      // ms
	MaxFlush        = 600_000 // ms
	MinKeepAlive    = 30      // s
	MaxKeepAlive    = 7200    // s
	MinMonthBytes   = 100_000
	MaxMonthBytes   = 1_000_000_000_000
	MaxStateMinutes = 1440
)

// Check says which value is out of bounds.
func (s Settings) Check() error {
	for _, v := range []struct {
		name             string
		got, least, most uint64
	}{
		{"version", s.Version, 0, MaxSettings},
		{"blocked_hours", uint64(s.BlockedHours), 1, MaxBlockedHours},
		{"flush", uint64(s.Flush), MinFlush, MaxFlush},
		{"keep_alive", uint64(s.KeepAlive), MinKeepAlive, MaxKeepAlive},
		{"month_bytes", s.MonthBytes, MinMonthBytes, MaxMonthBytes},
		{"state_minutes", uint64(s.StateMinutes), 1, MaxStateMinutes},
	} {
		if v.got != 0 && (v.got < v.least || v.got > v.most) {
			return fmt.Errorf("settings: %s %d, want %d…%d, or 0", v.name, v.got, v.least, v.most)
		}
	}
	return nil
}
