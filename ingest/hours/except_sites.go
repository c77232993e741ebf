package hours

import "tikklok/ingest/hours/calendar"

// suspect shows a person what of a shift's punch can't be one employee's: a tap
// at another site within the double-tap window, and a fob that is somebody
// else's too (I7). The shift counts meanwhile.
func (c *computing) suspect(day calendar.Date, p Punch, doubles []Punch) {
	for _, d := range doubles {
		if elsewhere(p, d) {
			c.except(day, Exception{Kind: TwoSites, Tap: d.Tap, At: d.At, Site: p.Site})
			break
		}
	}
	if p.Rival == 0 {
		return
	}
	for _, e := range c.day(day).Exceptions {
		if e.Kind == DoubleHolder { // one answer is enough for a day
			return
		}
	}
	c.except(day, Exception{Kind: DoubleHolder, Tap: p.Tap, At: p.At, Rival: p.Rival})
}

func elsewhere(a, b Punch) bool { return a.Site != 0 && b.Site != 0 && a.Site != b.Site }

// overlap marks the stretches that lack an out because the employee came in at
// another site meanwhile, and went out at the first one only later: nobody is
// at two sites. Readers that toggle don't say enough for that.
func (c *computing) overlap(chain []int, stretches []stretch, longest int64) {
	at := func(k int) Punch { return c.punches[chain[k]] }
	for n := 0; n+1 < len(stretches); n++ {
		s, in := &stretches[n], at(stretches[n].from)
		next := at(stretches[n+1].from)
		if !s.noOut || s.noIn || s.unsure || in.Mode != In || next.Mode != In || !elsewhere(in, next) {
			continue
		}
		for _, later := range stretches[n+1:] {
			out := at(later.to)
			if later.noIn && out.Mode == Out && out.Site == in.Site && out.At-in.At <= longest {
				s.elsewhere = next.Site
			}
		}
	}
}
