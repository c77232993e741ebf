package payroll

import (
	"context"
	"errors"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

var errNotYet = errors.New("not built yet")

// CreateDestination adds d and gives it with its id; ID and Created of d are
// ignored. An unknown format or setting is refused by name.
func CreateDestination(ctx context.Context, tx pg.Tx, by audit.Actor, d Destination) (Destination, error) {
	return Destination{}, errNotYet
}

// UpdateDestination changes the name and settings; the format stays.
func UpdateDestination(ctx context.Context, tx pg.Tx, by audit.Actor, d Destination) (Destination, error) {
	return Destination{}, errNotYet
}

// Destinations gives all destinations by name.
func Destinations(ctx context.Context, tx pg.Tx) ([]Destination, error) { return nil, errNotYet }

// DestinationByID gives one destination, or ErrNotFound.
func DestinationByID(ctx context.Context, tx pg.Tx, id int64) (Destination, error) {
	return Destination{}, errNotYet
}

// Codes gives the newest code map of a destination; Version 0 when none was put.
func Codes(ctx context.Context, tx pg.Tx, destination int64) (CodeMap, error) {
	return CodeMap{}, errNotYet
}

// PutCodes makes codes (ours → the package's component) the destination's next
// version and gives it; putting what stands already makes none.
func PutCodes(ctx context.Context, tx pg.Tx, by audit.Actor, destination int64, codes map[string]string) (CodeMap, error) {
	return CodeMap{}, errNotYet
}

// Runs gives all runs, newest first; destination 0: of every destination.
func Runs(ctx context.Context, tx pg.Tx, destination int64) ([]Run, error) { return nil, errNotYet }

// RunByID gives one run, or ErrNotFound.
func RunByID(ctx context.Context, tx pg.Tx, id int64) (Run, error) { return Run{}, errNotYet }

// RunLines gives the lines of a run, those of a void one too.
func RunLines(ctx context.Context, tx pg.Tx, id int64) ([]Line, error) { return nil, errNotYet }

// MarkPulled writes down that by pulled the file; the run's Pulled is the first time.
func MarkPulled(ctx context.Context, tx pg.Tx, by audit.Actor, id int64) error { return errNotYet }
