package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tikklok/api/sla/alarm"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/tenant"
)

// lookout goes through all that can be wrong with the installation, for those
// who run it, and at each customer, for its administrators.
type lookout struct {
	db     *pg.DB // under pg.RoleApp
	state  string // folder
	errors *errorLog
	mailed bool          // a mail server was named
	softly string        // the machine whose own look at its ports makes no alarm (portsSoftly); "": none
	wait   time.Duration // bounds the looks at one thing

	failed map[string]string  // what was last said of sources that fail
	burns  map[int64]reckoned // by customer
	turned turnedAway         // in the look that goes on
}

// lookTimeout is how long a look at one thing may take: a database that hangs
// has to be told too.
const lookTimeout = 30 * time.Second

// whole is a source of alarms of the whole installation.
type whole struct {
	name  string // the first word of its keys
	shown bool   // customers see it on their list
	look  func(ctx context.Context, tx pg.Tx, now time.Time) ([]alarm.Signal, error)
}

// each is a source of alarms of one customer.
type each struct {
	name     string // the first word of its keys
	supplier bool   // whoever runs the service is told
	customer bool   // its administrators are told
	look     func(ctx context.Context, tx pg.Tx, t tenant.Tenant, now time.Time) ([]alarm.Signal, error)
}

// wholes lists the sources of the installation.
func (l *lookout) wholes() []whole {
	return []whole{
		{"backup", true, backupAlarms},
		{"ports", false, l.portAlarms},
		{"certificate", false, certificateAlarms},
		{"probe", true, probeAlarms},
		{"duty", false, dutyAlarms},
	}
}

// eaches lists the sources of each customer.
func (l *lookout) eaches() []each {
	return []each{
		{"audit", true, true, auditAlarms},
		{"availability", true, true, l.availabilityAlarms},
		{"incident", true, false, incidentAlarms},
		{"retention", false, true, retentionAlarms},
		{"contract", true, false, endingAlarms},
		{"mail", true, false, l.waitingLetters},
		{"address", false, true, refusedAddresses},
	}
}

// look goes through everything. Where the database is gone, that is what is
// wrong, and nobody knows of the rest.
func (l *lookout) look(ctx context.Context, now time.Time) (out alarm.Look) {
	l.here(&out, now)
	if err := l.within(ctx, "database", func(ctx context.Context) error { return l.db.Look(ctx, func(pg.Tx) error { return nil }) }); err != nil {
		out.Signals = append(out.Signals, alarm.Signal{Key: "database", Settle: 2 * time.Minute, NL: "De database antwoordt niet: niemand kan erin, en tikken wachten bij de gateways. Zie het logboek van de server.",
			EN: "The database doesn't answer: nobody gets in, and taps wait at the gateways. See the server's log."})
		out.Blind = append(out.Blind, "look", "list")
		for _, s := range l.wholes() {
			out.Blind = append(out.Blind, s.name)
		}
		return l.blindToCustomers(out)
	}
	l.turned = turnedAway{}
	customers := l.atWhole(ctx, &out, now)
	var all []tenant.Tenant
	err := l.within(ctx, "customers", func(ctx context.Context) (err error) { all, err = tenants(ctx, l.db); return err })
	if err != nil {
		return l.blindToCustomers(out)
	}
	for _, t := range all {
		if !t.Probe { // nobody works there
			l.atCustomer(ctx, t, customers, &out, now)
		}
	}
	out.Signals = append(out.Signals, l.turned.alarms()...)
	if slices.ContainsFunc(out.Blind, func(words string) bool { return strings.HasPrefix(words, "mail ") }) {
		out.Blind = append(out.Blind, turnedKey)
	}
	return out
}

// blindToCustomers says that nobody knows how it is with any customer.
func (l *lookout) blindToCustomers(out alarm.Look) alarm.Look {
	for _, s := range l.eaches() {
		out.Blind = append(out.Blind, s.name)
	}
	return out
}

// here looks at what needs no database.
func (l *lookout) here(out *alarm.Look, now time.Time) {
	disk, err := diskAlarms(l.state)
	out.Signals = append(out.Signals, disk...)
	if err != nil {
		l.fails(context.Background(), "disk", err)
		out.Blind = append(out.Blind, "disk")
	}
	logged, blind := l.errors.alarms(now)
	out.Signals = append(out.Signals, logged...)
	if blind {
		out.Blind = append(out.Blind, "log")
	}
}

// atWhole looks at the installation, and gives what of it customers see.
func (l *lookout) atWhole(ctx context.Context, out *alarm.Look, now time.Time) (customers alarm.Look) {
	for _, s := range l.wholes() {
		var found []alarm.Signal
		err := l.within(ctx, s.name, func(ctx context.Context) error {
			return l.db.Look(ctx, func(tx pg.Tx) (err error) { found, err = s.look(ctx, tx, now); return err })
		})
		if err != nil {
			out.Blind, out.Signals = append(out.Blind, s.name), append(out.Signals, unseen(s.name, ""))
			customers.Blind = append(customers.Blind, s.name)
			continue
		}
		out.Signals = append(out.Signals, found...)
		for _, f := range found {
			if f.Quiet = true; s.shown { // it is the supplier's to act
				customers.Signals = append(customers.Signals, f)
			}
		}
	}
	return customers
}

// atCustomer looks at one customer, and brings its list to that.
func (l *lookout) atCustomer(ctx context.Context, t tenant.Tenant, own alarm.Look, out *alarm.Look, now time.Time) {
	own.Signals, own.Blind = append([]alarm.Signal(nil), own.Signals...), append([]string(nil), own.Blind...)
	number := fmt.Sprint(t.ID)
	for _, s := range l.eaches() {
		var found []alarm.Signal
		err := l.within(ctx, s.name+" "+number, func(ctx context.Context) error {
			return l.db.InTenant(ctx, t.ID, func(tx pg.Tx) (err error) { found, err = s.look(ctx, tx, t, now); return err })
		})
		if err != nil {
			own.Blind, out.Blind = append(own.Blind, s.name), append(out.Blind, s.name+" "+number)
			out.Signals = append(out.Signals, unseen(s.name, number))
			continue
		}
		for _, f := range found {
			if s.customer {
				own.Signals = append(own.Signals, f)
			}
			if s.supplier {
				out.Signals = append(out.Signals, ofCustomer(f, number))
			}
		}
	}
	err := l.within(ctx, "list "+number, func(ctx context.Context) error {
		return l.db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return tellCustomer(ctx, tx, own, now) })
	})
	if err != nil {
		out.Signals = append(out.Signals, unseen("list", number))
	}
}

// tellCustomer brings a customer's list to what was found, unless all that is
// there of it is being destroyed.
func tellCustomer(ctx context.Context, tx pg.Tx, own alarm.Look, now time.Time) error {
	s, err := ending.StateOf(ctx, tx)
	if err != nil || s.Begun != nil {
		return err
	}
	_, err = alarm.Note(ctx, tx, own, now)
	return err
}

// ofCustomer is what whoever runs the service is told of a customer's alarm.
func ofCustomer(s alarm.Signal, number string) alarm.Signal {
	source, rest, _ := strings.Cut(s.Key, " ")
	s.Key = strings.TrimSpace(source + " " + number + " " + rest)
	s.NL, s.EN = "Klant "+number+": "+s.NL, "Customer "+number+": "+s.EN
	return s
}

// unseen is that a source could not be looked at.
func unseen(source, number string) alarm.Signal {
	what := strings.TrimSpace(source + " " + number)
	return alarm.Signal{Key: "look " + what, Settle: 10 * time.Minute, NL: "Of er iets mis is met " + what + " kan niet worden nagegaan. Zie het logboek van de server.",
		EN: "Whether anything is wrong with " + what + " can't be told. See the server's log."}
}

// within bounds a look, and writes down why one failed, when that is news.
func (l *lookout) within(ctx context.Context, what string, look func(ctx context.Context) error) error {
	bounded, end := context.WithTimeout(ctx, l.wait)
	defer end()
	err := look(bounded)
	if ctx.Err() == nil {
		l.fails(ctx, what, err)
	}
	return err
}

func (l *lookout) fails(ctx context.Context, what string, err error) {
	if l.failed == nil {
		l.failed = map[string]string{}
	}
	if err == nil {
		delete(l.failed, what)
	} else if l.failed[what] != err.Error() {
		l.failed[what] = err.Error()
		slog.WarnContext(ctx, "what can be wrong could not be looked at", "what", what, "error", err)
	}
}
