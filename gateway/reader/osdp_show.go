package reader

import (
	"encoding/binary"

	"tikklok/gateway/wire"
)

// Colours of a LED (6.10).
const (
	osdpBlack byte = 0
	osdpRed   byte = 1
	osdpGreen byte = 2
	osdpAmber byte = 3
)

// osdpLight is what a colour looks and sounds like, in 100 ms.
type osdpLight struct {
	colour  byte
	on, off byte
	total   uint16
	tone    byte // length of a beep
	beeps   byte
}

// Green is one short beep, amber two, red three long ones with a flashing
// light, for people who don't see colours.
var osdpLights = map[wire.Colour]osdpLight{
	wire.Green: {osdpGreen, 10, 0, 10, 1, 1},
	wire.Amber: {osdpAmber, 20, 0, 20, 1, 2},
	wire.Red:   {osdpRed, 2, 2, 20, 4, 3},
}

// show puts a colour before all other commands.
func (d *osdpDevice) show(reader byte, colour wire.Colour) {
	l, ok := osdpLights[colour]
	if !ok {
		return
	}
	d.queue = nil // what the tap before showed
	if !d.noLED {
		d.queue = append(d.queue, osdpCommand{osdpLED, osdpTemporary(reader, l)})
	}
	if !d.noBuzzer {
		// Reader, tone 2 (the usual one), on, off, how often (6.11).
		d.queue = append(d.queue, osdpCommand{osdpBuz, []byte{reader, 2, l.tone, 1, l.beeps}})
	}
}

// osdpTemporary: reader, LED, temporary (2 sets it: on, off, their colours, how
// long), permanent (0 leaves it).
func osdpTemporary(reader byte, l osdpLight) []byte {
	b := []byte{reader, 0, 2, l.on, l.off, l.colour, osdpBlack}
	return append(binary.LittleEndian.AppendUint16(b, l.total), 0, 0, 0, 0, 0)
}

// idle turns the light off: red all day is the factory's choice in many
// readers, and here it says that a tap was not stored.
func (d *osdpDevice) idle() {
	if !d.noLED {
		off := osdpCommand{osdpLED, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, osdpBlack, osdpBlack}}
		d.queue = append([]osdpCommand{off}, d.queue...)
	}
}
