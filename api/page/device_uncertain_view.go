package page

import "time"

// DeviceUncertain is the taps whose time waits for a person, and the clocks
// that are not believed (I4).
type DeviceUncertain struct {
	Groups    []UncertainGroup
	More      bool // there are more than are listed
	Clocks    []DoubtfulClock
	MayDecide bool
}

// UncertainGroup is taps of one run of one device with one cause. Its form
// posts to PathUncertain: for each Tap, with N its place: tap.N, employee.N,
// was.N (the estimate), at.N (date and time in the tenant's zone) and chosen.N;
// and one reason.
type UncertainGroup struct {
	Key    string // FormFor of the form that was refused
	Reader string
	Site   string
	Why    string // "unset", "power", "unread", "contradiction", "impossible", "long"
	Taps   []UncertainTap
	Form   Form
}

// From and To are when the first and the last of its taps are shown.
func (g UncertainGroup) From() time.Time { return g.Taps[0].Shown }
func (g UncertainGroup) To() time.Time   { return g.Taps[len(g.Taps)-1].Shown }

// UncertainTap is one tap that counts once it has a time.
type UncertainTap struct {
	Tap         string
	Employee    int64
	Name        string
	Number      string
	Day         time.Time // of the timesheet that asks for it
	Shown       time.Time // its time as far as known, else its arrival
	Uncertainty int       // ± ms; negative: only the arrival is known
	Arrived     time.Time
	Device      time.Time // what the device's clock showed; zero: it has none
	Estimate    time.Time // what may be accepted; zero: nothing to go by
	Basis       string    // of Estimate: "estimate" or "device"
	At          string    // in the field, as it was posted or estimated
	Chosen      bool
	Problem     *Message
}

// DoubtfulClock is a device whose clock contradicted itself or others.
type DoubtfulClock struct {
	Device string
	Doubt  string // "future", "past", "contradiction", "contested"
	Times  int
	At     time.Time
}

// Was is the estimate as the form posts it back.
func (t UncertainTap) Was() string {
	if t.Estimate.IsZero() {
		return ""
	}
	return t.Estimate.Format(time.RFC3339Nano)
}

// Week is that of its timesheet.
func (t UncertainTap) Week() Week { return Week{t.Day} }
