package continuity

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Fault is what a check found wrong.
type Fault string

// The faults, as OB-C8 asks: made, its size, its place, and whether it can be
// restored.
const (
	NotMade       Fault = "missing"      // no whole set that is young enough
	TooSmall      Fault = "small"        // much smaller than those before it
	WrongPlace    Fault = "place"        // where it stands is not where a contract allows, or is not declared
	NoAnswer      Fault = "unreachable"  // the place does not answer, or what it says is damaged
	NotRestorable Fault = "unrestorable" // it does not open, unpack or replay
	NoRoom        Fault = "room"         // it was not tried: the folder to restore in has too little room
	NotMarked     Fault = "unmarked"     // it was restored, and nothing says what it has to have
	NotSame       Fault = "different"    // it was restored, and is not what was marked
)

// Finding is one thing that is wrong.
type Finding struct {
	Fault Fault  `json:"fault"`
	Text  string `json:"text"` // names the thing and the remedy; no person is in it
}

// Result is what one check of one place found.
type Result struct {
	ID            int64
	At            time.Time // when it began
	Target        string
	Set           string // "": none was there
	Bytes         int64  // of the set's file
	Registrations int64  // restored
	Entries       int64  // of audit logs, verified
	Took          time.Duration
	Findings      []Finding // none: it is restored and is what was marked
}

// Good says that nothing is wrong.
func (r Result) Good() bool { return len(r.Findings) == 0 }

// Check says how sets of one place are checked.
type Check struct {
	Archive   Archive
	Target    string            // as people call it
	Refused   string            // why a contract forbids the place; "": none does
	Scratch   string            // folder in which the cluster is made and removed; it needs room for the database and half of it, and twice its log
	Keys      pg.Option         // open what is sealed
	Catalogue privacy.Catalogue // whose tables are counted
	Options   pg.ClusterOptions
}

// youngest is how old the newest set may be: a night and some hours.
const youngest = 26 * time.Hour

// morningHour is when sets of the night are checked, nightsWork how long they
// had by then.
const (
	morningHour = 6
	nightsWork  = (morningHour - nightHour) * time.Hour
)

// morningBefore gives the latest morning of a zone that has come.
func morningBefore(now time.Time, zone *time.Location) time.Time {
	at := now.In(zone)
	today := time.Date(at.Year(), at.Month(), at.Day(), morningHour, 0, 0, 0, zone)
	if today.After(now) {
		return time.Date(at.Year(), at.Month(), at.Day()-1, morningHour, 0, 0, 0, zone)
	}
	return today
}

// Run checks the newest set: it is there, of a likely size, where it may be,
// and restored from the place's own bytes it is what was marked. What is wrong
// stands in the result; ctx alone ends it.
func (c Check) Run(ctx context.Context, now time.Time) Result {
	began := time.Now()
	r := Result{At: now, Target: c.Target}
	if c.Refused != "" {
		r.find(WrongPlace, c.Refused)
	}
	whole, halves, err := c.Archive.Sets(ctx)
	if err != nil {
		r.find(NoAnswer, err.Error())
	}
	whole = believable(whole, now)
	r.Findings = append(r.Findings, judge(whole, halves, now)...)
	if len(whole) > 0 {
		last := whole[len(whole)-1]
		r.Set, r.Bytes = last.ID, last.Bytes
		c.restore(ctx, last, &r)
	}
	r.Took = time.Since(began)
	return r
}

func (r *Result) find(f Fault, text string) {
	r.Findings = append(r.Findings, Finding{f, text})
}

// judge says what is wrong with the list of sets, the oldest first.
func judge(whole []Set, halves []string, now time.Time) (found []Finding) {
	if len(whole) == 0 {
		return []Finding{{NotMade, "no whole set stands here; tikklok backup now makes one, and says what hinders it"}}
	}
	last := whole[len(whole)-1]
	if age := now.Sub(last.Began); age > youngest {
		text := fmt.Sprintf("the newest whole set, %s, is %d hours old; see the server's log for what hindered the nights since", last.ID, int(age.Hours()))
		if len(halves) > 0 && halves[len(halves)-1] > last.ID {
			text += fmt.Sprintf(", of which %s is half a set", halves[len(halves)-1])
		}
		found = append(found, Finding{NotMade, text})
	}
	if usual := median(whole[:len(whole)-1]); last.Plain < usual/2 {
		found = append(found, Finding{TooSmall, fmt.Sprintf("set %s holds %d bytes, and those before it %d; unless a tenant was destroyed, find out what is missing", last.ID, last.Plain, usual)})
	}
	return found
}

// median gives what sets usually hold; 0 of none.
func median(sets []Set) int64 {
	if len(sets) == 0 {
		return 0
	}
	sizes := make([]int64, len(sets))
	for i, s := range sets {
		sizes[i] = s.Plain
	}
	slices.Sort(sizes)
	return sizes[len(sizes)/2]
}

// restore brings a set into a cluster that is thrown away, and compares.
func (c Check) restore(ctx context.Context, s Set, r *Result) {
	mark, err := c.Archive.OpenMark(ctx, s)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.find(NotRestorable, err.Error())
		return
	}
	why := unmarked(s, mark)
	found, err := c.compare(ctx, s, mark, why == "")
	r.Registrations, r.Entries = found.Registrations, found.Entries
	switch {
	case errors.Is(err, pg.ErrNoRoom):
		r.find(NoRoom, err.Error())
	case err != nil:
		r.find(NotRestorable, err.Error())
	case why != "":
		r.find(NotMarked, why)
	default:
		for _, d := range found.Differences {
			r.find(NotSame, d)
		}
	}
}

// sorted is how many bytes sorting the largest table takes while it is counted.
func sorted(s Set) int64 { return s.Plain / 2 }

// unmarked says why a set has nothing to be held against; "": it has.
func unmarked(s Set, m Mark) string {
	switch m.Schema {
	case "":
		return "set " + s.ID + " can be restored, and nothing beside it says what it has to have; tikklok backup now makes one that says it"
	case pg.Fingerprint():
		return ""
	}
	return fmt.Sprintf("set %s can be restored; it was made by version %q with another schema of the database, and this version can't count what is in it; tikklok backup now makes one that it can", s.ID, s.Program)
}

// compare restores, and holds a set that is marked against its mark.
func (c Check) compare(ctx context.Context, s Set, mark Mark, marked bool) (found Found, err error) {
	dir, remove, err := Scratch(c.Scratch, "check")
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	o := c.Options
	o.NoFsync = true // it is thrown away
	cluster, err := c.Archive.Restore(ctx, Restore{Set: s, To: pg.Point{LSN: mark.LSN}, Dir: dir + "/db", Beside: sorted(s)}, o)
	if err != nil {
		return found, err
	}
	if marked {
		found, err = Verify(ctx, cluster.URL(), c.Keys, c.Catalogue, mark)
	}
	return found, errors.Join(err, cluster.Stop())
}
