package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Purger removes what is past its term.
type Purger struct {
	DB        *pg.DB // of pg.RolePrivacy
	Catalogue privacy.Catalogue
	Limits    func(ctx context.Context, tx pg.Tx) (Limits, error) // what the tenant's contract says
	// Seal computes what is due and then seals the days before a moment, also
	// those that nobody approved (I5): only then may their taps go. Dry, it
	// does neither, and says what it would seal.
	Seal func(ctx context.Context, tenant int64, before time.Time, dry bool, now time.Time) (Sealed, error)
	// GiveWay waits while gateways wait for receipts; nil: a purge gives way to nobody.
	GiveWay func(ctx context.Context)
}

// Sealed is what was sealed before taps were removed, or would be.
type Sealed struct {
	Days       int `json:"days"`
	Taps       int `json:"taps"`
	Unapproved int `json:"unapproved_weeks"`
	Held       int `json:"held_back"` // people of whom nothing can be sealed now: their taps stay

	People []SealedPerson `json:"-"` // those whom days would be sealed of, where none were (dry)
}

// SealedPerson is somebody whom days would be sealed of.
type SealedPerson struct {
	Employee int64
	Until    time.Time // the day, at midnight in UTC, from which on none would be
	Taps     int
}

// Report is what a purge removed, or would remove. It is a certificate's
// content, and names nobody.
type Report struct {
	Began  time.Time `json:"began"` // not today's where it was broken off
	At     time.Time `json:"at"`
	Sealed Sealed    `json:"sealed"`
	Holds  int       `json:"legal_holds"` // people whose data stayed: under a legal hold, or restricted
	Unpaid int64     `json:"unpaid"`      // approved lines past their term that stay: they left in no run (I8)
	Items  []Item    `json:"items"`
	Total  int64     `json:"total"`
}

// Item is what became of a table.
type Item struct {
	Step    string        `json:"step"` // the table; "(values)" where rows stayed and lost what they said
	Class   privacy.Class `json:"class"`
	Keep    Period        `json:"keep"`
	Before  time.Time     `json:"before"`           // what is older was past its term
	Removed int64         `json:"removed"`          // or would be
	Left    time.Time     `json:"left,omitzero"`    // age of the oldest that is left
	Hash    string        `json:"sha256,omitempty"` // of what went, piece after piece
	Stays   string        `json:"stays,omitempty"`  // why nothing was looked at: "hold"
}

// Last gives when the tenant's last purge ended; zero: there was none.
func Last(ctx context.Context, tx pg.Tx) (time.Time, error) {
	all, err := privacy.Certificates(ctx, tx, privacy.CertPurge, 1)
	if err != nil || len(all) == 0 {
		return time.Time{}, err
	}
	return all[0].At, nil
}

// nightHour is when a night's purge begins, by the tenant's clock.
const nightHour = 2

// clockSlack is how far the clocks of replicas may differ.
const clockSlack = 2 * time.Hour

// Due says whether a purge is due: none has ended since last night's two
// o'clock. A machine that slept catches up, and one whose clock was ahead, and
// was set back, goes by the time that it is.
func Due(last, now time.Time, zone *time.Location) bool {
	local := now.In(zone)
	night := time.Date(local.Year(), local.Month(), local.Day(), nightHour, 0, 0, 0, zone)
	if local.Before(night) {
		night = night.AddDate(0, 0, -1)
	}
	return last.Before(night) || last.After(now.Add(clockSlack))
}

// plan is what holds during a purge.
type plan struct {
	tenant int64
	terms  Terms
	held   []int64 // employees; nil: none
	nobody bool    // works there
	now    time.Time
	by     audit.Actor
	turn   uint32 // whose connection holds the lock; 0 of what only counts
}

// before gives the moment before which a class is past its term; false: it has
// none. It is a whole millisecond: taps are compared by those.
func (p plan) before(class privacy.Class) (time.Time, bool) {
	keep := p.terms.Of(class).Keep
	return keep.Before(p.now).Truncate(time.Millisecond), keep.N > 0
}

func (p plan) item(name string, class privacy.Class) Item {
	before, _ := p.before(class)
	return Item{Step: name, Class: class, Keep: p.terms.Of(class).Keep, Before: before}
}

// plan reads terms and legal holds; ErrNoContract, ErrAnnounced, ErrFrozen or
// ErrHeld where nothing may be removed.
func (p Purger) plan(ctx context.Context, tenant int64, by audit.Actor, now time.Time) (out plan, err error) {
	out = plan{tenant: tenant, now: now, by: by}
	err = p.DB.InTenant(ctx, tenant, func(tx pg.Tx) error {
		limits, err := p.Limits(ctx, tx)
		if err != nil {
			return err
		}
		if out.terms, err = TermsOf(ctx, tx, limits); err != nil {
			return err
		}
		if out.held, err = frozen(ctx, tx, now); err != nil {
			return err
		}
		out.nobody = limits.Nobody
		return limits.agreed(by, now)
	})
	return out, err
}

// Waits says whether an error of a purge tells that nothing may go for now.
func Waits(err error) bool {
	return errors.Is(err, ErrFrozen) || errors.Is(err, ErrHeld) || errors.Is(err, ErrNoContract) || errors.Is(err, ErrAnnounced)
}

// DryRun says what a purge would remove now, and removes nothing. A table that
// can't be told to hold nothing of somebody under a legal hold says so.
func (p Purger) DryRun(ctx context.Context, tenant int64, now time.Time) (Report, error) {
	plan, err := p.plan(ctx, tenant, audit.Actor{Kind: audit.System}, now)
	if err != nil && !Waits(err) {
		return Report{}, err
	}
	r := Report{Began: now, At: now, Holds: len(plan.held)}
	before, _ := plan.before(privacy.RawTaps)
	if r.Sealed, err = p.Seal(ctx, tenant, before, true, now); err != nil {
		return r, err
	}
	err = p.DB.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
		if r.Unpaid, _, err = Unpaid(ctx, tx, plan.terms, now); err != nil {
			return err
		}
		return p.count(ctx, tx, plan, &r)
	})
	return r, err
}

// count fills in what a purge would remove.
func (p Purger) count(ctx context.Context, tx pg.Tx, plan plan, r *Report) error {
	taps := plan.item(tapsStep, privacy.RawTaps)
	var err error
	if taps.Removed, taps.Left, err = countTaps(ctx, tx, plan, taps.Before); err != nil {
		return err
	}
	for _, one := range r.Sealed.People {
		if !slices.Contains(plan.held, one.Employee) {
			taps.Removed += int64(one.Taps)
		}
	}
	r.add(taps)
	taps.Step = punchesStep
	r.add(taps)
	dry := newDry(r.Sealed)
	for _, s := range steps() {
		item := plan.item(s.name(), s.class)
		if q, ok := s.of(p.Catalogue, item.Before, plan.held); !ok {
			item.Stays = "hold"
		} else if item.Removed, err = dry.count(ctx, tx, q); err != nil {
			return err
		}
		if item.Left, err = s.oldest(ctx, tx); err != nil {
			return err
		}
		r.add(item)
	}
	for _, l := range logs() {
		item := plan.item(l.step, l.class)
		if len(plan.held) > 0 {
			item.Stays = "hold"
		} else if past, err := audit.Purgeable(ctx, tx, l.log, item.Before); err != nil {
			return err
		} else {
			item.Removed = past.Entries
		}
		if item.Left, err = oldestEntry(ctx, tx, l.log); err != nil {
			return err
		}
		r.add(item)
	}
	return nil
}

func (r *Report) add(i Item) {
	r.Items, r.Total = append(r.Items, i), r.Total+i.Removed
}

// log is a class of the audit log and the class of data that it is kept as.
type log struct {
	step  string
	class privacy.Class
	log   audit.Class
}

func logs() []log {
	return []log{
		{"audit_entry sign-ins", privacy.SignIns, audit.SignIns},
		{"audit_entry access-log", privacy.AccessLog, audit.Access},
		{"audit_entry audit", privacy.AuditLog, audit.Changes},
	}
}

// What callers of Run branch on: neither is a fault of the purge.
var (
	// ErrBusy says that a purge of the tenant is under way.
	ErrBusy = errors.New("a purge of this tenant is under way")
	// ErrTurnLost says that the connection died that kept other purges away. What
	// was sealed and removed by then is counted by the next one.
	ErrTurnLost = errors.New("the purge lost the connection that kept others from purging, and stopped; the next one goes on")
)

// Run seals the days that the purge empties, removes what is past its term in
// bounded transactions, and certifies it. Broken off, the next one goes on
// where it was, and its certificate counts both. ErrBusy, and what Waits tells,
// say why nothing was done; ErrTurnLost, that it was broken off.
func (p Purger) Run(ctx context.Context, tenant int64, by audit.Actor, now time.Time) (c privacy.Certificate, err error) {
	turn, err := alone(ctx, p.DB, tenant)
	if err != nil {
		return c, err
	}
	defer turn.end(ctx, tenant)
	plan, err := p.plan(ctx, tenant, by, now)
	if err != nil {
		return c, err
	}
	plan.turn = turn.pid
	before, _ := plan.before(privacy.RawTaps)
	r := Report{At: now, Holds: len(plan.held)}
	if r.Sealed, err = p.Seal(ctx, tenant, before, false, now); err != nil {
		return c, fmt.Errorf("sealing the days whose taps are past their term: %w", err)
	}
	if err := p.noteSealed(ctx, plan, r.Sealed); err != nil {
		return c, err
	}
	oldestTap, err := p.remove(ctx, plan)
	if err != nil {
		return c, err
	}
	err = p.step(ctx, plan, func(tx pg.Tx) (err error) {
		if r.Unpaid, _, err = Unpaid(ctx, tx, plan.terms, now); err != nil {
			return err
		}
		if err := p.conclude(ctx, tx, plan, oldestTap, &r); err != nil {
			return err
		}
		c, err = privacy.Certify(ctx, tx, privacy.CertPurge, r, by, now)
		return err
	})
	return c, err
}

// remove takes all steps, and gives when the oldest tap that is left arrived.
func (p Purger) remove(ctx context.Context, plan plan) (oldestTap time.Time, err error) {
	if err := p.begin(ctx, plan); err != nil {
		return oldestTap, err
	}
	if oldestTap, err = p.removeTaps(ctx, plan); err != nil {
		return oldestTap, err
	}
	for _, s := range steps() {
		before, ends := plan.before(s.class)
		q, ok := s.of(p.Catalogue, before, plan.held)
		if !ends || !ok {
			continue
		}
		if err := p.pieces(ctx, plan, s.name(), func(tx pg.Tx) (int64, [32]byte, error) { return q.remove(ctx, tx) }); err != nil {
			return oldestTap, err
		}
	}
	for _, l := range logs() {
		before, ends := plan.before(l.class)
		if !ends || len(plan.held) > 0 {
			continue
		}
		err := p.pieces(ctx, plan, l.step, func(tx pg.Tx) (int64, [32]byte, error) {
			gone, err := audit.Purge(ctx, tx, l.log, before, atOnce)
			return gone.Entries, [32]byte{}, err // the chain keeps their hashes
		})
		if err != nil {
			return oldestTap, err
		}
	}
	return oldestTap, nil
}

// pieces repeats a piece, each in a transaction of its own, until it removes
// nothing.
func (p Purger) pieces(ctx context.Context, plan plan, step string, piece func(tx pg.Tx) (int64, [32]byte, error)) error {
	for n := int64(1); n > 0; {
		err := p.piece(ctx, plan, step, func(tx pg.Tx) (_ int64, hash [32]byte, err error) {
			n, hash, err = piece(tx)
			return n, hash, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
