package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Where a device is that hangs nowhere (OB-H7).
const (
	PlaceSpare     = "spare"
	PlaceInUse     = "in_use"
	PlaceDefective = "defective"
	PlaceReturned  = "returned"
	PlaceLost      = "lost"
)

// Leave says who takes a device out of use, why, and where it goes.
type Leave struct {
	By     audit.Actor
	Reason string // 1 to 500 characters
	Place  string // one of the Place constants but in_use; "": of a reader without memory whose port was removed
	Now    time.Time
}

// check refuses a leave without a person or a reason: what is taken out of use
// keeps no timesheet waiting any more (I2).
func (l Leave) check() error {
	if l.By.Kind != audit.Account || l.By.ID == 0 {
		return ErrNobodyRetires
	}
	if n := utf8.RuneCountInString(l.Reason); n < 1 || n > 500 {
		return ErrReason
	}
	if !slices.Contains([]string{"", PlaceSpare, PlaceDefective, PlaceReturned, PlaceLost}, l.Place) {
		return ErrPlace
	}
	return nil
}

// ErrNobodyRetires is what a leave returns when no person stands behind it.
var ErrNobodyRetires = errors.New("only a person who signed in can take a device out of use")

// RetireReader takes a reader out of use: its silence is asked about no more.
// What it has brought stays, and what it may still bring counts as ever.
func RetireReader(ctx context.Context, tx pg.Tx, id int64, l Leave) error {
	r, err := lockReader(ctx, tx, id)
	switch {
	case l.check() != nil:
		return l.check()
	case err != nil:
		return err
	case !r.InUse():
		return ErrRetired
	case l.Place == "" && r.Memory(): // it is somewhere
		return ErrPlace
	}
	if err := retireReader(ctx, tx, id, l); err != nil {
		return err
	}
	if err := shelve(ctx, tx, Hardware{Kind: "reader", Label: r.Name, Reader: id}, l); err != nil {
		return err
	}
	return record(ctx, tx, l.By, "reader.retire", "reader", id, map[string]any{"reason": l.Reason, "place": l.Place})
}

// RestoreReader takes a retirement back.
func RestoreReader(ctx context.Context, tx pg.Tx, by audit.Actor, id int64) error {
	if err := restoreReader(ctx, tx, id); err != nil {
		return err
	}
	return record(ctx, tx, by, "reader.restore", "reader", id, nil)
}

// RetireGateway takes a gateway out of use for good: it is revoked (OB-C11),
// and its readers without memory go with it.
func RetireGateway(ctx context.Context, tx pg.Tx, id int64, l Leave) error {
	if err := errors.Join(l.check(), lockCertificates(ctx, tx, id)); err != nil {
		return err
	}
	g, err := GatewayByID(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case g.Retired != nil:
		return ErrRetired
	case l.Place == "":
		return ErrPlace
	}
	if g.Revoked == nil {
		if err := RevokeGateway(ctx, tx, l.By, id, l.Now); err != nil {
			return err
		}
	}
	if err := retireGateway(ctx, tx, id, l); err != nil {
		return err
	}
	if err := shelve(ctx, tx, Hardware{Kind: "gateway", Label: g.Name, Gateway: id}, l); err != nil {
		return err
	}
	return record(ctx, tx, l.By, "gateway.retire", "gateway", id, map[string]any{"reason": l.Reason, "place": l.Place})
}

// SwapGateway lets another device take a gateway's place: name, site, readers,
// modes and history stay, since they are the place's. The old device's
// certificates end now, so that it can bring nothing more by itself; what its
// journal still holds can be imported. The new one is enrolled with a code
// (NewCode). spare is the shelf's row of the device that goes in; 0: none.
func SwapGateway(ctx context.Context, tx pg.Tx, id, spare int64, l Leave) error {
	switch {
	case l.check() != nil:
		return l.check()
	case l.Place == "":
		return ErrPlace
	}
	// First, since it locks as ingest does when it hears a state: what the
	// device told, then the gateway. A renewal under way ends before.
	if err := forgetTold(ctx, tx, id); err != nil {
		return err
	}
	g, err := GatewayByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if !g.InUse() {
		return ErrRetired
	}
	if err := endCertificates(ctx, tx, id, l.Now); err != nil {
		return err
	}
	if err := shelve(ctx, tx, Hardware{Kind: "gateway", Label: g.Name, Gateway: id}, l); err != nil {
		return err
	}
	if err := takeSpare(ctx, tx, spare, Hardware{Kind: "gateway", Gateway: id}, l); err != nil {
		return err
	}
	return record(ctx, tx, l.By, "gateway.swap", "gateway", id, map[string]any{"reason": l.Reason, "place": l.Place})
}

// ReaderSwap says what takes a reader's place.
type ReaderSwap struct {
	With  int64 // the reader with memory that came instead; 0 for one without, which keeps its gateway's name for it
	Spare int64 // the shelf's row of the device that goes in; 0: none
}

// SwapReader lets another device take a reader's place. One without memory is
// known by its port alone: nothing but the shelf changes. One with memory is
// another origin: it takes name, site and mode, and the old one is retired.
// Hours that were computed stay (I3).
func SwapReader(ctx context.Context, tx pg.Tx, id int64, s ReaderSwap, l Leave) error {
	old, err := lockReader(ctx, tx, id)
	switch {
	case l.check() != nil:
		return l.check()
	case l.Place == "":
		return ErrPlace
	case err != nil:
		return err
	case !old.InUse():
		return ErrRetired
	case old.Memory() != (s.With != 0):
		return ErrNoSwap
	}
	if s.With != 0 {
		if err := takePlace(ctx, tx, old, s.With, l); err != nil {
			return err
		}
	}
	if err := shelve(ctx, tx, Hardware{Kind: "reader", Label: old.Name, Reader: id}, l); err != nil {
		return err
	}
	if err := takeSpare(ctx, tx, s.Spare, Hardware{Kind: "reader", Reader: cmp.Or(s.With, id)}, l); err != nil {
		return err
	}
	return record(ctx, tx, l.By, "reader.swap", "reader", id, map[string]any{"reason": l.Reason, "place": l.Place, "with": s.With})
}

// takePlace gives a reader with memory the name, site and mode of another.
func takePlace(ctx context.Context, tx pg.Tx, old Reader, with int64, l Leave) error {
	r, err := lockReader(ctx, tx, with)
	if err != nil {
		return err
	}
	if !r.Memory() || !r.InUse() || r.ID == old.ID {
		return ErrNoSwap
	}
	if err := UpdateReader(ctx, tx, l.By, with, old.Name, old.Mode); err != nil {
		return err
	}
	if r.Site != old.Site {
		if err := MoveReader(ctx, tx, l.By, with, old.Site); err != nil {
			return err
		}
	}
	if err := setReplaces(ctx, tx, with, old.ID); err != nil {
		return err
	}
	if err := retireReader(ctx, tx, old.ID, l); err != nil {
		return fmt.Errorf("taking reader %d's place: %w", old.ID, err)
	}
	return nil
}
