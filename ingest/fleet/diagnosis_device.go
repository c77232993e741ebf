package fleet

import "time"

// neverHeard is a gateway that has not connected yet.
func (c *chain) neverHeard() {
	if c.states[LinkCertificate].Verdict == VerdictFailing {
		return // that is why
	}
	for _, link := range []Link{LinkGateway, LinkPower, LinkNetwork} {
		c.say(link, VerdictUnknown, "never-connected")
	}
}

// unlistened is a gateway of which nothing can be said while the server does
// not listen.
func (c *chain) unlistened() {
	for _, link := range []Link{LinkGateway, LinkPower, LinkNetwork} {
		c.say(link, VerdictUnknown, "nobody-listens", c.lastHeard())
	}
}

// lastHeard is the last sign of life; zero: none.
func (c *chain) lastHeard() time.Time {
	switch f := c.facts; {
	case f.LastHeard != nil:
		return *f.LastHeard
	case f.Told.At != nil:
		return *f.Told.At
	}
	return time.Time{}
}

// online judges a gateway that is there.
func (c *chain) online() {
	f := c.facts
	c.say(LinkGateway, VerdictOK, "gateway-online", c.lastHeard())
	if f.Damaged > 0 {
		c.say(LinkGateway, VerdictSuspect, "journal-damaged", f.Damaged)
	}
	if f.Clock == "undisciplined" {
		c.say(LinkGateway, VerdictSuspect, "clock-unset")
	}
	if n, last := c.outages(CauseProgram, 24*time.Hour); n >= 3 {
		c.say(LinkGateway, VerdictSuspect, "program-restarts", n, last)
	}
	if f.Booted != nil {
		c.say(LinkPower, VerdictOK, "power-since", *f.Booted)
	}
	c.powerCuts(1, 24*time.Hour)
	c.powerCuts(2, 7*24*time.Hour)
	c.say(LinkNetwork, VerdictOK, "connected")
	if f.Signal > weakSignal && f.Signal != 0 {
		c.say(LinkNetwork, VerdictOK, "signal", f.Signal)
	}
	c.flaws()
}

// flaws says what was bad about the connection: how often it had to be made,
// and how weak the modem's signal is.
func (c *chain) flaws() {
	f := c.facts
	if n := c.connections(); n >= manyConnects {
		c.say(LinkNetwork, VerdictSuspect, "connections-many", n)
	}
	if f.Signal != 0 && f.Signal <= weakSignal {
		c.say(LinkNetwork, VerdictSuspect, "signal-weak", f.Signal)
	}
	if s := c.states[LinkNetwork]; f.Lost != "" && s.Verdict == VerdictSuspect {
		s.Evidence = append(s.Evidence, Evidence{"lost-because", []any{f.Lost}})
	}
}

// connections counts those of the last 24 hours.
func (c *chain) connections() (n int64) {
	for _, s := range c.facts.Samples {
		if c.now.Sub(s.At) <= 24*time.Hour {
			n += s.Connections
		}
	}
	return n
}

// outages counts those of one cause that ended lately.
func (c *chain) outages(cause string, within time.Duration) (n int, last time.Time) {
	for _, o := range c.facts.Outages {
		if o.Cause != cause || c.now.Sub(o.Until) > within {
			continue
		}
		n++
		if o.Until.After(last) {
			last = o.Until
		}
	}
	return n, last
}

// powerCuts makes the power suspect when there were enough of them.
func (c *chain) powerCuts(enough int, within time.Duration) bool {
	n, last := c.outages(CausePower, within)
	if n < enough || c.states[LinkPower].Verdict == VerdictSuspect {
		return false
	}
	c.say(LinkPower, VerdictSuspect, "power-cuts", n, last)
	return true
}

// offline judges a gateway that is away, by how it went, by whether its
// neighbours went with it, and by why it was away before.
func (c *chain) offline() {
	f := c.facts
	if !c.listens() {
		c.unlistened()
		return
	}
	c.broken = true
	since := c.lastHeard()
	if f.OfflineSince != nil {
		since = *f.OfflineSince
	}
	if c.states[LinkCertificate].Verdict == VerdictFailing {
		c.say(LinkGateway, VerdictUnknown, "offline", since)
		return
	}
	if f.OfflineHow == OfflineGoodbye {
		c.say(LinkGateway, VerdictFailing, "stopped", since)
		c.say(LinkNetwork, VerdictOK, "goodbye-came", since)
		return
	}
	if c.withNeighbours(since) {
		return
	}
	c.alone(since)
}

// withNeighbours judges a gateway that went together with all others of its
// site, or of the tenant.
func (c *chain) withNeighbours(since time.Time) bool {
	var site, siteGone, all, allGone int
	for _, o := range c.facts.Others {
		gone := !o.Online && o.OfflineSince != nil && o.OfflineSince.Sub(since).Abs() <= together
		all, allGone = all+1, allGone+count(gone)
		if o.SameSite {
			site, siteGone = site+1, siteGone+count(gone)
		}
	}
	switch {
	case all > site && allGone == all && !c.hears(): // other sites went too: it is none of them
		c.say(LinkBroker, VerdictSuspect, "all-offline", all, since)
		c.say(LinkNetwork, VerdictSuspect, "all-offline", all, since)
	case site > 0 && siteGone == site:
		c.say(LinkPower, VerdictSuspect, "site-offline", site, since)
		c.say(LinkNetwork, VerdictSuspect, "site-offline", site, since)
	default:
		return false
	}
	return true
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// alone judges a gateway that is away by itself. What it suffered from before
// makes a link suspect; where it suffered from nothing, all three may be it.
func (c *chain) alone(since time.Time) {
	c.say(LinkNetwork, VerdictUnknown, "offline", since)
	c.say(LinkPower, VerdictUnknown, "offline", since)
	c.say(LinkGateway, VerdictUnknown, "offline", since)
	online := 0
	for _, o := range c.facts.Others {
		online += count(o.Online)
	}
	if online > 0 {
		c.say(LinkBroker, VerdictOK, "others-online", online)
	} else if c.hears() {
		c.say(LinkBroker, VerdictOK, "others-heard")
	}
	powerless := c.powerCuts(2, 30*24*time.Hour)
	c.flaws()
	if powerless || c.states[LinkNetwork].Verdict == VerdictSuspect {
		return
	}
	for _, link := range []Link{LinkPower, LinkNetwork, LinkGateway} {
		c.say(link, VerdictSuspect, "offline-alone", since)
	}
}
