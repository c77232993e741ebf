package gateway

import "time"

// thrift is how much a gateway spares a line that is paid by volume.
type thrift uint8

const (
	usual    thrift = iota
	sparing         // the budget would end before the month does
	rationed        // next to nothing of it is left
)

// When thrift begins, as shares of the month's budget.
const (
	sparingFrom  = 0.80
	rationedFrom = 0.95
)

func (t thrift) String() string { return [...]string{"usual", "sparing", "rationed"}[t] }

// thriftOf compares what this month has cost with its budget (0: none) and
// with the share of the month that is over: who spends no faster than the
// month goes needs no thrift, however little is left.
func thriftOf(spent, budget uint64, elapsed float64) thrift {
	if budget == 0 {
		return usual
	}
	used := float64(spent) / float64(budget)
	switch {
	case used < sparingFrom, used <= elapsed:
		return usual
	case used < rationedFrom:
		return sparing
	}
	return rationed
}

// under gives the pace that thrift leaves. Taps always travel, also when the
// budget is spent: it is a goal, and people's hours are worth more than bytes.
// But near its end they travel as full batches or a few times a day: a tap in
// a batch of 200 costs a twentieth of one that travels alone. States stay as
// they are: what the server answers them keeps the list of blocked fobs fresh.
func (l limits) under(t thrift) limits {
	switch t {
	case sparing:
		l.flush, l.keepAlive = max(l.flush, 5*time.Minute), longestKeepAlive
	case rationed:
		l.flush, l.keepAlive = max(l.flush, 6*time.Hour), longestKeepAlive
	}
	return l
}

// monthOf gives an instant's calendar month, "2026-11", and the share of it
// that is over. UTC: the same everywhere, and what a bill says is near enough.
func monthOf(at time.Time) (name string, elapsed float64) {
	at = at.UTC()
	from := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	return from.Format("2006-01"), float64(at.Sub(from)) / float64(from.AddDate(0, 1, 0).Sub(from))
}
