package continuity

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Problem is what hinders backups at a place; "": nothing.
type Problem string

// The problems.
const (
	PlaceRefused     Problem = "refused"     // a contract forbids where it stands (OB-P9)
	PlaceUnreachable Problem = "unreachable" // it can't be reached, or doesn't let us in
	PlaceFull        Problem = "full"
	PlaceSlow        Problem = "slow" // it took longer than it may
	PlaceNoKey       Problem = "key"  // the master key is not at hand
	PlaceDamaged     Problem = "damaged"
	PlaceNoDatabase  Problem = "database" // the database could not be read
	PlaceNoTools     Problem = "tools"    // PostgreSQL's own programs are missing
	PlaceFailed      Problem = "failed"   // anything else; the server's log says what
)

// LogProblem is what is wrong with the log at a place; "": nothing.
type LogProblem string

// The problems of the log.
const (
	LogHole    LogProblem = "hole"    // a piece is missing after the last base: the next base mends it
	LogBehind  LogProblem = "behind"  // it waits here to be sent
	LogStopped LogProblem = "stopped" // it is no longer fetched, as too much waits
	LogNone    LogProblem = "none"    // the database's server isn't ours: there is none
)

// PlaceState is how it stands with one place.
type PlaceState struct {
	Name       string
	Kind       string
	Place      tenant.Place
	Since      time.Time
	Seen       time.Time // when it last answered; zero: never
	Tried      time.Time // when a set was last begun; zero: never
	Problem    Problem
	ProblemAt  time.Time
	LogUntil   time.Time // when its last segment arrived; zero: none did
	LogProblem LogProblem
	Waiting    int64    // bytes of the log that wait to be sent
	Sets       []SetRow // the newest first, those that went 30 days ago left out
}

// SetRow is a set as the register has it.
type SetRow struct {
	ID      string
	Kind    Kind
	Began   time.Time
	Ended   time.Time
	Expires time.Time
	Bytes   int64
	Plain   int64
	Gone    time.Time // zero: it stands there
	Expired bool      // it went because its time was over
}

// Last gives the newest set that stands at the place and was not made by a clock
// that was ahead: such a one would keep all nights to come from being due.
func (p PlaceState) Last(now time.Time) (SetRow, bool) {
	for _, s := range p.Sets {
		if s.Gone.IsZero() && !ahead(s.Began, now) {
			return s, true
		}
	}
	return SetRow{}, false
}

// Places gives what the register has of the places that are in use.
func Places(ctx context.Context, tx pg.Tx) ([]PlaceState, error) {
	rows, err := tx.Query(ctx, `SELECT place, kind, region, operator, since, COALESCE(seen_at, 'epoch'), COALESCE(tried_at, 'epoch'), problem, COALESCE(problem_at, 'epoch'), COALESCE(log_until, 'epoch'), log_problem, waiting
		FROM backup_place WHERE gone_at IS NULL ORDER BY since, place`)
	if err != nil {
		return nil, fmt.Errorf("listing places for backups: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p PlaceState, err error) {
		err = r.Scan(&p.Name, &p.Kind, &p.Place.Region, &p.Place.Operator, &p.Since, &p.Seen, &p.Tried, &p.Problem, &p.ProblemAt, &p.LogUntil, &p.LogProblem, &p.Waiting)
		for _, at := range []*time.Time{&p.Seen, &p.Tried, &p.ProblemAt, &p.LogUntil} {
			if at.Unix() == 0 {
				*at = time.Time{}
			}
		}
		return p, err
	})
	for i := range all {
		if err == nil {
			all[i].Sets, err = setsAt(ctx, tx, all[i].Name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listing places for backups: %w", err)
	}
	return all, nil
}

func setsAt(ctx context.Context, tx pg.Tx, place string) ([]SetRow, error) {
	rows, err := tx.Query(ctx, `SELECT set, kind, began_at, ended_at, expires_at, bytes, plain, COALESCE(gone_at, 'epoch'), expired
		FROM backup_set WHERE place = $1 AND (gone_at IS NULL OR gone_at > now() - interval '30 days') ORDER BY set DESC`, place)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (s SetRow, err error) {
		err = r.Scan(&s.ID, &s.Kind, &s.Began, &s.Ended, &s.Expires, &s.Bytes, &s.Plain, &s.Gone, &s.Expired)
		if s.Gone.Unix() == 0 {
			s.Gone = time.Time{}
		}
		return s, err
	})
}

// lastSeen gives when a place in use last answered, by the time that was believed
// then; zero: none ever did. By then at least, the time was that.
func lastSeen(ctx context.Context, tx pg.Tx) (at time.Time, err error) {
	var seen *time.Time
	if err := tx.QueryRow(ctx, "SELECT max(seen_at) FROM backup_place WHERE gone_at IS NULL").Scan(&seen); err != nil {
		return at, fmt.Errorf("when places for backups last answered: %w", err)
	}
	if seen != nil {
		at = *seen
	}
	return at, nil
}

// tellPlaces writes down places that are in use. Since when one is, is never
// still to come: a clock that was ahead may have named it first.
func tellPlaces(ctx context.Context, tx pg.Tx, all []target.Target, now time.Time) error {
	for _, t := range all {
		_, err := tx.Exec(ctx, `INSERT INTO backup_place (place, kind, region, operator, since) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (place) DO UPDATE SET kind = $2, region = COALESCE(NULLIF($3, ''), backup_place.region), operator = COALESCE(NULLIF($4, ''), backup_place.operator),
				since = CASE WHEN backup_place.gone_at IS NULL THEN LEAST(backup_place.since, $5) ELSE $5 END, gone_at = NULL`,
			t.Name, t.Kind(), t.Place.Region, t.Place.Operator, now)
		if err != nil {
			return fmt.Errorf("writing down a place for backups: %w", err)
		}
	}
	return nil
}

// leavePlaces writes down that no others are asked for any more: a server says
// so, not a command that was given fewer. It gives those that were until now, each
// with the day until which something may stand there; zero: nothing does.
func leavePlaces(ctx context.Context, tx pg.Tx, all []target.Target, now time.Time) (left map[string]time.Time, err error) {
	var names []string
	for _, t := range all {
		names = append(names, t.Name)
	}
	rows, err := tx.Query(ctx, `UPDATE backup_place p SET gone_at = $2 WHERE gone_at IS NULL AND NOT place = ANY ($1)
		RETURNING place, COALESCE((SELECT max(expires_at) FROM backup_set s WHERE s.place = p.place AND s.gone_at IS NULL), 'epoch')`, names, now)
	left = map[string]time.Time{}
	if err == nil {
		var place string
		var until time.Time
		_, err = pgx.ForEachRow(rows, []any{&place, &until}, func() error {
			if left[place] = until; until.Unix() == 0 {
				left[place] = time.Time{}
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("writing down the places for backups: %w", err)
	}
	return left, nil
}

// noteTry writes down how making a set at a place went. It says nothing of when the
// place was seen: by what clock, only the keeper knows.
func noteTry(ctx context.Context, tx pg.Tx, place string, began time.Time, p Problem, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE backup_place SET tried_at = $2, problem = $3, problem_at = CASE WHEN $3 = '' THEN NULL WHEN problem = $3 THEN problem_at ELSE $4 END
		WHERE place = $1`, place, began, p, now)
	if err != nil {
		return fmt.Errorf("writing down a try at place %s: %w", place, err)
	}
	return nil
}

// noteRefusal writes down whether a contract forbids a place.
func noteRefusal(ctx context.Context, tx pg.Tx, place string, refused bool, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE backup_place SET problem = CASE WHEN $2 THEN 'refused' ELSE '' END, problem_at = CASE WHEN $2 THEN $3::timestamptz END
		WHERE place = $1 AND (problem = 'refused') <> $2`, place, refused, now)
	if err != nil {
		return fmt.Errorf("writing down whether place %s is allowed: %w", place, err)
	}
	return nil
}

// noteSet writes down a set that stands at a place.
func noteSet(ctx context.Context, tx pg.Tx, place string, s Set) error {
	_, err := tx.Exec(ctx, `INSERT INTO backup_set (place, set, kind, began_at, ended_at, expires_at, bytes, plain, sha256, key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (place, set) DO UPDATE SET bytes = $7, sha256 = $9, gone_at = NULL`, place, s.ID, s.Kind, s.Began, s.Ended, s.Expires, s.Bytes, s.Plain, s.SHA256, s.Key)
	if err != nil {
		return fmt.Errorf("writing down set %s at place %s: %w", s.ID, place, err)
	}
	return nil
}

// noteSets brings the register to what stands at a place; that it was seen is
// written down by the time that is believed.
func noteSets(ctx context.Context, tx pg.Tx, place string, t Tended, now, believed time.Time) error {
	ids := append([]string{}, t.Unread...)
	for _, s := range t.Left {
		ids = append(ids, s.ID)
		if err := noteSet(ctx, tx, place, s); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "UPDATE backup_set SET gone_at = $3, expired = expires_at <= $4 WHERE place = $1 AND gone_at IS NULL AND NOT set = ANY ($2)", place, ids, now, believed)
	if err == nil {
		_, err = tx.Exec(ctx, "UPDATE backup_place SET seen_at = $2 WHERE place = $1", place, believed)
	}
	if err != nil {
		return fmt.Errorf("writing down what place %s has: %w", place, err)
	}
	return nil
}

// noteLog writes down how far the log at a place is. A zero until leaves that.
func noteLog(ctx context.Context, tx pg.Tx, place string, p LogProblem, waiting int64, name string, until time.Time) error {
	var at *time.Time
	if !until.IsZero() {
		at = &until
	}
	_, err := tx.Exec(ctx, `UPDATE backup_place SET log_problem = CASE WHEN log_problem = 'hole' AND $2 = '' THEN log_problem ELSE $2 END, waiting = $3,
		log_name = CASE WHEN $4 = '' THEN log_name ELSE $4 END, log_until = COALESCE($5, log_until) WHERE place = $1`, place, p, waiting, name, at)
	if err != nil {
		return fmt.Errorf("writing down the log at place %s: %w", place, err)
	}
	return nil
}

// mendHole forgets a hole in the log, or writes one down.
func mendHole(ctx context.Context, tx pg.Tx, place string, hole bool) error {
	_, err := tx.Exec(ctx, `UPDATE backup_place SET log_problem = CASE WHEN $2 THEN 'hole' WHEN log_problem = 'hole' THEN '' ELSE log_problem END WHERE place = $1`, place, hole)
	if err != nil {
		return fmt.Errorf("writing down the log at place %s: %w", place, err)
	}
	return nil
}
