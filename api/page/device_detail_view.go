package page

import "time"

// GatewayDetail is one gateway's own page: PathGateway.
type GatewayDetail struct {
	Frame
	Gateway
	Site      string
	SiteID    int64
	Facts     GatewayFacts
	Readers   []Reader
	Signal    Chart
	Connects  Chart
	Unsent    Chart
	Bytes     Chart
	Outages   []Outage
	Served    []Hardware // devices that served in this place before
	Sites     []Option
	Spares    []Option
	Retired   *RetiredDevice
	Form      Form
	FormFor   string // "swap", "retire"
	MayManage bool
}

func (*GatewayDetail) name() string { return "gateway-page" }

// GatewayFacts is what the gateway last told.
type GatewayFacts struct {
	Told             time.Time // zero: never
	Booted           time.Time
	CertificateUntil time.Time
	MonthBytes       int64
	Signal           int // dBm; 0: not told
	Lost             string
}

// Outage is a time that a gateway was away.
type Outage struct {
	Since, Until time.Time
	Cause        string // "power", "program", "stopped", "network", "server", "unknown"
}

// Minutes is how long it was away, at least 1.
func (o Outage) Minutes() int { return max(1, int(o.Until.Sub(o.Since)/time.Minute)) }

// ReaderDetail is one reader's own page: PathReader.
type ReaderDetail struct {
	Frame
	Reader
	Site      string
	SiteID    int64
	GatewayID int64 // 0: it has memory
	Memory    bool
	Battery   Chart
	Radio     Chart
	Kept      Chart
	Replaces  *RetiredDevice // the reader whose place it took
	Successor *Option        // who took its place
	Served    []Hardware
	Sites     []Option
	Others    []Option // readers that may take its place
	Spares    []Option
	Retired   *RetiredDevice
	Form      Form
	FormFor   string // "swap", "retire"
	MayManage bool
}

func (*ReaderDetail) name() string { return "reader-page" }
