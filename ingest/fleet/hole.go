package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// HoleKind says what is known of names that were given out but never arrived (I2).
type HoleKind string

// The kinds of holes.
const (
	HoleOpen HoleKind = "open" // nobody is known to hold it
	HoleHeld HoleKind = "held" // a gateway heard of it and has not said that it is missing
	HoleTail HoleKind = "tail" // the end of an epoch that vanished: nobody knows how much there was
)

// Hole is a range of names of one stream that the server lacks and that nobody
// gave up (I2).
type Hole struct {
	wire.Stream
	From, To uint64 // To 0: nobody knows how far it goes
	Kind     HoleKind
	HeldBy   []int64  // gateways that may still bring it
	HeldFrom []uint64 // for each of them, the first name that it has not said to be missing
	SiteID   int64    // 0: not known
	Site     string
	Device   string    // name of the reader with memory, or of the gateway
	Since    time.Time // when it was noticed
}

// ErrNobody is what GiveUp returns when no person stands behind it.
var ErrNobody = errors.New("only a person who signed in can give up a hole")

// ErrNoHole is what GiveUp returns for names that are not missing.
var ErrNoHole = errors.New("there is no such hole any more; look at the list again")

// GiveUp records that a person no longer waits for the names from…to of a
// stream (to 0: all from there on), with a reason of 1…500 bytes (I2).
// Registrations that arrive all the same are stored as ever.
func GiveUp(ctx context.Context, tx pg.Tx, by audit.Actor, stream wire.Stream, from, to uint64, reason string) error {
	if by.Kind != audit.Account || by.ID == 0 {
		return ErrNobody
	}
	if reason == "" || len(reason) > 500 {
		return errors.New("giving up a hole needs a reason of 1 to 500 bytes")
	}
	if err := matchHole(ctx, tx, stream, from, to); err != nil {
		return err
	}
	if err := insertGivenUp(ctx, tx, by.ID, stream, from, to, reason); err != nil {
		return err
	}
	err := audit.Append(ctx, tx, audit.Entry{
		Action: "hole.give_up", SubjectKind: "origin", SubjectID: int64(stream.Origin), By: by,
		Payload: map[string]any{"stream": stream.String(), "from": from, "to": to, "reason": reason},
	})
	if err != nil {
		return fmt.Errorf("giving up a hole: %w", err)
	}
	return nil
}

// matchHole returns ErrNoHole unless from…to lies within one hole.
func matchHole(ctx context.Context, tx pg.Tx, stream wire.Stream, from, to uint64) error {
	holes, err := Holes(ctx, tx)
	if err != nil {
		return err
	}
	for _, h := range holes {
		if h.Stream == stream && h.From <= from && (h.To == to || h.To == 0 || to != 0 && to <= h.To) && (to == 0 || from <= to) {
			return nil
		}
	}
	return ErrNoHole
}
