package fleet

import "time"

// Link is one part of the way from a fob to a stored registration.
type Link string

// The links, in the order of the data's way.
const (
	LinkReader      Link = "reader"
	LinkLine        Link = "line" // serial
	LinkGateway     Link = "gateway"
	LinkPower       Link = "power"
	LinkNetwork     Link = "network"
	LinkCertificate Link = "certificate"
	LinkBroker      Link = "broker"
	LinkIngest      Link = "ingest"
	LinkDatabase    Link = "database"
	LinkSettings    Link = "settings"
)

// Links gives all links in the order of the data's way.
func Links() []Link {
	return []Link{LinkReader, LinkLine, LinkGateway, LinkPower, LinkNetwork, LinkCertificate, LinkBroker, LinkIngest, LinkDatabase, LinkSettings}
}

// Verdict is what is known of a link.
type Verdict string

// The verdicts. Unknown is not a guess in either direction: nothing that was
// heard tells.
const (
	VerdictOK      Verdict = "ok"
	VerdictUnknown Verdict = "unknown"
	VerdictSuspect Verdict = "suspect" // it works, but something is wrong; or it is one of several that may fail
	VerdictFailing Verdict = "failing"
)

// Evidence is one thing that was heard: a code that pages and the command have
// words for, with its values: string, int, int64 or time.Time.
type Evidence struct {
	Code   string
	Values []any
}

// LinkState is one link of a finding.
type LinkState struct {
	Link     Link
	Verdict  Verdict
	Evidence []Evidence // what the verdict rests on, the gravest first
	Remedy   string     // code of what to do, that of the gravest evidence; "": nothing
}

// Finding is the diagnosis of one gateway's chain (OB-H11).
type Finding struct {
	Gateway  int64
	At       time.Time
	Verdict  Verdict     // of the whole chain
	Chain    []LinkState // every link once, in the order of Links
	Culprits []Link      // what fails, or may: several when what was heard can't tell them apart
	Cause    Evidence
	Remedy   string
}

// Facts is all that a diagnosis rests on. Nothing in it is a guess: what was
// not heard is zero.
type Facts struct {
	DatabaseAway string // why the database does not answer; "": it does

	Gateway
	Told
	Enrolled  bool       // it has, or had, a certificate
	Until     *time.Time // of the certificate on record
	Committed *time.Time // when registrations that it brought were last committed
	Readers   []Reader
	Outages   []Outage // of the last 30 days, the latest first
	Samples   []Sample // of the last 24 hours

	Others  []Neighbour // the tenant's other gateways in use
	Servers []Heartbeat

	BrokerCertificateUntil *time.Time
	SettingsWanted         int64      // 0: not known
	KeyWanted              int64      // 0: not known
	Refused                int        // its batches in quarantine that nobody has seen to
	RefusedAt              *time.Time // the latest of them
}

// Neighbour is another gateway, by which a fault of one is told from a fault
// of all.
type Neighbour struct {
	SameSite     bool
	Online       bool
	OfflineSince *time.Time
	Stuck        bool // online, and what waits in it does not become less
}

// Heartbeat is the sign of life of one process that takes batches in.
type Heartbeat struct {
	Server  string
	Started time.Time
	At      time.Time
	Broker  string // what is wrong with its broker; "": nothing
	Hears   bool   // any gateway in the last quarter of an hour
}

// When something counts as wrong.
const (
	heartbeatLate  = 90 * time.Second
	stuckAfter     = 10 * time.Minute
	certificateEnd = 30 * 24 * time.Hour
	contactLate    = 24 * time.Hour
	settingsLate   = 30 * time.Minute
	together       = 10 * time.Minute // gateways that went offline within it did so for one reason
	weakSignal     = -105             // dBm; below it GPRS loses connections
	manyConnects   = 12               // in a day; a good line needs one or two
	lowBattery     = 20               // percent
	emptyBattery   = 5
)

// Diagnose names the failing link of a gateway's chain, from what was last
// heard. It never guesses: where several links explain what was heard alike,
// all of them are named, and where nothing tells, the link is unknown.
func Diagnose(f Facts, now time.Time) Finding {
	c := &chain{facts: f, now: now, states: map[Link]*LinkState{}}
	for _, link := range Links() {
		c.states[link] = &LinkState{Link: link, Verdict: VerdictUnknown}
	}
	if f.DatabaseAway != "" {
		c.say(LinkDatabase, VerdictFailing, "database-away", f.DatabaseAway)
		return c.finding()
	}
	c.say(LinkDatabase, VerdictOK, "database-answers")
	c.server()
	c.certificate()
	c.settings()
	switch {
	case f.Told.At == nil && f.LastHeard == nil:
		c.neverHeard()
	case f.Online && c.listens():
		c.online()
	case f.Online:
		c.unlistened()
	default:
		c.offline()
	}
	c.readers()
	return c.finding()
}

// chain collects the states of the links.
type chain struct {
	facts  Facts
	now    time.Time
	states map[Link]*LinkState
	broken bool // taps don't arrive, whichever link it is
}

// gravity orders verdicts.
func gravity(v Verdict) int {
	switch v {
	case VerdictFailing:
		return 3
	case VerdictSuspect:
		return 2
	case VerdictUnknown:
		return 1
	}
	return 0
}

// say adds evidence to a link. The gravest comes first and gives the verdict
// and the remedy; what was unknown is whatever is said first.
func (c *chain) say(link Link, v Verdict, code string, values ...any) {
	s := c.states[link]
	e := Evidence{Code: code, Values: values}
	if len(s.Evidence) > 0 && gravity(v) <= gravity(s.Verdict) {
		s.Evidence = append(s.Evidence, e)
		return
	}
	s.Evidence = append([]Evidence{e}, s.Evidence...)
	s.Verdict, s.Remedy = v, ""
	if gravity(v) > gravity(VerdictUnknown) {
		s.Remedy = code
	}
}

// order is in which a culprit is looked for: what stands behind explains what
// is wrong before it, never the other way round.
func order() []Link {
	return []Link{LinkDatabase, LinkIngest, LinkBroker, LinkCertificate, LinkPower, LinkNetwork, LinkGateway, LinkLine, LinkReader, LinkSettings}
}

func (c *chain) finding() Finding {
	f := Finding{Gateway: c.facts.ID, At: c.now, Verdict: VerdictOK}
	for _, link := range Links() {
		s := *c.states[link]
		f.Chain = append(f.Chain, s)
		if gravity(s.Verdict) > gravity(f.Verdict) {
			f.Verdict = s.Verdict
		}
	}
	if gravity(f.Verdict) < gravity(VerdictSuspect) {
		return f
	}
	worst := f.Verdict
	if c.broken {
		f.Verdict = VerdictFailing
	}
	for _, link := range order() {
		s := c.states[link]
		if s.Verdict != worst {
			continue
		}
		if len(f.Culprits) == 0 {
			f.Cause, f.Remedy = s.Evidence[0], s.Remedy
		}
		f.Culprits = append(f.Culprits, link)
	}
	return f
}

// listens says whether some server took in what gateways send just now.
func (c *chain) listens() bool {
	return c.states[LinkIngest].Verdict != VerdictFailing && c.states[LinkBroker].Verdict != VerdictFailing
}
