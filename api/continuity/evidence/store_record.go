package evidence

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Note is what somebody wrote down to prove an obligation.
type Note struct {
	Obligation string
	Day        time.Time // on which it was so, midnight UTC
	Says       string    // 1 to 300 letters; of the organisation, not about a person (OB-P2)
}

// PutNote writes a note down. One of an obligation that people don't prove, of
// a day that is still to come, or that says too little or too much is
// ErrInvalid.
func PutNote(ctx context.Context, tx pg.Tx, n Note, by audit.Actor, now time.Time) error {
	n.Says = strings.Join(strings.Fields(n.Says), " ")
	r, err := Load()
	if err != nil {
		return err
	}
	o, known := r.Find(n.Obligation)
	switch length := utf8.RuneCountInString(n.Says); {
	case !known:
		return refused{"obligation", fmt.Sprintf("there is no obligation %q; docs/promises.md has them", n.Obligation)}
	case !o.TakesRecord():
		return refused{"obligation", "nothing that people write down proves " + n.Obligation}
	case n.Day.After(now) || n.Day.Year() < 2000:
		return refused{"day", n.Day.Format(time.DateOnly) + " is still to come, or too long ago"}
	case length == 0 || length > 300 || !utf8.ValidString(n.Says) || strings.ContainsRune(n.Says, 0):
		return refused{"says", "a record says 1 to 300 letters"}
	}
	var id int64
	err = tx.QueryRow(ctx, `INSERT INTO evidence_record (tenant_id, obligation, day, says, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6) RETURNING record_id`, n.Obligation, n.Day, n.Says, now, by.Kind, by.ID).Scan(&id)
	if err != nil {
		return fmt.Errorf("writing a record of %s down: %w", n.Obligation, err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "evidence.record", SubjectKind: "evidence", SubjectID: id, By: by, Payload: map[string]any{"obligation": n.Obligation, "day": n.Day.Format(time.DateOnly)}})
}

// records gives the last note of each obligation that isn't too late: of no
// later than the longest term of such a control after the moment.
func records(ctx context.Context, tx pg.Tx, _ Register, _ Order, moment time.Time) ([]Finding, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (obligation) obligation, day::timestamptz, says FROM evidence_record
		WHERE tenant_id = current_tenant() AND day <= $1 ORDER BY obligation, day DESC, record_id DESC`, moment.AddDate(0, 0, 35))
	if err != nil {
		return nil, fmt.Errorf("reading records: %w", err)
	}
	return collect(rows, func(row pgx.CollectableRow) (f Finding, err error) {
		f.Holds = true
		err = row.Scan(&f.Proof, &f.At, &f.Value)
		f.Proof = recordOf(f.Proof)
		return f, err
	})
}

// tests gives a run of each test: of the month's version before any other, of
// the days before the moment before those after it, the last of these; none that
// is still to come.
func tests(ctx context.Context, tx pg.Tx, r Register, o Order, moment time.Time) (out []Finding, err error) {
	days := r.days()
	for _, test := range r.Tests() {
		f := Finding{Proof: testPrefix + test}
		term := Finding{Version: o.Program}.lasts(days[f.Proof])
		err := tx.QueryRow(ctx, `SELECT at, passed, version FROM test_run WHERE name = $1 AND at < LEAST($2::timestamptz, $6)
			ORDER BY version = $3 DESC, at < $4 AND at >= $5 DESC, at DESC LIMIT 1`,
			test, moment.AddDate(0, 0, term), o.Program, moment, moment.AddDate(0, 0, -term), o.Now.Add(time.Hour)).Scan(&f.At, &f.Holds, &f.Version)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the runs of %s: %w", test, err)
		}
		f.Value = f.Version
		out = append(out, f)
	}
	return out, nil
}

func collect[T any](rows pgx.Rows, read pgx.RowToFunc[T]) ([]T, error) {
	all, err := pgx.CollectRows(rows, read)
	if err != nil {
		return nil, fmt.Errorf("reading proofs: %w", err)
	}
	return all, nil
}

// PutTests keeps the runs of tests; one that is there already stays as it was
// said. For the database's owner.
func PutTests(ctx context.Context, tx pg.Tx, ran []Ran, version string) error {
	for _, t := range ran {
		_, err := tx.Exec(ctx, "INSERT INTO test_run (name, at, passed, version) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", t.Name, t.At, t.Passed, version)
		if err != nil {
			return fmt.Errorf("keeping the run of %s: %w", t.Name, err)
		}
	}
	return nil
}

// PutPack keeps that a pack was handed out, and as what it was signed.
func PutPack(ctx context.Context, tx pg.Tx, p Pack, s Seal, by audit.Actor) error {
	month, err := time.Parse("2006-01", p.Month)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	var id int64
	sum, err := hex.DecodeString(s.SHA256)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	key, err := hex.DecodeString(s.Key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	err = tx.QueryRow(ctx, `INSERT INTO evidence_pack (tenant_id, month, sha256, key, met, partly, missing, at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING pack_id`,
		month, sum, key, p.Counts.Met, p.Counts.Partly, p.Counts.Missing, p.MadeAt, by.Kind, by.ID).Scan(&id)
	if err != nil {
		return fmt.Errorf("keeping an evidence pack: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "evidence.pack", SubjectKind: "evidence", SubjectID: id, By: by, Payload: map[string]any{"month": p.Month, "sha256": s.SHA256, "key": s.Key}})
}
