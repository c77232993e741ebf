package sim

import "time"

// command carries out a command of the host (UM0701-02, 7). A new one ends one
// that waits. One that is unknown or too short gets the error frame.
func (c *PN532) command(p []byte, now time.Time) {
	if !c.ready && p[0] != 0x14 && p[0] != 0x02 {
		return // low battery mode: the SAM first
	}
	c.waiting = nil
	c.send(pn532Short(0x00))
	switch rest := p[1:]; p[0] {
	case 0x4A, 0x60:
		if s := c.begin(p, now); s != nil {
			c.field, c.waiting = true, s
			return
		}
		c.refuse()
	default:
		data, ok := c.at(p[0], rest)
		if !ok {
			c.refuse()
			return
		}
		c.answer(p[0], data...)
		if p[0] == 0x16 { // PowerDown
			c.darken()
			c.awake = false
		}
	}
}

func (c *PN532) refuse() {
	c.reply = pn532Frame([]byte{0x7F})
	c.send(c.reply)
}

// at answers commands that take no time.
func (c *PN532) at(command byte, p []byte) (data []byte, ok bool) {
	switch command {
	case 0x00: // Diagnose: communication line test
		return p, len(p) > 0 && p[0] == 0x00
	case 0x02: // GetFirmwareVersion: PN532, 1.6, all modes
		return []byte{0x32, 0x01, 0x06, 0x07}, true
	case 0x04: // GetGeneralStatus: no error, field, no targets, no SAM
		return []byte{0x00, bit(c.field), 0x00, 0x00}, true
	case 0x06: // ReadRegister
		return make([]byte, len(p)/2), len(p) >= 2 && len(p)%2 == 0
	case 0x08: // WriteRegister
		return nil, len(p) >= 3 && len(p)%3 == 0
	case 0x12: // SetParameters
		c.rats = len(p) > 0 && p[0]&0x10 != 0
		return nil, len(p) == 1
	case 0x14: // SAMConfiguration
		c.ready = len(p) > 0 && p[0] >= 1 && p[0] <= 4
		return nil, c.ready
	case 0x16: // PowerDown: success
		return []byte{0x00}, len(p) > 0
	case 0x32:
		return nil, c.configure(p)
	case 0x44, 0x52: // InDeselect, InRelease: success
		c.halt()
		return []byte{0x00}, len(p) == 1
	}
	return nil, false
}

// configure is RFConfiguration; its other items change nothing here.
func (c *PN532) configure(p []byte) bool {
	switch {
	case len(p) == 2 && p[0] == 0x01:
		if p[1]&1 == 0 {
			c.darken()
		} else {
			c.field = true
		}
	case len(p) == 4 && p[0] == 0x05:
		c.retries = p[3]
	default:
		return len(p) > 1
	}
	return true
}

// begin gives the search of InListPassiveTarget or InAutoPoll, nil when it is
// malformed. Cards other than ISO 14443 A are never there.
func (c *PN532) begin(p []byte, now time.Time) *pn532Search {
	const try, period = 5 * time.Millisecond, 150 * time.Millisecond
	switch {
	case p[0] == 0x4A && len(p) >= 3 && p[1] >= 1 && p[1] <= 2:
		s := &pn532Search{command: 0x4A, most: int(p[1])}
		if p[2] != 0x00 {
			s.most = 0
		}
		if c.retries != 0xFF {
			s.until = now.Add(time.Duration(c.retries+1) * try)
		}
		return s
	case p[0] == 0x60 && !c.Plain && len(p) >= 4 && len(p) <= 18 && p[2] >= 1 && p[2] <= 15:
		s := &pn532Search{command: 0x60, most: 2, kinds: p[3:]}
		if p[1] != 0xFF {
			s.until = now.Add(time.Duration(p[1]) * time.Duration(p[2]) * time.Duration(len(s.kinds)) * period)
		}
		return s
	}
	return nil
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
