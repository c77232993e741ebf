package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

const fobQuery = `SELECT f.fob_id, f.label, f.design, f.status, i.employee_id, i.issued_at, i.returned_at
	FROM fob f LEFT JOIN fob_issue i ON i.tenant_id = f.tenant_id AND i.fob_id = f.fob_id AND i.returned_at IS NULL
	WHERE f.tenant_id = current_tenant()`

func scanFob(row pgx.CollectableRow) (Fob, error) {
	var f Fob
	var employee *int64
	var from, until *time.Time
	err := row.Scan(&f.ID, &f.Label, &f.Design, &f.Status, &employee, &from, &until)
	if employee != nil {
		f.Holder = &Holding{Fob: f.ID, Employee: *employee, From: *from, Until: until}
	}
	return f, err
}

// Fobs gives all fobs with who holds them, in order of label.
func Fobs(ctx context.Context, tx pg.Tx) ([]Fob, error) {
	rows, err := tx.Query(ctx, fobQuery+" ORDER BY f.label")
	return collect(rows, err, "fobs", scanFob)
}

// FobByID gives one fob with who holds it, or ErrNotFound.
func FobByID(ctx context.Context, tx pg.Tx, id int64) (Fob, error) {
	rows, err := tx.Query(ctx, fobQuery+" AND f.fob_id = $1", id)
	return one(rows, err, fmt.Sprintf("fob %d", id), scanFob)
}

// FobByToken gives the fob that a token stands for, or ErrNotFound.
func FobByToken(ctx context.Context, tx pg.Tx, keyVersion uint32, token wire.Token) (Fob, error) {
	rows, err := tx.Query(ctx, fobQuery+` AND f.fob_id = (SELECT fob_id FROM fob_token
		WHERE tenant_id = current_tenant() AND key_version = $1 AND token = $2)`, int16(keyVersion), token[:])
	return one(rows, err, "fob", scanFob)
}

// AddFob puts a fob in stock. Its tokens come from its number by the tenant's
// key of that version; ErrTokenTaken when one is another fob's (I7).
func AddFob(ctx context.Context, tx pg.Tx, by audit.Actor, label string, keyVersion uint32, tokens []wire.Token) (Fob, error) {
	f := Fob{Label: label, Design: 1, Status: StatusInStock}
	err := tx.QueryRow(ctx, "INSERT INTO fob (tenant_id, label) VALUES (current_tenant(), $1) RETURNING fob_id", label).Scan(&f.ID)
	if err != nil {
		return Fob{}, named("adding a fob", err)
	}
	if err := insertTokens(ctx, tx, f.ID, keyVersion, tokens); err != nil {
		return Fob{}, err
	}
	return f, record(ctx, tx, by, "fob.create", "fob", f.ID, map[string]any{"label": label, "tokens": len(tokens)})
}

// AddTokens gives a fob more tokens: another technology, or another key
// version (I7).
func AddTokens(ctx context.Context, tx pg.Tx, by audit.Actor, fobID int64, keyVersion uint32, tokens []wire.Token) error {
	if err := insertTokens(ctx, tx, fobID, keyVersion, tokens); err != nil {
		return err
	}
	return record(ctx, tx, by, "fob.tokens", "fob", fobID, map[string]any{"tokens": len(tokens), "key_version": keyVersion})
}

// insertTokens also gives the fob what gateways saw of it under other keys
// before it was registered.
func insertTokens(ctx context.Context, tx pg.Tx, fobID int64, keyVersion uint32, tokens []wire.Token) error {
	var of int64
	if err := tx.QueryRow(ctx, "SELECT current_tenant()").Scan(&of); err != nil {
		return fmt.Errorf("adding a fob's token: %w", err)
	}
	if err := LockTokens(ctx, tx, []int64{of}); err != nil {
		return err
	}
	for _, token := range tokens {
		if _, err := tx.Exec(ctx, `INSERT INTO fob_token (tenant_id, key_version, token, fob_id)
			VALUES (current_tenant(), $1, $2, $3)`, int16(keyVersion), token[:], fobID); err != nil {
			return named("adding a fob's token", err)
		}
		if err := AdoptTwins(ctx, tx, []int64{of}, []int16{int16(keyVersion)}, [][]byte{token[:]}); err != nil {
			return err
		}
	}
	return tell(ctx, tx) // taps of a fob that was unknown get a fob
}

// Issue hands a fob to an employee; ErrHeld while somebody has it (OB-H1).
func Issue(ctx context.Context, tx pg.Tx, by audit.Actor, fobID, employeeID int64, from time.Time) error {
	status, err := lockFob(ctx, tx, fobID)
	if err != nil {
		return err
	}
	if status == StatusLost || status == StatusBlocked {
		return ErrNotIssuable
	}
	if _, err := tx.Exec(ctx, `INSERT INTO fob_issue (tenant_id, fob_id, employee_id, issued_at)
		VALUES (current_tenant(), $1, $2, $3)`, fobID, employeeID, from); err != nil {
		return named("issuing a fob", err)
	}
	if err := setStatus(ctx, tx, fobID, StatusIssued); err != nil {
		return err
	}
	return record(ctx, tx, by, "fob.issue", "fob", fobID, map[string]any{"employee": employeeID, "from": from})
}

// Return ends a fob's issue, if it has one, at that instant, and says where
// the fob is: in_stock, returned, lost or blocked. Taps of a lost or blocked
// fob wait for an administrator (OB-H1).
func Return(ctx context.Context, tx pg.Tx, by audit.Actor, fobID int64, at time.Time, status string) error {
	to := Status(status)
	if to != StatusInStock && to != StatusReturned && to != StatusLost && to != StatusBlocked {
		return ErrUnknownStatus
	}
	if _, err := lockFob(ctx, tx, fobID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE fob_issue SET returned_at = $2, ended = $3
		WHERE tenant_id = current_tenant() AND fob_id = $1 AND returned_at IS NULL`, fobID, at, status); err != nil {
		return named("taking a fob back", err)
	}
	if err := cameBack(ctx, tx, fobID, at, to); err != nil {
		return err
	}
	if err := setStatus(ctx, tx, fobID, to); err != nil {
		return err
	}
	return record(ctx, tx, by, "fob."+status, "fob", fobID, map[string]any{"at": at})
}

// cameBack notes when the last who had a fob gave it back, which may be after
// it was blocked (OB-C5).
func cameBack(ctx context.Context, tx pg.Tx, fobID int64, at time.Time, to Status) error {
	if to != StatusInStock && to != StatusReturned {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE fob_issue i SET back_at = GREATEST($2, i.returned_at)
		WHERE i.tenant_id = current_tenant() AND i.fob_id = $1 AND i.back_at IS NULL
			AND i.issued_at = (SELECT max(l.issued_at) FROM fob_issue l WHERE l.tenant_id = current_tenant() AND l.fob_id = $1)`, fobID, at)
	if err != nil {
		return named("taking a fob back", err)
	}
	return nil
}

// SetDesign says of which design a fob is (OB-H8).
func SetDesign(ctx context.Context, tx pg.Tx, by audit.Actor, fobID int64, design int) error {
	tag, err := tx.Exec(ctx, "UPDATE fob SET design = $2 WHERE tenant_id = current_tenant() AND fob_id = $1", fobID, design)
	if err := changed("fob", fobID, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "fob.design", "fob", fobID, map[string]any{"design": design})
}

func lockFob(ctx context.Context, tx pg.Tx, fobID int64) (Status, error) {
	var s Status
	err := tx.QueryRow(ctx, "SELECT status FROM fob WHERE tenant_id = current_tenant() AND fob_id = $1 FOR UPDATE", fobID).Scan(&s)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("fob %d: %w", fobID, ErrNotFound)
	}
	if err != nil {
		return "", fmt.Errorf("reading a fob: %w", err)
	}
	return s, nil
}

func setStatus(ctx context.Context, tx pg.Tx, fobID int64, to Status) error {
	tag, err := tx.Exec(ctx, "UPDATE fob SET status = $2 WHERE tenant_id = current_tenant() AND fob_id = $1", fobID, to)
	if err := changed("fob", fobID, tag, err); err != nil {
		return err
	}
	return tell(ctx, tx)
}

// History gives who held a fob, the latest first.
func History(ctx context.Context, tx pg.Tx, fobID int64) ([]Holding, error) {
	rows, err := tx.Query(ctx, `SELECT fob_id, employee_id, issued_at, returned_at FROM fob_issue
		WHERE tenant_id = current_tenant() AND fob_id = $1 ORDER BY issued_at DESC`, fobID)
	return collect(rows, err, "a fob's holders", func(r pgx.CollectableRow) (h Holding, err error) {
		return h, r.Scan(&h.Fob, &h.Employee, &h.From, &h.Until)
	})
}

// BlockedTokens gives the tokens of lost and blocked fobs in order, for the
// gateways: such a tap is stored, and shown amber. In an ingest transaction
// it gives those of the group's tenants.
func BlockedTokens(ctx context.Context, tx pg.Tx) ([]wire.Token, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT t.token FROM fob f JOIN fob_token t USING (tenant_id, fob_id)
		WHERE f.status IN ('lost', 'blocked') ORDER BY 1`)
	return collect(rows, err, "blocked fobs", func(r pgx.CollectableRow) (wire.Token, error) {
		var b []byte
		err := r.Scan(&b)
		return wire.Token(b), err
	})
}
