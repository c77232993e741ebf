package people

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// candidate is an account with the address that somebody typed.
type candidate struct {
	tenant, account int64
	closed          bool
}

// SignIn gives the account of an address and its password, or
// ErrWrongPassword, which it is too while too many attempts failed (OB-C3): who
// does not know the password does not learn that the address is known. Both
// outcomes are audited (OB-C4), and so is an attempt at an account that was
// closed. An address in several tenants signs in to the
// first whose password matches.
//
// Every check is made inside a transaction: a guess holds a connection, so
// that a flood of them can't take more memory than the pool allows, and the
// account's row, so that parallel guesses count one by one.
func SignIn(ctx context.Context, db *pg.DB, email, password string, now time.Time) (Account, error) {
	found, err := candidates(ctx, db, email, password)
	if err != nil {
		return Account{}, err
	}
	refused := ErrWrongPassword
	for _, c := range found {
		if c.closed && !found[0].closed {
			break // the open account was meant
		}
		var account Account
		var outcome error
		err := db.InTenant(ctx, c.tenant, func(tx pg.Tx) (err error) {
			if c.closed {
				matches(nobody(), password)
				outcome = ErrWrongPassword
				return auditSignIn(ctx, tx, c.account, "account.sign_in_closed")
			}
			account, outcome, err = try(ctx, tx, c.account, password, now)
			return err
		})
		if err != nil {
			return Account{}, err
		}
		if outcome == nil {
			return account, nil
		}
		refused = outcome
	}
	return Account{}, refused
}

// candidates looks the address up; where it is unknown, a hash is computed in
// vain so that the time tells nothing.
func candidates(ctx context.Context, db *pg.DB, email, password string) ([]candidate, error) {
	var found []candidate
	err := db.Look(ctx, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, "SELECT tenant_id, account_id, closed FROM accounts_for_sign_in($1) ORDER BY closed, tenant_id", email)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (c candidate, err error) {
			return c, r.Scan(&c.tenant, &c.account, &c.closed)
		})
		if len(found) == 0 {
			matches(nobody(), password)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking up who signs in: %w", err)
	}
	return found, nil
}

// try checks one account's password; outcome is nil, ErrWrongPassword or, with
// the right password, ErrLeft (OB-C5), and must be committed in all cases.
func try(ctx context.Context, tx pg.Tx, id int64, password string, now time.Time) (a Account, outcome, err error) {
	var hash string
	var failures int
	var locked *time.Time
	err = tx.QueryRow(ctx, `SELECT password_hash, failed_count, locked_until FROM account
		WHERE tenant_id = current_tenant() AND account_id = $1 FOR UPDATE`, id).Scan(&hash, &failures, &locked)
	if err != nil {
		return Account{}, nil, fmt.Errorf("reading who signs in: %w", err)
	}
	if locked != nil && now.Before(*locked) {
		matches(nobody(), password)
		return Account{}, ErrWrongPassword, auditSignIn(ctx, tx, id, "account.sign_in_locked")
	}
	if hash == "" {
		hash = nobody()
	}
	if !matches(hash, password) {
		return Account{}, ErrWrongPassword, fail(ctx, tx, id, failures+1, now)
	}
	if a, err = AccountByID(ctx, tx, id); err != nil {
		return Account{}, nil, err
	}
	if a.Ended(now) {
		return Account{}, ErrLeft, auditSignIn(ctx, tx, id, "account.sign_in_left")
	}
	if _, err := tx.Exec(ctx, `UPDATE account SET failed_count = 0, locked_until = NULL, signed_in_at = $2
		WHERE tenant_id = current_tenant() AND account_id = $1`, id, now); err != nil {
		return Account{}, nil, fmt.Errorf("signing in: %w", err)
	}
	a.SignedIn, a.LockedUntil = &now, nil
	return a, nil, auditSignIn(ctx, tx, id, "account.sign_in")
}

func fail(ctx context.Context, tx pg.Tx, id int64, failures int, now time.Time) error {
	var until *time.Time
	if d := lockFor(failures); d > 0 {
		t := now.Add(d)
		until = &t
	}
	_, err := tx.Exec(ctx, `UPDATE account SET failed_count = $2, locked_until = $3
		WHERE tenant_id = current_tenant() AND account_id = $1`, id, failures, until)
	if err != nil {
		return fmt.Errorf("counting a failed sign-in: %w", err)
	}
	return auditSignIn(ctx, tx, id, "account.sign_in_failed")
}

func auditSignIn(ctx context.Context, tx pg.Tx, id int64, action string) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "account", SubjectID: id,
		By: audit.Actor{Kind: audit.Account, ID: id}})
}
