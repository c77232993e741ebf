package fleet

import "time"

// server judges what stands behind the network: broker and ingest.
func (c *chain) server() {
	last := c.lastBeat()
	switch {
	case last == nil:
		c.say(LinkIngest, VerdictUnknown, "ingest-never")
		c.say(LinkBroker, VerdictUnknown, "broker-unheard")
	case c.now.Sub(last.At) > heartbeatLate:
		c.broken = true
		c.say(LinkIngest, VerdictFailing, "ingest-silent", last.At)
		c.say(LinkBroker, VerdictUnknown, "broker-unheard")
	default:
		c.say(LinkIngest, VerdictOK, "ingest-alive", last.At)
		c.broker()
		c.intake()
	}
	if until := c.facts.BrokerCertificateUntil; until != nil {
		c.certificateUntil("broker-certificate", *until)
	}
}

// lastBeat gives the newest sign of life; nil: there never was one.
func (c *chain) lastBeat() *Heartbeat {
	var last *Heartbeat
	for i, b := range c.facts.Servers {
		if last == nil || b.At.After(last.At) {
			last = &c.facts.Servers[i]
		}
	}
	return last
}

// broker believes any server that lives and says that its broker answers.
func (c *chain) broker() {
	why := ""
	for _, b := range c.facts.Servers {
		switch {
		case c.now.Sub(b.At) > heartbeatLate:
		case b.Broker == "":
			c.say(LinkBroker, VerdictOK, "broker-answers")
			return
		default:
			why = b.Broker
		}
	}
	c.broken = true
	c.say(LinkBroker, VerdictFailing, "broker-away", why)
}

// hears says whether any gateway of any tenant reaches a server that lives.
func (c *chain) hears() bool {
	for _, b := range c.facts.Servers {
		if b.Hears && c.now.Sub(b.At) <= heartbeatLate {
			return true
		}
	}
	return false
}

// intake judges whether what arrives is stored.
func (c *chain) intake() {
	f := c.facts
	if f.Refused > 0 {
		at := time.Time{}
		if f.RefusedAt != nil {
			at = *f.RefusedAt
		}
		c.say(LinkIngest, VerdictSuspect, "batches-refused", f.Refused, at)
	}
	if !stuck(f, c.now) {
		return
	}
	others := 0
	for _, o := range f.Others {
		if o.Stuck {
			others++
		}
	}
	if others > 0 {
		c.broken = true
		c.say(LinkIngest, VerdictFailing, "unsent-everywhere", f.Unsent, *f.UnsentSince, others)
		return
	}
	c.say(LinkIngest, VerdictSuspect, "unsent-stuck", f.Unsent, *f.UnsentSince)
}

// stuck says whether taps wait in an online gateway, do not become less, and
// nothing that it brought was committed since.
func stuck(f Facts, now time.Time) bool {
	return f.Online && f.Unsent > 0 && f.UnsentSince != nil && now.Sub(*f.UnsentSince) > stuckAfter &&
		(f.Committed == nil || f.Committed.Before(*f.UnsentSince))
}

// certificate judges the gateway's own.
func (c *chain) certificate() {
	f := c.facts
	until := f.Gateway.CertificateUntil
	if f.Told.CertificateUntil != nil && f.Online { // what it uses counts, not what was issued
		until = f.Told.CertificateUntil
	}
	switch {
	case f.Revoked != nil:
		c.broken = true
		c.say(LinkCertificate, VerdictFailing, "revoked", *f.Revoked)
	case !f.Enrolled:
		c.broken = true
		c.say(LinkCertificate, VerdictFailing, "not-enrolled")
	case until != nil:
		c.certificateUntil("certificate", *until)
	case f.Online:
		c.say(LinkCertificate, VerdictOK, "certificate-used")
	}
}

// certificateUntil says what its end means; an end a month ahead is time
// enough for whoever must renew it.
func (c *chain) certificateUntil(whose string, until time.Time) {
	switch left := until.Sub(c.now); {
	case left <= 0:
		c.broken = true
		c.say(LinkCertificate, VerdictFailing, whose+"-expired", until)
	case left < certificateEnd:
		c.say(LinkCertificate, VerdictSuspect, whose+"-ends", until)
	default:
		c.say(LinkCertificate, VerdictOK, whose+"-good", until)
	}
}

// settings compares what the gateway uses with what it should.
func (c *chain) settings() {
	f := c.facts
	switch {
	case f.SettingsWanted == 0 || f.Settings == 0:
		c.say(LinkSettings, VerdictUnknown, "settings-untold")
	case f.Settings > f.SettingsWanted:
		c.say(LinkSettings, VerdictFailing, "settings-future", version(f.Settings), version(f.SettingsWanted))
	case f.Settings == f.SettingsWanted:
		c.say(LinkSettings, VerdictOK, "settings-newest", version(f.Settings))
	case !f.Online:
		c.say(LinkSettings, VerdictUnknown, "settings-waiting", version(f.Settings), version(f.SettingsWanted))
	case c.settingsLate():
		c.say(LinkSettings, VerdictFailing, "settings-behind", version(f.Settings), version(f.SettingsWanted))
	default:
		c.say(LinkSettings, VerdictOK, "settings-underway", version(f.Settings), version(f.SettingsWanted))
	}
	if f.KeyVersion > 0 && f.KeyWanted > f.KeyVersion {
		c.say(LinkSettings, VerdictSuspect, "key-behind", f.KeyVersion, f.KeyWanted)
	}
}

// settingsLate says whether the gateway told its state well after the settings
// were made, and did not have them.
func (c *chain) settingsLate() bool {
	made, dated := version(c.facts.SettingsWanted).(time.Time)
	at := c.facts.Told.At
	return at != nil && (!dated || at.Sub(made) > settingsLate)
}

// version gives the instant that a version of settings is made of (Unix ms),
// or the number where it is too small for one.
func version(n int64) any {
	if n < 1_000_000_000_000 {
		return n
	}
	return time.UnixMilli(n)
}
