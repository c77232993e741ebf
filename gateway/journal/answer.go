package journal

import (
	"slices"

	"tikklok/gateway/wire"
)

// Mark takes note of what the server holds. A mark replaces the one before:
// one that moved backwards makes taps, start and pairs due again (I2).
func (j *Journal) Mark(marks []wire.Mark) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, m := range marks {
		s := j.streams[m.Stream]
		if s == nil {
			continue
		}
		if len(minus(s.committed, m.Committed)) > 0 {
			s.told, s.telling = 0, 0
			s.resend(answered)
			j.twins.resend()
		}
		s.committed, s.safe = slices.Clone(m.Committed), slices.Clone(m.Safe)
		s.held = minus(s.held, s.committed)
	}
	j.stir()
}

// Answered says that the server answered a parcel's batch, after Mark of the
// same receipt. It gives the number of its taps that the marks don't cover;
// they stay taken until Return.
func (j *Journal) Answered(p *Parcel) (left uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.twins.settle(p.twins, answered)
	j.twins.alone = j.twins.alone && len(p.twins) == 0
	for _, part := range p.parts {
		part.settle(answered)
		s := part.stream
		s.alone = false
		s.told = max(s.told, part.highest)
		covered := intersect(part.seqs, s.committed)
		s.flying = minus(s.flying, covered)
		part.seqs = minus(part.seqs, covered)
		left += count(part.seqs)
	}
	return left
}

// Hold says that the server refused a parcel's batch. When several streams
// were in it, or twins beside one, one may have spoilt it for the others: each
// is due again and travels alone until it is answered. Else the taps are kept,
// and not sent until Ask; twins are not sent again. It gives the number of taps
// held.
func (j *Journal) Hold(p *Parcel) (held uint64) {
	j.mu.Lock()
	if len(p.parts) > 1 || len(p.parts) == 1 && len(p.twins) > 0 {
		for _, part := range p.parts {
			part.stream.alone = true
		}
		j.twins.alone = j.twins.alone || len(p.twins) > 0
		j.mu.Unlock()
		j.Return(p)
		return 0
	}
	defer j.mu.Unlock()
	j.twins.settle(p.twins, answered)
	for _, part := range p.parts {
		part.settle(refused)
		s := part.stream
		s.told = max(s.told, part.highest)
		s.held = plus(s.held, part.seqs...)
		s.flying = minus(s.flying, part.seqs)
		held += count(part.seqs)
		part.seqs = nil
	}
	return held
}

// Return makes what a parcel still holds due again.
func (j *Journal) Return(p *Parcel) {
	j.mu.Lock()
	j.twins.settle(p.twins, waiting)
	for _, part := range p.parts {
		part.settle(waiting)
		part.stream.flying, part.stream.telling = minus(part.stream.flying, part.seqs), 0
		part.seqs = nil
	}
	j.mu.Unlock()
	j.stir()
}

// settle moves what flies in a part on.
func (p *part) settle(to progress) {
	if p.start != nil && p.start.progress == flying {
		p.start.progress = to
	}
	for _, n := range p.pairs {
		if n.progress == flying {
			n.progress = to
		}
	}
	for _, n := range p.repeats {
		if n.progress == flying {
			n.progress = to
		}
	}
}

// Ask makes taps due that the server wants again, and gives those that the
// journal doesn't hold: from now on Have lacks them.
func (j *Journal) Ask(spans []wire.Span) (missing []wire.Span) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, span := range spans {
		want := []wire.Range{{From: span.From, To: span.To}}
		lack := want
		if s := j.streams[span.Stream]; s != nil {
			lack = minus(want, s.durable)
			s.committed, s.held = minus(s.committed, want), minus(s.held, want)
			s.asked = plus(s.asked, lack...)
			s.resend(refused)
		}
		for _, r := range lack {
			missing = append(missing, wire.Span{Stream: span.Stream, From: r.From, To: r.To})
		}
	}
	j.stir()
	return missing
}

// Heard takes note of an epoch of a reader with memory. Its start is stored
// when the journal lacks it; a highest seq that has grown is told to the
// server, so that a lost tail is seen (I2).
func (j *Journal) Heard(r Start) error {
	if err := r.check(); err != nil {
		return err
	}
	j.mu.Lock()
	s := j.streams[r.Stream]
	known := s != nil && s.start != nil
	if known {
		s.highest = max(s.highest, r.Highest)
	}
	j.mu.Unlock()
	if known {
		j.stir()
		return nil
	}
	return j.Append(r)
}
