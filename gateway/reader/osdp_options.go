package reader

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tikklok/gateway/wire"
)

// OSDPHelp tells the settings that ParseOSDP knows.
const OSDPHelp = "addr=N[+N…], readers=NAME[+NAME…], key=auto|none|HEX[+…], former=N|-[+…]"

// ParseOSDP reads settings as they stand in --port: lists with one entry for
// each reader on the line, joined by +. Addr is 0 when it is missing, and key
// auto: a key is made for a reader that still has the default one.
func ParseOSDP(options map[string]string) (OSDPSettings, error) {
	o := optionReader{options: options}
	var s OSDPSettings
	for _, address := range o.list("addr", 0, "0") {
		s.Readers = append(s.Readers, OSDPReader{Address: byte(o.within("addr", address, 126)), Former: -1})
	}
	n := len(s.Readers)
	for i, name := range o.list("readers", n, "") {
		s.Readers[i].Name = name
	}
	for i, key := range o.list("key", n, "auto") {
		o.osdpKey(&s.Readers[i], key)
	}
	for i, former := range o.list("former", n, "-") {
		if former != "-" {
			s.Readers[i].Former = o.within("former", former, osdpBroadcast)
		}
	}
	if err := o.finish(); err != nil {
		return s, err
	}
	return s, distinct(s.Readers)
}

// list gives n entries, all alike when none or one is set; 0 is any number.
func (o *optionReader) list(key string, n int, usual string) []string {
	v, ok := o.take(key)
	if !ok {
		v = usual
	}
	all := strings.Split(v, "+")
	switch {
	case n == 0 || len(all) == n:
		return all
	case !ok:
		return slices.Repeat([]string{usual}, n)
	}
	if o.err == nil { // without the value, which may be keys
		o.err = fmt.Errorf("%s: want %d entries joined by +, one for each address", key, n)
	}
	return nil
}

func (o *optionReader) within(key, v string, most int) int {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > most {
		o.fail(key, "want numbers from 0 to %d", most)
	}
	return n
}

// osdpKey keeps a key out of its error.
func (o *optionReader) osdpKey(r *OSDPReader, v string) {
	switch v {
	case "auto":
	case "none":
		r.Clear = true
	default:
		b, err := hex.DecodeString(v)
		if (err != nil || len(b) != 16) && o.err == nil {
			o.err = fmt.Errorf("key of address %d: want auto, none, or 32 hexadecimal digits", r.Address)
		}
		if err == nil && len(b) == 16 {
			r.Key, r.Given = &OSDPKey{Key: [16]byte(b)}, true
		}
	}
}

// distinct refuses two readers with one address or name.
func distinct(readers []OSDPReader) error {
	addresses, names := map[byte]bool{}, map[string]bool{}
	for _, r := range readers {
		if addresses[r.Address] || r.Name != "" && names[r.Name] {
			return fmt.Errorf("address %d or name %q stands twice", r.Address, r.Name)
		}
		if len(r.Name) > wire.MaxText/2 {
			return fmt.Errorf("name %q is longer than %d bytes", r.Name, wire.MaxText/2)
		}
		addresses[r.Address], names[r.Name] = true, true
	}
	return nil
}
