// Package probe promises that each minute is measured from outside the serving
// process as users meet it (OB-S1): somebody signs in and reads a page, and a
// tap travels to its receipt. What was measured stands in a book of the probe's
// own, on disk, before it is told to anybody, so that an outage of server and
// database is measured too; a minute that nobody measured is never up.
//
// A result could be lost between the measurement and the write (the minute is
// unmeasured then), and never after it.
package probe

import (
	"fmt"
	"time"
)

// State says whether users could get in.
type State string

// The states of a measured minute; one that wasn't measured has no record.
const (
	Up   State = "up"
	Down State = "down"
)

// Why says what kept users out. It is of a short list, so that no page text,
// address or name gets into a record.
type Why string

// What can keep users out.
const (
	WhyNone       Why = ""
	WhyConnection Why = "connection" // nobody answers there
	WhyTimeout    Why = "timeout"    // no answer in time
	WhyTLS        Why = "tls"        // the certificate is not to be trusted
	WhyFault      Why = "fault"      // the server says that it can't (5xx)
	WhySignIn     Why = "sign-in"    // the account doesn't get in
	WhyStranger   Why = "stranger"   // something else answers there
	WhyPage       Why = "page"       // it gets in, and the page isn't there
)

// TapState says how the tap of a minute fared. It is reported beside the state
// and never changes it: users who can get in are in.
type TapState string

// The states of a tap.
const (
	TapOff      TapState = "off"      // none was sent: the probe has no gateway
	TapReceived TapState = "received" // its receipt came: it stands in the database (I2)
	TapWaits    TapState = "waits"    // no receipt in time; the gateway keeps it and sends it again
)

// Record is what was measured of one minute.
type Record struct {
	Epoch   uint64    `json:"epoch"` // of one run of the probe; with Seq the record's name, as I1
	Seq     uint64    `json:"seq"`   // from 1, never used twice in a book
	At      time.Time `json:"at"`    // the UTC minute, by the probe's clock
	State   State     `json:"state"`
	Why     Why       `json:"why,omitempty"`
	Took    int64     `json:"took"` // ms of the attempt that counts
	Tap     TapState  `json:"tap"`
	TapTook int64     `json:"tap_took,omitempty"` // ms from the reader to the receipt
	Ahead   int64     `json:"ahead,omitempty"`    // seconds that the server's clock is ahead of the probe's
	Stepped bool      `json:"stepped,omitempty"`  // the probe's clock was set since the minute before
}

// A clock that says another year was never set.
const (
	firstYear = 2025
	lastYear  = 2099
)

// Check refuses what no probe of this version writes.
func (r Record) Check() error {
	switch {
	case r.Seq == 0 || r.Seq > 1<<62 || r.Epoch == 0 || r.Epoch > 1<<62:
		return fmt.Errorf("record %d: epoch and seq are 1 to 2^62", r.Seq)
	case r.At.Year() < firstYear || r.At.Year() > lastYear:
		return fmt.Errorf("record %d: it is not %d; set this machine's clock", r.Seq, r.At.Year())
	case !r.At.Equal(r.At.Truncate(time.Minute)):
		return fmt.Errorf("record %d: %s is not a whole minute", r.Seq, r.At.Format(time.RFC3339Nano))
	case r.State != Up && r.State != Down:
		return fmt.Errorf("record %d: state %q is neither up nor down", r.Seq, r.State)
	case (r.State == Up) != (r.Why == WhyNone):
		return fmt.Errorf("record %d: what is down has a reason, and only that", r.Seq)
	case !r.Why.known():
		return fmt.Errorf("record %d: reason %q is none of the list", r.Seq, r.Why)
	case r.Tap != TapOff && r.Tap != TapReceived && r.Tap != TapWaits:
		return fmt.Errorf("record %d: tap %q is off, received or waits", r.Seq, r.Tap)
	case r.Took < 0 || r.TapTook < 0 || r.Took > 3_600_000 || r.TapTook > 3_600_000:
		return fmt.Errorf("record %d: durations are 0 to an hour", r.Seq)
	}
	return nil
}

// skewMost is from how much on two clocks disagree.
const skewMost = 30 * time.Second

// Skew is by how much the server's clock is ahead where the two disagree, below
// zero where the probe's is; 0: they agree.
func (r Record) Skew() time.Duration {
	if ahead := time.Duration(r.Ahead) * time.Second; ahead.Abs() >= skewMost {
		return ahead
	}
	return 0
}

func (w Why) known() bool {
	switch w {
	case WhyNone, WhyConnection, WhyTimeout, WhyTLS, WhyFault, WhySignIn, WhyStranger, WhyPage:
		return true
	}
	return false
}
