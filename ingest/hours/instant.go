package hours

// Known says how an instant is known (I4), from the best to none.
type Known string

// How instants are known.
const (
	KnownDisciplined  Known = "disciplined"  // a disciplined clock, next to the tap
	KnownServer       Known = "server"       // the server's time, next to the tap
	KnownInterpolated Known = "interpolated" // between two time pairs
	KnownEstimated    Known = "estimated"    // carried on from one time pair
	KnownArrival      Known = "arrival"      // not known; it was before it arrived
	KnownDecided      Known = "decided"      // a person decided
)

// Unbounded is the uncertainty of an instant that nobody knows: 34 years.
const Unbounded int64 = 1 << 40

// Instant is when a tap happened.
type Instant struct {
	At          int64 // Unix ms
	Uncertainty int64 // ± ms, 0…Unbounded
	Known       Known
}
