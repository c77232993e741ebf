package fleet

import "time"

// readers judges the readers and the serial lines that they hang on.
func (c *chain) readers() {
	f := c.facts
	if !f.Online || !c.listens() {
		c.say(LinkReader, VerdictUnknown, "behind-gateway")
		c.say(LinkLine, VerdictUnknown, "behind-gateway")
		return
	}
	good := 0
	for _, r := range f.Readers {
		good += count(c.reader(r))
	}
	if good > 0 {
		c.say(LinkReader, VerdictOK, "readers-good", good)
		c.say(LinkLine, VerdictOK, "readers-good", good)
	}
	if len(f.Readers) == 0 {
		c.say(LinkReader, VerdictUnknown, "no-reader")
		c.say(LinkLine, VerdictUnknown, "no-reader")
	}
}

// reader judges one, and says whether nothing is wrong with it.
func (c *chain) reader(r Reader) bool {
	if at := c.facts.Told.At; !r.Memory() && r.Listed != nil && at != nil && r.Listed.Before(*at) {
		c.say(LinkLine, VerdictSuspect, "reader-unlisted", r.Name, *r.Listed)
		return false
	}
	if r.Memory() && r.LastContact != nil && c.now.Sub(*r.LastContact) > contactLate {
		c.broken = true
		c.say(LinkReader, VerdictFailing, "reader-no-contact", r.Name, *r.LastContact)
		return false
	}
	good := c.health(r)
	switch b := r.BatteryPercent; {
	case b == 0 || b >= lowBattery: // 0: mains
	case b <= emptyBattery:
		c.say(LinkReader, VerdictFailing, "battery-empty", r.Name, b)
		return false
	default:
		c.say(LinkReader, VerdictSuspect, "battery-low", r.Name, b)
		return false
	}
	return good
}

// health judges what the gateway said of a reader.
func (c *chain) health(r Reader) bool {
	h := HealthOf(r.Health)
	switch h.Word {
	case "ok":
		return true
	case "", "binding":
		return false // not heard of yet: it says nothing
	case "silent": // the reader or what it hangs on: nothing that was heard tells which
		c.broken = true
		c.say(LinkLine, VerdictSuspect, "reader-silent", c.values(r)...)
		c.say(LinkReader, VerdictSuspect, "reader-silent", c.values(r)...)
		return false
	}
	c.say(h.Link, graveness(h.Word), "reader-"+h.Word, c.values(r)...)
	return false
}

// graveness says whether taps are lost or late by it.
func graveness(word string) Verdict {
	switch word {
	case "port_lost", "disk_full", "full", "stranger", "version", "key":
		return VerdictFailing
	}
	return VerdictSuspect
}

// values are what every evidence about a reader's health tells: its name,
// since when, and the gateway's own words.
func (c *chain) values(r Reader) []any {
	since := time.Time{}
	if r.HealthSince != nil {
		since = *r.HealthSince
	}
	return []any{r.Name, since, r.Health}
}
