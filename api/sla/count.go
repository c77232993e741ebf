package sla

import "time"

// kind is what a minute counts as.
type kind uint8

const (
	isAhead kind = iota // not over yet
	isOutside
	isLeftOut
	isUnmeasured
	isUp
	isDown
	isContested
	isOther
	isClaimed
	kinds
)

// tally is how many minutes there are of each kind.
type tally [kinds]int

// kind gives what a minute of the month counts as, by the kinds of rulings.
func (s *stretch) kind(i int, ruled []kind) kind {
	switch {
	case i >= s.until:
		return isAhead
	case !s.scope[i]:
		return isOutside
	case s.work[i]:
		return isLeftOut
	case s.minutes[i].State == Up:
		return isUp
	case s.minutes[i].State != Down:
		return isUnmeasured
	}
	return ruled[s.ruling[i]]
}

// ruled gives what a minute that is down counts as under each ruling.
func (s *stretch) ruled() []kind {
	out := make([]kind, len(s.rulings))
	for i, r := range s.rulings {
		switch cause := r.Cause(); {
		case cause == Contested:
			out[i] = isContested
		case cause.Counts():
			out[i] = isDown
		case r.Claimed():
			out[i] = isClaimed
		default:
			out[i] = isOther
		}
	}
	return out
}

// count gives a tally in the words of reports.
func (n tally) count() Count {
	return Count{Up: n[isUp], Down: n[isDown] + n[isContested], Contested: n[isContested], Other: n[isOther] + n[isClaimed], Claimed: n[isClaimed],
		Unmeasured: n[isUnmeasured], Outside: n[isOutside], LeftOut: n[isLeftOut]}
}

// Day is a day of the month, for its picture.
type Day struct {
	At    time.Time // local midnight
	Hours []Hour    // 23 to 25 of them
}

// Count gives the minutes of its hours together.
func (d Day) Count() (sum Count) {
	for _, h := range d.Hours {
		sum = sum.add(h.Count)
	}
	return sum
}

// Hour is one hour by the clock on the wall, or the first or second of one that
// comes twice.
type Hour struct {
	At    time.Time
	Count Count
	Ahead int // minutes that are still to come
}

// count counts the month by its parts, and by each hour of it, in one walk. A
// part begins at a midnight, so that no hour lies in two.
func (s *stretch) count(r *Report) {
	ruled, part := s.ruled(), 0
	for i, end := s.index(r.From), s.index(r.To); i < end; {
		at := s.at(i).In(r.From.Location())
		for !at.Before(r.Parts[part].To) {
			part++
		}
		h, next, p := Hour{At: at}, min(end, s.index(hourEnd(at))), &r.Parts[part]
		var n tally
		for ; i < next; i++ {
			n[s.kind(i, ruled)]++
			if i < s.until {
				r.Taps.add(s.minutes[i].Tap)
			}
			if s.scope[i] && !s.work[i] {
				p.Promised++
			}
		}
		h.Count, h.Ahead = n.count(), n[isAhead]
		p.Count = p.Count.add(h.Count)
		r.draw(h)
	}
}

// hourEnd gives when the hour on the wall that t stands in ends, or the clock
// is set.
func hourEnd(t time.Time) time.Time {
	_, offset := t.Zone()
	into := (t.Unix() + int64(offset)) % 3600
	end := t.Add(time.Hour - time.Duration(into)*time.Second)
	if _, set := t.ZoneBounds(); !set.IsZero() && set.Before(end) {
		return set
	}
	return end
}

// draw puts an hour on its day.
func (r *Report) draw(h Hour) {
	if n := len(r.Days); n == 0 || r.Days[n-1].At.Day() != h.At.Day() {
		r.Days = append(r.Days, Day{At: h.At})
	}
	day := &r.Days[len(r.Days)-1]
	day.Hours = append(day.Hours, h)
}

func (t *Taps) add(tap State) {
	switch tap {
	case Up:
		t.Arrived++
	case Down:
		t.Lost++
	}
}

// bridge is how many unmeasured minutes between two that were down part no
// outage (ours): a probe that starts again, not one that was away for a day.
const bridge = 60

// outages gives the runs that touch the month.
func (s *stretch) outages(r Report) (all []Outage) {
	newest := s.until - 1
	for newest >= 0 && s.minutes[newest].State == Unmeasured {
		newest--
	}
	now := s.until < len(s.minutes) && s.until-newest <= bridge+1
	from, to := s.index(r.From), s.index(r.To)
	for i := 0; i < s.until; i++ {
		if s.minutes[i].State != Down {
			continue
		}
		begin, last := i, s.runEnd(i)
		i = last
		if last < from || begin >= to {
			continue
		}
		o := Outage{From: s.at(begin).In(r.From.Location()), To: s.at(last + 1).In(r.From.Location()), Ruling: s.rulings[s.ruling[begin]],
			GoesOn: now && last == newest, Unsettled: begin == 0 || last == len(s.minutes)-1}
		for _, p := range r.Parts {
			down, excused := s.downIn(max(begin, s.index(p.From)), min(last+1, s.index(p.To)))
			o.Down, o.Excused, o.Parts = o.Down+down, o.Excused+excused, append(o.Parts, down)
		}
		all = append(all, o)
	}
	return all
}

// downIn counts the minutes down from one until before another: those in the
// terms' time, and others.
func (s *stretch) downIn(from, to int) (counts, excused int) {
	for i := from; i < to; i++ {
		switch {
		case s.minutes[i].State != Down:
		case s.scope[i] && !s.work[i]:
			counts++
		default:
			excused++
		}
	}
	return counts, excused
}

// runEnd gives the last minute of the run that begins at a minute: of the same
// ruling, over short stretches that nobody measured.
func (s *stretch) runEnd(begin int) int {
	last, ruling := begin, s.rulings[s.ruling[begin]]
	for i := begin + 1; i < s.until && i-last <= bridge+1; i++ {
		switch {
		case s.minutes[i].State == Up, s.minutes[i].State == Down && s.rulings[s.ruling[i]] != ruling:
			return last
		case s.minutes[i].State == Down:
			last = i
		}
	}
	return last
}
