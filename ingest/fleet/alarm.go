package fleet

import (
	"strings"
	"time"

	"tikklok/gateway/wire"
)

// Conflict is the same name with other bytes: never dropped, never paid (I1).
type Conflict struct {
	ID int64
	wire.Name
	Reader     int64
	ReaderName string
	Gateway    int64
	At         time.Time
}

// Quarantined is a batch that could not be understood or stored; its bytes are
// kept.
type Quarantined struct {
	ID      int64
	Gateway int64
	Reason  string
	Bytes   int
	At      time.Time
}

// CertificateAlarm is how long before its end a certificate that was not
// renewed alarms.
const CertificateAlarm = 30 * 24 * time.Hour

// What a certificate is for.
const (
	CertificateGateway   = "gateway"
	CertificateBroker    = "broker"    // of the whole service
	CertificateAuthority = "authority" // of the whole service: all others end with it
)

// Expiring is a certificate that has ended or soon ends. The service renews
// its own and gateways theirs, so something keeps them from it.
type Expiring struct {
	Kind    string
	Gateway int64 // of CertificateGateway, else 0
	Until   time.Time
}

// Word is what the reason says, as a word that pages have in every language;
// "other" for one that is shown as it is.
func (q Quarantined) Word() string {
	for word, text := range map[string]string{
		"other-site": "is bound to another site", "other-gateway": "is another gateway's",
		"crowded": "too many gaps between them", "readers": "the gateway names more than",
	} {
		if strings.Contains(q.Reason, text) {
			return word
		}
	}
	return "other"
}
