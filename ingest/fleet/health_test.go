package fleet_test

import (
	"testing"

	"tikklok/ingest/fleet"
)

// What gateways write (gateway/reader, gateway/port.go), word for word: a
// change there that no vocabulary knows shows up as "other" on the pages.
func TestWhatGatewaysWriteOfReadersIsUnderstood(t *testing.T) {
	for text, want := range map[string]string{
		"ok": "ok", "": "",
		"no reader answers: check cable, power and protocol":                                         "silent",
		"no reader answers: check cable, power and protocol, and that the module's switches say HSU": "silent",
		"7 frames refused, last: checksum; check cable, speed and protocol":                          "noise",
		"7 lines refused, last: not hexadecimal; check cable, speed and settings":                    "noise",
		"7 damaged frames: check cable and earth":                                                    "noise",
		"7 replies refused, last: CRC; check cable and earth":                                        "noise",
		"7 times trouble on the line, last: damaged frame; check cable and power":                    "noise",
		"7 cards refused, last: 5 bytes":                                                             "cards",
		"was opened or taken off the wall (tamper)":                                                  "tamper",
		"belongs to another organisation: wipe the reader before using it here":                      "stranger",
		"speaks reader link version 2, this gateway 1: update the older of the two":                  "version",
		"not bound yet": "binding",
		"keeps its default key: put it in installation mode":                                          "key",
		"keeps its default key: anyone on the line can read it":                                       "open",
		"is not encrypted: it has no secure channel":                                                  "open",
		"can't be moved from address 3: set it by hand":                                               "address",
		"has no key of its own yet, for none could be stored: make room on the gateway's disk":        "disk_full",
		"3 times a tap could not be stored: make room on the gateway's disk":                          "disk_full",
		"open port /dev/ttyUSB0: no such file or directory":                                           "port_lost",
		"lock port /dev/ttyUSB0: resource temporarily unavailable":                                    "port_lost",
		"port /dev/ttyUSB0: read: input/output error":                                                 "port_lost",
		"port in use: /dev/ttyUSB0 is held by another gateway or program: stop it, or leave this out": "port_lost",
		"no reader answers at address 3: check cable, power, address and speed":                       "silent",
		"says that it is busy, for ever: switch it off and on":                                        "silent",
		"refuses to be polled (NAK 6)":                                                                "silent",
		"speaks in the clear, though it has a key":                                                    "key",
		"flux compensator missing":                                                                    "other",
	} {
		if got := fleet.HealthOf(text).Word; got != want {
			t.Errorf("%q is understood as %q, want %q", text, got, want)
		}
	}
}

func TestTheReasonOfAQuarantineIsUnderstood(t *testing.T) {
	for reason, want := range map[string]string{
		"origin 100000001 is bound to another site; move the reader there first": "other-site",
		"origin 7 is another gateway's":                                          "other-gateway",
		"the stream's names have too many gaps between them":                     "crowded",
		"the gateway names more than 64 readers":                                 "readers",
		"batch: seq 3 stands twice":                                              "other",
	} {
		if got := (fleet.Quarantined{Reason: reason}).Word(); got != want {
			t.Errorf("%q is understood as %q, want %q", reason, got, want)
		}
	}
}
