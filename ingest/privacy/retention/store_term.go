package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/register"
)

// TermsOf gives the terms that hold: what was last instructed of each class,
// else its preset under the contract. What was instructed under an earlier
// contract and is longer than this one allows ends with this one's longest.
func TermsOf(ctx context.Context, tx pg.Tx, by Limits) (Terms, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (class) class, keep, instruction_id, reference, by_kind, by_id, at FROM retention_term
		WHERE tenant_id = current_tenant() ORDER BY class, term_id DESC`)
	if err != nil {
		return nil, fmt.Errorf("reading the terms: %w", err)
	}
	said, err := pgx.CollectRows(rows, scanTerm)
	if err != nil {
		return nil, fmt.Errorf("reading the terms: %w", err)
	}
	out := starting(by)
	for i, t := range out {
		for _, s := range said {
			if s.Class == t.Class {
				out[i] = s
			}
		}
		if r, ok := RuleOf(t.Class); ok && out[i].Keep.N > 0 && out[i].Keep.Longer(r.Longest(by)) {
			out[i].Keep = r.Longest(by)
		}
	}
	return out, nil
}

func scanTerm(row pgx.CollectableRow) (t Term, err error) {
	var keep string
	if err = row.Scan(&t.Class, &keep, &t.Instruction, &t.Reference, &t.By.Kind, &t.By.ID, &t.At); err == nil {
		err = t.Keep.UnmarshalText([]byte(keep))
	}
	return t, err
}

// Instruct changes a term by a written instruction of the customer that is in
// force (OB-P3, OB-P16). ErrShorter and ErrLonger say which bound it goes past,
// and why; register.ErrNoEntry and ErrNotInForce, that the instruction may not
// be acted on.
func Instruct(ctx context.Context, tx pg.Tx, i Instruction, limits Limits, by audit.Actor, now time.Time) error {
	if err := i.check(limits); err != nil {
		return err
	}
	if by.Kind != audit.Account && by.Kind != audit.Operator {
		return fmt.Errorf("%w: a term is changed by a person", ErrInvalid)
	}
	letter, err := register.InstructionInForce(ctx, tx, i.Number)
	if err != nil {
		return err
	}
	var id int64
	err = tx.QueryRow(ctx, `INSERT INTO retention_term (tenant_id, class, keep, instruction_id, reference, by_kind, by_id, at)
		VALUES (current_tenant(), $1, $2, $3, left($4, 100), $5, $6, $7) RETURNING term_id`,
		i.Class, i.Keep.String(), i.Number, letter.Reference, by.Kind, by.ID, now).Scan(&id)
	if err != nil {
		return fmt.Errorf("changing a term: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "retention.term", SubjectKind: "retention_term", SubjectID: id, By: by,
		Payload: map[string]any{"class": i.Class, "keep": i.Keep, "instruction": i.Number}})
}

// Unpaid counts the approved lines past their term that left in no run, while
// hours leave by runs: they stay, and somebody has to look why (I8). It gives
// the day of the oldest too; zero: there is none.
func Unpaid(ctx context.Context, tx pg.Tx, terms Terms, now time.Time) (lines int64, oldest time.Time, err error) {
	var first *time.Time
	err = tx.QueryRow(ctx, "SELECT count(*), min(t.day) FROM approved_line t WHERE t.tenant_id = current_tenant() AND t.day"+day+" < $1 AND "+unpaid,
		terms.Of(privacy.ApprovedPay).Keep.Before(now)).Scan(&lines, &first)
	if err != nil {
		return 0, oldest, fmt.Errorf("looking for approved hours that nobody was paid for: %w", err)
	}
	if first != nil {
		oldest = *first
	}
	return lines, oldest, nil
}
