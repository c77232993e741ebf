package register

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// List gives the entries of a book, newest first.
func List(ctx context.Context, tx pg.Tx, book Book) ([]Entry, error) {
	return read(ctx, tx, "book = $1", string(book))
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
