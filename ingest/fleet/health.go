package fleet

import (
	"regexp"
	"strings"
)

// Health is what a reader's health says, as a word that pages have in every
// language, and the link of the chain that it is about.
type Health struct {
	Word string // "ok", "" (not heard yet), "other", or one of the vocabulary
	Link Link
}

// vocabulary knows the texts by which gateways tell a reader's health
// (gateway/reader, gateway/port.go); the first that is found counts.
var vocabulary = []struct {
	text *regexp.Regexp
	Health
}{
	{regexp.MustCompile(`^(open|lock) port |^port |^port in use`), Health{"port_lost", LinkLine}},
	{regexp.MustCompile(`tap could not be stored|make room on the gateway's disk`), Health{"disk_full", LinkGateway}},
	{regexp.MustCompile(`no reader answers|is busy, for ever|refuses to (say what it is|be polled)`), Health{"silent", LinkReader}},
	{regexp.MustCompile(`damaged frames|frames refused|lines refused|replies refused|trouble on the line`), Health{"noise", LinkLine}},
	{regexp.MustCompile(`cards refused`), Health{"cards", LinkReader}},
	{regexp.MustCompile(`tamper`), Health{"tamper", LinkReader}},
	{regexp.MustCompile(`belongs to another organisation`), Health{"stranger", LinkSettings}},
	{regexp.MustCompile(`reader link version`), Health{"version", LinkSettings}},
	{regexp.MustCompile(`not bound yet`), Health{"binding", LinkReader}},
	{regexp.MustCompile(`installation mode|takes no CRC|wants a secure channel|speaks in the clear`), Health{"key", LinkSettings}},
	{regexp.MustCompile(`default key|not encrypted`), Health{"open", LinkSettings}},
	{regexp.MustCompile(`^can't be moved`), Health{"address", LinkSettings}},
	{regexp.MustCompile(`^memory full`), Health{"full", LinkReader}},
}

// HealthOf reads a reader's health; what the vocabulary does not know is
// "other", to be shown as the gateway wrote it.
func HealthOf(text string) Health {
	if text == "" || text == "ok" {
		return Health{Word: text, Link: LinkReader}
	}
	for _, known := range vocabulary {
		if known.text.MatchString(strings.TrimSpace(text)) {
			return known.Health
		}
	}
	return Health{"other", LinkReader}
}
