package register

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// List gives the entries of a book, newest first.
func List(ctx context.Context, tx pg.Tx, book Book) ([]Entry, error) {
	return read(ctx, tx, "book = $1", string(book))
}

// All gives the entries of all books, newest first.
func All(ctx context.Context, tx pg.Tx) (map[Book][]Entry, error) {
	all, err := read(ctx, tx, "true")
	books := map[Book][]Entry{}
	for _, e := range all {
		books[e.Book] = append(books[e.Book], e)
	}
	return books, err
}

// Get gives one entry of a book, or ErrNoEntry.
func Get(ctx context.Context, tx pg.Tx, book Book, id int64) (Entry, error) {
	all, err := read(ctx, tx, "book = $1 AND entry_id = $2", string(book), id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%w: %s %d", ErrNoEntry, book, id)
	}
	if err != nil {
		return Entry{}, err
	}
	return all[0], nil
}

// Add writes an entry down and gives its number; a *privacy.Refused names what is
// wrong with it. At and By are its, ID and Steps are not looked at.
func Add(ctx context.Context, tx pg.Tx, e Entry) (int64, error) {
	f, err := FormOf(e.Book)
	if err != nil {
		return 0, err
	}
	if e.Values, err = f.check(e.Values, dayIn(e.At)); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `INSERT INTO register_entry (tenant_id, book, details, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5) RETURNING entry_id`, string(e.Book), e.Values, e.At, e.By.Kind, e.By.ID).Scan(&e.ID)
	if err != nil {
		return 0, fmt.Errorf("writing into a register: %w", err)
	}
	return e.ID, audit.Append(ctx, tx, audit.Entry{Action: "register.add", SubjectKind: "register", SubjectID: e.ID, By: e.By,
		Payload: map[string]any{"register": e.Book, "values": e.Values}})
}

// Take writes a step of an entry down, where the contract's rules allow it; a
// *privacy.Refused says why not. Two people can't take steps about one entry at once.
func Take(ctx context.Context, tx pg.Tx, book Book, id int64, s Step, r Rules) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('register ' || current_tenant() || ' ' || $1::bigint, 0))", id); err != nil {
		return fmt.Errorf("writing into a register: %w", err)
	}
	e, err := Get(ctx, tx, book, id)
	if err != nil {
		return err
	}
	if r.Audits, err = List(ctx, tx, Audits); err != nil {
		return err
	}
	s.Note = strings.TrimSpace(s.Note)
	if err := r.may(e, s, dayIn(s.At)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO register_step (tenant_id, entry_id, what, day, note, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7)`, id, s.What, s.Day, s.Note, s.At, s.By.Kind, s.By.ID)
	if err != nil {
		return fmt.Errorf("writing into a register: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "register." + s.What, SubjectKind: "register", SubjectID: id, By: s.By,
		Payload: map[string]any{"register": book, "day": s.Day.Format(time.DateOnly), "note": s.Note}})
}

// WallOn says whether the page that shows live who is in may be shown: a
// consent of the works council, or why none is needed, was recorded and not
// withdrawn (WOR article 27(1)(l)).
func WallOn(ctx context.Context, tx pg.Tx) (bool, error) {
	var on bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM register_entry e WHERE e.tenant_id = current_tenant() AND e.book = 'council' AND e.details->>'subject' = $1
		AND NOT EXISTS (SELECT FROM register_step s WHERE s.tenant_id = e.tenant_id AND s.entry_id = e.entry_id AND s.what = 'withdrawn'))`, Wall).Scan(&on)
	if err != nil {
		return false, fmt.Errorf("looking for the works council's consent: %w", err)
	}
	return on, nil
}

// dayIn is the calendar day of a moment, in the zone that it is in.
func dayIn(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
}

// InstructionsInForce gives those that may be acted on, newest first.
func InstructionsInForce(ctx context.Context, tx pg.Tx) ([]Instruction, error) {
	all, err := List(ctx, tx, Instructions)
	var out []Instruction
	for _, e := range all {
		if i := InstructionOf(e); i.State == InForce {
			out = append(out, i)
		}
	}
	return out, err
}

// InstructionInForce gives the instruction of a number that somebody wants to
// act on: ErrNoEntry where there is none, ErrNotInForce where it is objected
// to or withdrawn (OB-P16).
func InstructionInForce(ctx context.Context, tx pg.Tx, id int64) (Instruction, error) {
	e, err := Get(ctx, tx, Instructions, id)
	if err != nil {
		return Instruction{}, err
	}
	i := InstructionOf(e)
	if i.State != InForce {
		return i, fmt.Errorf("%w: instruction %d (%s)", ErrNotInForce, i.ID, i.Reference)
	}
	return i, nil
}

func read(ctx context.Context, tx pg.Tx, where string, args ...any) ([]Entry, error) {
	rows, err := tx.Query(ctx, `SELECT entry_id, book, details, at, by_kind, by_id FROM register_entry
		WHERE tenant_id = current_tenant() AND `+where+` ORDER BY entry_id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading a register: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e Entry, err error) {
		return e, r.Scan(&e.ID, &e.Book, &e.Values, &e.At, &e.By.Kind, &e.By.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("reading a register: %w", err)
	}
	return all, readSteps(ctx, tx, all)
}

// readSteps puts its steps under each entry.
func readSteps(ctx context.Context, tx pg.Tx, entries []Entry) error {
	place, ids := map[int64]int{}, make([]int64, len(entries))
	for i, e := range entries {
		place[e.ID], ids[i] = i, e.ID
	}
	rows, err := tx.Query(ctx, `SELECT entry_id, what, day, note, at, by_kind, by_id FROM register_step
		WHERE tenant_id = current_tenant() AND entry_id = ANY ($1) ORDER BY step_id`, ids)
	if err != nil {
		return fmt.Errorf("reading a register: %w", err)
	}
	var of int64
	var s Step
	_, err = pgx.ForEachRow(rows, []any{&of, &s.What, &s.Day, &s.Note, &s.At, &s.By.Kind, &s.By.ID}, func() error {
		e := &entries[place[of]]
		e.Steps = append(e.Steps, s)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading a register: %w", err)
	}
	return nil
}
