package ingest

import (
	"fmt"
	"strconv"
	"strings"
)

// The topics of a gateway; between them stands its id in decimal.
const (
	topicRoot  = "tikklok/v1/"
	topicUp    = "/up"    // batches
	topicDown  = "/down"  // receipts and settings
	topicState = "/state" // retained
)

func topic(gateway uint32, kind string) string {
	return fmt.Sprint(topicRoot, gateway, kind)
}

// parseTopic gives the gateway and the kind; only the one way to write an id
// in decimal is taken, so that two topics never mean one gateway.
func parseTopic(t string) (gateway uint32, kind string, ok bool) {
	rest, ok := strings.CutPrefix(t, topicRoot)
	if !ok {
		return 0, "", false
	}
	digits, kind, ok := strings.Cut(rest, "/")
	id, err := parseGateway(digits)
	return id, "/" + kind, ok && err == nil
}

func parseGateway(digits string) (uint32, error) {
	id, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || id == 0 || strconv.FormatUint(id, 10) != digits {
		return 0, fmt.Errorf("gateway %q: want a number from 1 on", digits)
	}
	return uint32(id), nil
}
