package hours

// Surroundings is what is known of an epoch whose own clock was never set: a
// power cut or a flat battery ended it before anybody told it the time (I4).
type Surroundings struct {
	After  int64 // Unix ms before which it did not begin: the epoch before it still ran; 0: not known
	Before int64 // Unix ms after which it did not run: the next one had begun; 0: not known
	Last   int64 // its highest tick known
	PPM    uint32
}

// At gives the middle of when a tap can have been made: after the epoch before
// it, by as much as its tick says, before it arrived, and before the next epoch
// by as much as this one still ran.
func (s Surroundings) At(tick uint64, gap uint32, arrived int64) Instant {
	unknown := Instant{arrived, Unbounded, KnownArrival}
	if s.After == 0 || tick > maxTick {
		return unknown
	}
	t := Timeline{ppm: toleranceOf(s.PPM)}
	at := int64(tick)
	lo, hi := s.After+at-t.drift(at), arrived
	if rest := max(s.Last-at, 0); s.Before != 0 {
		hi = min(hi, s.Before-rest+t.drift(rest))
	}
	if lo > hi {
		return unknown // one of the clocks around it was wrong
	}
	middle := lo + (hi-lo)/2
	return Instant{middle, min(hi-middle+int64(gap), Unbounded), KnownBounded}
}
