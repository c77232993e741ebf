package main

import (
	"strings"
	"testing"
)

func TestAProbesAddressCanNotBeGuessedFromItsName(t *testing.T) { // else whoever reads the status page could lock it out
	if a, b := probeAddress("nl-west"), probeAddress("nl-west"); a == b || !strings.HasPrefix(a, "probe-nl-west-") {
		t.Errorf("%s and %s", a, b)
	}
}

func TestWhatIsWrongInAProbesFileIsSaidAndNoOutage(t *testing.T) {
	for want, text := range map[string]string{
		"name lacks":            `{}`,
		"key lacks":             `{"name": "a", "email": "b", "password": "c"}`,
		"want HOST:PORT":        `{"name": "a", "email": "b", "password": "c", "key": "d", "gateway": "tikklok.example.com", "server": "https://tikklok.example.com"}`,
		"want http://":          `{"name": "a", "email": "b", "password": "c", "key": "d", "gateway": "tikklok.example.com:8883", "server": "tikklok.example.com"}`,
		"unexpected end":        `{"name": "a"`,
		"invalid character 'u'": `{"name": unquoted}`,
	} {
		if _, _, err := parseProbeFile([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseProbeFile(f *testing.F) {
	f.Add([]byte(`{"name": "a", "email": "b", "password": "c", "key": "d", "gateway": "h:1", "server": "https://h"}`))
	f.Add([]byte(`{"server": "http://[::1"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		file, server, err := parseProbeFile(content)
		if err == nil && (server == nil || server.Host == "" || file.Key == "") {
			t.Errorf("%q was taken", content)
		}
	})
}
