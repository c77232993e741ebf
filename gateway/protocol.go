package gateway

import (
	"fmt"
	"slices"
	"strings"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// protocol is a kind of reader that a port can have.
type protocol struct {
	name string
	baud int    // when none is set
	help string // settings beside name and baud
	// make refuses settings that are unknown or don't go together.
	make func(options map[string]string, owner uint64, have reader.Have) (reader.Protocol, error)
}

var protocols = []protocol{
	{"em4100", 9600, reader.EM4100Help, func(o map[string]string, _ uint64, _ reader.Have) (reader.Protocol, error) {
		s, err := reader.ParseEM4100(o)
		return reader.NewEM4100(s), err
	}},
	{"line", 9600, reader.LineHelp, func(o map[string]string, _ uint64, _ reader.Have) (reader.Protocol, error) {
		s, err := reader.ParseLine(o)
		return reader.NewLine(s), err
	}},
	{"link", wire.LinkBaud, "", func(o map[string]string, owner uint64, have reader.Have) (reader.Protocol, error) {
		return reader.NewLink(owner, have), reader.ParseNone(o)
	}},
	{"osdp", reader.OSDPBaud, reader.OSDPHelp, func(o map[string]string, _ uint64, _ reader.Have) (reader.Protocol, error) {
		s, err := reader.ParseOSDP(o)
		return reader.NewOSDP(s), err // newPort adds what it needs to speak
	}},
	{"pn532", reader.PN532Baud, reader.PN532Help, func(o map[string]string, _ uint64, _ reader.Have) (reader.Protocol, error) {
		s, err := reader.ParsePN532(o)
		return reader.NewPN532(s), err
	}},
}

// kind gives the protocol; nil when there is none of that name.
func (p Port) kind() *protocol {
	at := slices.IndexFunc(protocols, func(k protocol) bool { return k.name == p.Protocol })
	if at < 0 {
		return nil
	}
	return &protocols[at]
}

// reader gives the state machine of a port.
func (p Port) reader(owner uint64, have reader.Have) (reader.Protocol, error) {
	k := p.kind()
	if k == nil {
		return nil, fmt.Errorf("port %s: unknown protocol %q, there are %s", p.Path, p.Protocol, protocolNames())
	}
	options, err := p.options()
	if err != nil {
		return nil, err
	}
	r, err := k.make(options, owner, have)
	if err != nil {
		return nil, fmt.Errorf("port %s: %s: %w", p.Path, p.Protocol, err)
	}
	return r, nil
}

// options reads Settings.
func (p Port) options() (map[string]string, error) {
	options := map[string]string{}
	for o := range strings.SplitSeq(p.Settings, ",") {
		key, value, _ := strings.Cut(o, "=")
		if _, twice := options[key]; twice {
			return nil, fmt.Errorf("port %s: setting %q stands twice", p.Path, key)
		}
		if o != "" {
			options[key] = value
		}
	}
	return options, nil
}

func protocolNames() string {
	var names []string
	for _, k := range protocols {
		names = append(names, k.name)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// PortHelp tells all protocols and their settings, in lines of 74 characters.
func PortHelp() string {
	var b strings.Builder
	for _, k := range protocols {
		line := fmt.Sprintf("  %-6s  baud=%d", k.name, k.baud)
		for s := range strings.SplitSeq(k.help, ", ") {
			if len(line)+1+len(s) > 74 {
				b.WriteString(line + "\n")
				line = strings.Repeat(" ", 9)
			}
			line += " " + s
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
