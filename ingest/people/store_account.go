package people

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

const accountColumns = `account_id, tenant_id, email, name, language, roles, closed_at, signed_in_at, locked_until,
	left(encode(sha256(convert_to(password_hash, 'UTF8')), 'hex'), 16), COALESCE(employee_id, 0),
	COALESCE((SELECT e.number FROM employee e WHERE e.tenant_id = account.tenant_id AND e.employee_id = account.employee_id), ''),
	(SELECT (e.employed_until + 1)::timestamp AT TIME ZONE COALESCE(NULLIF(e.zone, ''), t.zone) FROM employee e JOIN tenant t ON t.tenant_id = e.tenant_id
		WHERE e.tenant_id = account.tenant_id AND e.employee_id = account.employee_id),
	EXISTS (SELECT FROM account_hirer h WHERE h.tenant_id = account.tenant_id AND h.account_id = account.account_id)`

func scanAccount(row pgx.CollectableRow) (Account, error) {
	var a Account
	err := row.Scan(&a.ID, &a.Tenant, &a.Email, &a.Name, &a.Language, &a.Roles, &a.Closed, &a.SignedIn, &a.LockedUntil, &a.Secret, &a.Employee, &a.Number, &a.Ends, &a.SomeHirers)
	return a, err
}

// Accounts gives all accounts in order of name.
func Accounts(ctx context.Context, tx pg.Tx) ([]Account, error) {
	rows, err := tx.Query(ctx, "SELECT "+accountColumns+" FROM account WHERE tenant_id = current_tenant() ORDER BY name, email")
	if err != nil {
		return nil, fmt.Errorf("listing accounts: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanAccount)
	if err != nil {
		return nil, fmt.Errorf("listing accounts: %w", err)
	}
	return all, nil
}

// AccountByID gives one account, or ErrNotFound.
func AccountByID(ctx context.Context, tx pg.Tx, id int64) (Account, error) {
	rows, err := tx.Query(ctx, "SELECT "+accountColumns+" FROM account WHERE tenant_id = current_tenant() AND account_id = $1", id)
	if err != nil {
		return Account{}, fmt.Errorf("reading an account: %w", err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, fmt.Errorf("account %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Account{}, fmt.Errorf("reading an account: %w", err)
	}
	return a, nil
}

// AccountOfEmployee gives the open account with which an employee sees their
// own hours, or ErrNotFound.
func AccountOfEmployee(ctx context.Context, tx pg.Tx, employee int64) (Account, error) {
	rows, err := tx.Query(ctx, "SELECT "+accountColumns+` FROM account
		WHERE tenant_id = current_tenant() AND employee_id = $1 AND roles = ARRAY['employee'] AND closed_at IS NULL`, employee)
	if err != nil {
		return Account{}, fmt.Errorf("reading an employee's account: %w", err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, fmt.Errorf("account of employee %d: %w", employee, ErrNotFound)
	}
	if err != nil {
		return Account{}, fmt.Errorf("reading an employee's account: %w", err)
	}
	return a, nil
}

// CreateAccount adds a and gives its id; an empty password makes an account
// that can't sign in by one.
func CreateAccount(ctx context.Context, tx pg.Tx, by audit.Actor, a Account, password string) (int64, error) {
	a.Email, a.Name = strings.TrimSpace(a.Email), strings.TrimSpace(a.Name)
	if err := a.check(); err != nil {
		return 0, err
	}
	hash := ""
	if password != "" {
		if err := checkPassword(password); err != nil {
			return 0, err
		}
		hash = hashPassword(password)
	}
	err := tx.QueryRow(ctx, `INSERT INTO account (tenant_id, email, name, language, roles, password_hash, employee_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, NULLIF($6::bigint, 0)) RETURNING account_id, tenant_id`,
		a.Email, a.Name, a.Language, a.Roles, hash, a.Employee).Scan(&a.ID, &a.Tenant)
	if err != nil {
		return 0, named("adding an account", err)
	}
	return a.ID, auditAccount(ctx, tx, by, "account.create", a)
}

// UpdateAccount replaces name, language, roles and employee of the account
// with a's id.
func UpdateAccount(ctx context.Context, tx pg.Tx, by audit.Actor, a Account) error {
	a.Name = strings.TrimSpace(a.Name)
	if err := a.check(); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `UPDATE account SET name = $2, language = $3, roles = $4, employee_id = NULLIF($5::bigint, 0)
		WHERE tenant_id = current_tenant() AND account_id = $1`, a.ID, a.Name, a.Language, a.Roles, a.Employee)
	if err != nil {
		return named("changing an account", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("account %d: %w", a.ID, ErrNotFound)
	}
	return auditAccount(ctx, tx, by, "account.update", a)
}

// CloseAccount ends an account's access for good.
func CloseAccount(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE account SET closed_at = $2, password_hash = ''
		WHERE tenant_id = current_tenant() AND account_id = $1 AND closed_at IS NULL`, id, now)
	if err != nil {
		return fmt.Errorf("closing an account: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("account %d: %w", id, ErrNotFound)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "account.close", SubjectKind: "account", SubjectID: id, By: by})
}

// SetPassword gives the account a new password and ends a lock-out.
func SetPassword(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `UPDATE account SET password_hash = $2, failed_count = 0, locked_until = NULL
		WHERE tenant_id = current_tenant() AND account_id = $1 AND closed_at IS NULL`, id, hashPassword(password))
	if err != nil {
		return fmt.Errorf("setting a password: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("account %d: %w", id, ErrNotFound)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "account.password", SubjectKind: "account", SubjectID: id, By: by})
}

func auditAccount(ctx context.Context, tx pg.Tx, by audit.Actor, action string, a Account) error {
	payload := map[string]any{"email": a.Email, "name": a.Name, "language": a.Language, "roles": a.Roles}
	if a.Employee != 0 {
		payload["employee"] = a.Employee
	}
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "account", SubjectID: a.ID, By: by, Payload: payload})
}
