package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/sla"
	"tikklok/api/sla/alarm"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/port"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// backupAlarms are what is wrong at the places for backups (OB-C8, OB-C9): by
// the last try, the log, and the last check of each.
func backupAlarms(ctx context.Context, tx pg.Tx, now time.Time) (all []alarm.Signal, err error) {
	places, err := continuity.Places(ctx, tx)
	if err != nil {
		return nil, err
	}
	checks, err := continuity.Latest(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		all = append(all, placeAlarms(p)...)
		all = append(all, checkAlarms(p, checks, now)...)
	}
	return all, nil
}

// backupProblems say why no set comes to a place, in Dutch and English.
var backupProblems = map[continuity.Problem][2]string{
	continuity.PlaceRefused:     {"een overeenkomst verbiedt die plaats", "a contract forbids where it stands"},
	continuity.PlaceUnreachable: {"ze is niet bereikbaar", "it can't be reached"},
	continuity.PlaceFull:        {"ze is vol", "it is full"},
	continuity.PlaceSlow:        {"ze doet er te lang over", "it takes too long"},
	continuity.PlaceNoKey:       {"de hoofdsleutel is er niet", "the master key is not at hand"},
	continuity.PlaceDamaged:     {"wat er staat is beschadigd", "what stands there is damaged"},
	continuity.PlaceNoDatabase:  {"de database kon niet worden gelezen", "the database could not be read"},
	continuity.PlaceNoTools:     {"de programma's van PostgreSQL ontbreken", "PostgreSQL's own programs are missing"},
}

func backupProblem(p continuity.Problem) (nl, en string) {
	if said, ok := backupProblems[p]; ok {
		return said[0], said[1]
	}
	return "het mislukte", "it failed"
}

func placeAlarms(p continuity.PlaceState) (all []alarm.Signal) {
	if p.Problem != "" {
		nl, en := backupProblem(p.Problem)
		all = append(all, alarm.Signal{Key: "backup " + p.Name + " " + string(p.Problem), Settle: 30 * time.Minute,
			NL: fmt.Sprintf("Op back-upplaats %s komt geen back-up: %s. Zie Dienstverlening, Back-ups.", p.Name, nl),
			EN: fmt.Sprintf("No backup comes to place %s: %s. See Service, Backups.", p.Name, en)})
	}
	log := func(nl, en string, settle time.Duration) {
		all = append(all, alarm.Signal{Key: "backup " + p.Name + " log " + string(p.LogProblem), Settle: settle, NL: fmt.Sprintf(nl, p.Name), EN: fmt.Sprintf(en, p.Name)})
	}
	switch p.LogProblem {
	case continuity.LogStopped:
		log("Back-upplaats %s neemt het log van de database al zo lang niet aan dat het niet meer wordt opgehaald: nieuwe uren zijn er niet gedekt. Maak de plaats weer bereikbaar.",
			"Place %s has taken no log of the database for so long that it is no longer fetched: what is new is not covered there. Bring the place back.", 0)
	case continuity.LogHole:
		log("In het log op back-upplaats %s ontbreekt een stuk: tot de volgende back-up kan niet elk moment worden teruggezet.",
			"A piece of the log at place %s is missing: until the next backup not every moment can be restored.", time.Hour)
	case continuity.LogBehind:
		log("Het log van de database wacht op back-upplaats %s: die neemt het niet of te langzaam aan.", "The database's log waits for place %s, which takes it slowly or not at all.", time.Hour)
	}
	return all
}

// checkLate is how old the last check of a place may be: a day, and a morning's
// work.
const checkLate = 34 * time.Hour

// checkAlarms are what the last check of a place found, or that there was none.
func checkAlarms(p continuity.PlaceState, checks []continuity.Result, now time.Time) (all []alarm.Signal) {
	i := slices.IndexFunc(checks, func(r continuity.Result) bool { return r.Target == p.Name })
	if i < 0 || now.Sub(checks[i].At) > checkLate {
		if now.Sub(p.Since) > checkLate {
			all = append(all, alarm.Signal{Key: "backup " + p.Name + " unchecked", NL: fmt.Sprintf("De back-ups op plaats %s zijn vanochtend niet teruggezet om ze te controleren. Zie het logboek van de server.", p.Name),
				EN: fmt.Sprintf("The backups at place %s were not restored this morning to check them. See the server's log.", p.Name)})
		}
		return all
	}
	said := map[continuity.Fault]bool{}
	for _, f := range checks[i].Findings {
		if said[f.Fault] {
			continue
		}
		said[f.Fault] = true
		all = append(all, alarm.Signal{Key: "backup " + p.Name + " check " + string(f.Fault), NL: fmt.Sprintf("De back-up op plaats %s doorstond de controle niet (%s). Zie Dienstverlening, Back-ups.", p.Name, f.Fault),
			EN: fmt.Sprintf("The backup at place %s did not stand its check (%s). See Service, Backups, and the server's log.", p.Name, f.Fault)}) // the finding's text counts what others have (I6)
	}
	return all
}

// A host that was not compared for a while is late; after a month it is taken
// for one that is no longer there.
const (
	portsLate = 49 * time.Hour
	portsGone = 30 * 24 * time.Hour
)

// portAlarms are the differences between open and expected ports (OB-C16).
func (l *lookout) portAlarms(ctx context.Context, tx pg.Tx, now time.Time) (all []alarm.Signal, err error) {
	last, err := port.Last(ctx, tx)
	for _, c := range last {
		age := now.Sub(c.At)
		where := fmt.Sprintf("%s %s", c.Seen, c.Host)
		switch {
		case age > portsGone, c.Seen == port.Inside && c.Host == l.softly:
		case age > portsLate:
			all = append(all, alarm.Signal{Key: clipped("ports late "+where, 120), NL: "De open poorten van " + c.Host + " zijn al twee dagen niet vergeleken. Zie Dienstverlening, Toegang.", EN: "The open ports of " + c.Host + " were not compared for two days. See Service, Access."})
		case !c.Fine():
			all = append(all, alarm.Signal{Key: clipped("ports "+where, 120), NL: fmt.Sprintf("Poorten van %s kloppen niet. Open en niet verwacht: %s; verwacht en dicht: %s. Sluit of open ze, of noem ze met --expect-port.", c.Host, portList(c.Unexpected), portList(c.Missing)),
				EN: fmt.Sprintf("Ports of %s are not as expected. Open and not expected: %s; expected and closed: %s. Close or open them, or name them with --expect-port.", c.Host, portList(c.Unexpected), portList(c.Missing))})
		}
	}
	return all, err
}

// portList names ports; a dash: none.
func portList(ports []uint16) string {
	if len(ports) == 0 {
		return "–"
	}
	return clipped(strings.Trim(fmt.Sprint(ports), "[]"), 200)
}

// certificateAlarms are the service's own certificates that end soon: something
// keeps the server from making them anew. Those of gateways stand on Devices.
func certificateAlarms(ctx context.Context, tx pg.Tx, now time.Time) (all []alarm.Signal, err error) {
	ends, err := fleet.ExpiringCertificates(ctx, tx, now)
	for _, e := range ends {
		day := e.Until.UTC().Format(time.DateOnly)
		all = append(all, alarm.Signal{Key: "certificate " + e.Kind, NL: "Het certificaat van de dienst zelf (" + e.Kind + ") eindigt op " + day + " en werd niet vernieuwd; daarna komt geen gateway er meer in.",
			EN: "The service's own certificate (" + e.Kind + ") ends on " + day + " and was not renewed; no gateway gets in after that."})
	}
	return all, err
}

// A probe that told nothing for a while is silent; one that told nothing for
// two days is taken for one that was taken away.
const (
	probeSilent = 20 * time.Minute
	probeGone   = 48 * time.Hour
)

// probeAlarms are probes that fell silent: what they don't measure is in no
// ratio (OB-S1).
func probeAlarms(ctx context.Context, tx pg.Tx, now time.Time) (all []alarm.Signal, err error) {
	known, err := sla.Probes(ctx, tx, now.Add(-probeGone))
	if err != nil {
		return nil, err
	}
	heard, err := sla.Probes(ctx, tx, now.Add(-probeSilent))
	for _, name := range known {
		if !slices.Contains(heard, name) {
			all = append(all, alarm.Signal{Key: "probe " + name, Settle: 5 * time.Minute, NL: "Meetpunt " + name + " laat niets meer horen: de beschikbaarheid wordt er niet gemeten. Kijk of het draait en de server bereikt.",
				EN: "Probe " + name + " fell silent: it measures no availability. See whether it runs and reaches the server."})
		}
	}
	return all, err
}

// dutyAhead is how far ahead a gap in the roster is told.
const dutyAhead = 3 * 24 * time.Hour

// dutyAlarms are gaps in a roster that is used (OB-S9).
func dutyAlarms(ctx context.Context, tx pg.Tx, now time.Time) ([]alarm.Signal, error) {
	roster, err := incident.Roster(ctx, tx, now.AddDate(0, 0, -30))
	if err != nil || len(roster) == 0 {
		return nil, err
	}
	var gaps []string
	for _, g := range incident.Gaps(roster, now, now.Add(dutyAhead)) {
		gaps = append(gaps, g.From.UTC().Format("2006-01-02 15:04")+"–"+g.Until.UTC().Format("2006-01-02 15:04 MST"))
	}
	if len(gaps) == 0 {
		return nil, nil
	}
	when := clipped(strings.Join(gaps, ", "), 300)
	return []alarm.Signal{{Key: "duty gap", NL: "Niemand staat als eerste op het dienstrooster: " + when + ". Vul het aan met tikklok duty add.",
		EN: "Nobody is first on the duty roster: " + when + ". Fill it with tikklok duty add."}}, nil
}

// A disk is nearly full with less than this share, and this much, left.
const (
	diskShare = 20 // one part in
	diskLeast = 2 << 30
)

// diskAlarms is that the disk under a folder is nearly full.
func diskAlarms(folder string) ([]alarm.Signal, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return nil, fmt.Errorf("the space left under %s: %w", folder, err)
	}
	return nearlyFull(uint64(s.Bavail)*uint64(s.Bsize), uint64(s.Blocks)*uint64(s.Bsize)), nil
}

// nearlyFull is told of a disk with so many bytes free.
func nearlyFull(free, size uint64) []alarm.Signal {
	if free >= diskLeast || free >= size/diskShare {
		return nil
	}
	left := fmt.Sprintf("%d MB", free>>20)
	return []alarm.Signal{{Key: "disk state", Settle: 5 * time.Minute, NL: "Op de schijf van de server is nog " + left + " vrij. Maak ruimte: zonder stopt het opslaan van tikken.",
		EN: "The server's disk has " + left + " left. Make room: without it no tap can be stored."}}
}
