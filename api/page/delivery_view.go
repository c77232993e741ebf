package page

import "time"

// Outbox is what is brought to packages by itself, and how: PathDelivery.
type Outbox struct {
	Frame
	Rows         []DeliveryLine // those that a person must look at first
	Destinations []DestinationChannels
	MayManage    bool
	Form         Form   // what was refused, of FormFor
	FormFor      string // "again.ID", "give-up.ID", "arrived.ID" or "KIND.DESTINATION"
	Shown        string // a signing secret just made: only now
	For          string
	Tried        *TriedChannel
}

func (*Outbox) name() string { return "outbox" }

// DeliveryLine is one event of a run on its way.
type DeliveryLine struct {
	ID          int64
	Run         int64
	Destination string
	From, To    time.Time // the run's period
	Kind        string    // "sftp", "webhook", "setu"
	Event       string    // "run.ready", "run.void"
	State       string    // "waiting", "sending", "failing", "done", "uncertain", "given_up", "withdrawn"
	Made        time.Time
	Due         time.Time // of the next attempt; zero: none
	Ended       time.Time
	By          string
	Because     string // why we ended it, or left it to a person: "void", "elsewhere"
	Reason      string // a person's
	Accepted    int
	Count       int           // of attempts
	Attempts    []AttemptLine // the last first, at most ten
	MayGiveUp   bool
	MayAgain    bool
	MayArrive   bool
}

// AttemptLine is one try.
type AttemptLine struct {
	Number  int
	At      time.Time
	Outcome string // "", "done", "failed", "uncertain", "interrupted"
	Status  int
	Answer  string
	Fault   string // what kind of thing failed; "": none that there are words for
	Detail  string
}

// DestinationChannels is a destination with the ways to it.
type DestinationChannels struct {
	ID       int64
	Name     string
	Channels []ChannelLine // one of each kind that it can have
}

// ChannelLine is a way to a destination, set up or not.
type ChannelLine struct {
	Kind      string
	Key       string // "KIND.DESTINATION"
	Address   string // "": it was never set up
	InUse     bool
	Since     time.Time
	PublicKey string
	Form      Form
}

// Places are where the other end may stand, and under whose law.
func (ChannelLine) Places() []string { return []string{"NL", "EU", "EEA", "other"} }

// TriedChannel says how a channel did without a run.
type TriedChannel struct {
	Key     string // of the channel
	Problem string // "": it works
	Fault   string // its kind
	HostKey string // the key that the server showed and that is not pinned
}
