package page

import "time"

// DeviceEnrolment is what the Devices page says of enrolment as a whole.
type DeviceEnrolment struct {
	Code    string // made just now: it is shown this once; "": none
	CodeFor string // name of the gateway
	Until   time.Time
	Server  string   // host of the pages, as a first guess of where gateways enrol
	Sites   []Option // where a gateway may stand
	Ending  []EndingCertificate
	MayAdd  bool
}

// EndingCertificate was not renewed, and ends soon or has ended.
type EndingCertificate struct {
	Kind    string // "gateway", "broker", "authority"
	Gateway string
	Until   time.Time
	Ended   bool
}

// GatewayEnrolment is what one gateway's row says of its code and certificate.
type GatewayEnrolment struct {
	CodeUntil time.Time // a code is out until then; zero: none is
	Until     time.Time // when its certificate ends; zero: it was never enrolled
	MayRenew  bool      // another code may be made here
}
