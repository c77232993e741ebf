package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"tikklok/gateway/wire/internal/pb"
)

// Encode gives the retained message of a gateway.
func (s State) Encode() []byte {
	m := &pb.State{Version: Version, Online: s.Online, Software: text(s.Software), Unsent: s.Unsent, Damaged: s.Damaged, Clock: text(s.Clock),
		Settings: s.Settings, KeyVersion: s.KeyVersion, CertificateUntil: s.CertificateUntil, MonthBytes: s.MonthBytes,
		Uptime: s.Uptime, MachineUptime: s.MachineUptime, Connections: s.Connections, Lost: text(s.Lost), Signal: s.Signal}
	for _, r := range s.Readers {
		m.Readers = append(m.Readers, &pb.Reader{
			Name: text(r.Name), Protocol: text(r.Protocol), Health: text(r.Health), Origin: r.Origin, Firmware: text(r.Firmware),
			BatteryPercent: r.BatteryPercent, Stored: r.Stored, LastContact: r.LastContact, Signal: r.Signal,
		})
	}
	return marshal(m)
}

// DecodeState reads the retained message of a gateway: at most MaxState bytes
// with MaxReaders readers.
func DecodeState(payload []byte) (State, error) {
	m := &pb.State{}
	if err := unmarshal("state", payload, m, MaxState, map[protowire.Number]int{4: MaxReaders}); err != nil {
		return State{}, err
	}
	s := State{Online: m.Online, Software: m.Software, Unsent: m.Unsent, Damaged: m.Damaged, Clock: m.Clock,
		Settings: m.Settings, KeyVersion: m.KeyVersion, CertificateUntil: m.CertificateUntil, MonthBytes: m.MonthBytes,
		Uptime: m.Uptime, MachineUptime: m.MachineUptime, Connections: m.Connections, Lost: m.Lost, Signal: m.Signal}
	for _, r := range m.Readers {
		s.Readers = append(s.Readers, ReaderState{
			Name: r.Name, Protocol: r.Protocol, Health: r.Health, Origin: r.Origin, Firmware: r.Firmware,
			BatteryPercent: r.BatteryPercent, Stored: r.Stored, LastContact: r.LastContact, Signal: r.Signal,
		})
	}
	return s, nil
}
