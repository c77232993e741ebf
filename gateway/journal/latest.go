package journal

import "tikklok/gateway/wire"

// LastTick gives the highest tick of a stream's taps and pairs, as far as the
// journal still holds them.
func (j *Journal) LastTick(name wire.Stream) (last uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.streams[name]
	if s == nil {
		return 0
	}
	last = s.lastTick
	for _, p := range s.pairs {
		last = max(last, p.Tick)
	}
	return last
}

// Latest gives the last tap that this gateway named of a reader without memory,
// in this run or an earlier one, as far as the journal still holds it.
func (j *Journal) Latest(reader string) (Tap, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	t, ok := j.latest[reader]
	return t, ok
}
