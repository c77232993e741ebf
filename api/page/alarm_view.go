package page

import "time"

// PathServiceAlarms is what is wrong with the service, and was: GET.
const PathServiceAlarms = "/service/alarms"

// Alarms is what is wrong with the service for this customer: PathServiceAlarms.
type Alarms struct {
	Frame
	Lasting, Past []AlarmLine
	Refused       []RefusedLine
}

func (*Alarms) name() string { return "alarms" }

// AlarmLine is one alarm.
type AlarmLine struct {
	Text         string
	Since, Until time.Time // Until: when it was last seen; zero: it lasts
	Written      bool      // administrators were told by e-mail
}

// RefusedLine is a user whose address a mail server refuses.
type RefusedLine struct {
	Name, Email string
	At          time.Time
	Answer      string // the mail server's code
}
