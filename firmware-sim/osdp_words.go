package sim

import (
	"encoding/binary"
	"fmt"
	"time"
)

// osdpColours are those of LED commands (SIA OSDP v2.2, table 16).
var osdpColours = []string{"black", "red", "green", "amber", "blue", "magenta", "cyan", "white"}

// words says in words what a panel commands; "" for a POLL. Keys are left out.
func (a osdpAsk) words(data []byte) string {
	switch {
	case a.code == 0x60:
		return ""
	case a.code == 0x61:
		return "ID"
	case a.code == 0x62:
		return "CAP"
	case a.code == 0x69 && len(data) == 14:
		return fmt.Sprintf("LED %d of reader %d:", data[1], data[0]) + temporary(data[2:9]) + permanent(data[9:])
	case a.code == 0x6A && len(data) == 5:
		return fmt.Sprintf("BUZ of reader %d: tone %d, %d times %s on, %s off", data[0], data[1], data[4], tenths(uint16(data[2])), tenths(uint16(data[3])))
	case a.code == 0x6E && len(data) == 5:
		return fmt.Sprintf("COMSET address %d, %d baud", data[0], binary.LittleEndian.Uint32(data[1:]))
	case a.code == 0x75:
		return "KEYSET"
	case a.code == 0x76:
		return "CHLNG"
	case a.code == 0x77:
		return "SCRYPT"
	}
	return fmt.Sprintf("command %02X, %d bytes", a.code, len(data))
}

func temporary(b []byte) string {
	switch b[0] {
	case 1:
		return " temporary cancelled"
	case 2:
		return fmt.Sprintf(" %s %s, %s %s, for %s", colour(b[3]), tenths(uint16(b[1])), colour(b[4]), tenths(uint16(b[2])), tenths(binary.LittleEndian.Uint16(b[5:])))
	}
	return ""
}

func permanent(b []byte) string {
	if b[0] != 1 {
		return ""
	}
	return fmt.Sprintf(" then %s %s, %s %s", colour(b[3]), tenths(uint16(b[1])), colour(b[4]), tenths(uint16(b[2])))
}

func colour(b byte) string {
	if int(b) < len(osdpColours) {
		return osdpColours[b]
	}
	return fmt.Sprintf("colour %d", b)
}

func tenths(n uint16) time.Duration { return time.Duration(n) * 100 * time.Millisecond }
