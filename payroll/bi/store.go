package bi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Allowed gives what was last decided; the zero Permission where nobody did.
func Allowed(ctx context.Context, tx pg.Tx) (Permission, error) {
	var p Permission
	err := tx.QueryRow(ctx, `SELECT allowed, basis, by_kind, by_id, at FROM bi_permission
		WHERE tenant_id = current_tenant() ORDER BY permission_id DESC LIMIT 1`).Scan(&p.Allowed, &p.Basis, &p.By.Kind, &p.By.ID, &p.At)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Permission{}, fmt.Errorf("reading whether publishing is allowed: %w", err)
	}
	return p, nil
}

// Allow lets the tenant's hours be published, by a clause of its contract that
// was recorded as allowing statistics without persons, else ErrContract; or
// withdraws that (OB-P13): then all that was published leaves the database, with the
// key, and files made before can't be joined to later ones. It takes a person.
func Allow(ctx context.Context, tx pg.Tx, by audit.Actor, allowed bool, basis string, now time.Time) (Permission, error) {
	p := Permission{Allowed: allowed, Basis: strings.TrimSpace(basis), By: by, At: now}
	if n := len([]rune(p.Basis)); n < 1 || n > 200 {
		return Permission{}, fmt.Errorf("%w: the clause of the contract, or the reason, has 1 to 200 characters", ErrInvalid)
	}
	if by.Kind != audit.Account && by.Kind != audit.Operator {
		return Permission{}, fmt.Errorf("%w: whether publishing is allowed is said by a person", ErrInvalid)
	}
	if allowed {
		if err := byContract(ctx, tx); err != nil {
			return Permission{}, err
		}
	}
	if err := keyWith(ctx, tx, allowed, now); err != nil {
		return Permission{}, err
	}
	_, err := tx.Exec(ctx, `INSERT INTO bi_permission (tenant_id, allowed, basis, by_kind, by_id, at) VALUES (current_tenant(), $1, $2, $3, $4, $5)`,
		p.Allowed, p.Basis, by.Kind, by.ID, now)
	if err != nil {
		return Permission{}, fmt.Errorf("writing down whether publishing is allowed: %w", err)
	}
	return p, audit.Append(ctx, tx, audit.Entry{Action: "bi_permission.set", SubjectKind: "tenant", By: by, Payload: map[string]any{"allowed": allowed, "basis": p.Basis}})
}

// byContract gives ErrContract where the tenant's contract allows no statistics
// (OB-P13); where none is recorded it allows none.
func byContract(ctx context.Context, tx pg.Tx) error {
	contract, err := tenant.Contract(ctx, tx)
	if err == nil && contract.Terms.Statistics != tenant.Anonymous {
		err = ErrContract
	}
	return err
}

// keyWith makes the tenant's key where there is none, or removes it with all
// that it made.
func keyWith(ctx context.Context, tx pg.Tx, allowed bool, now time.Time) error {
	var err error
	if allowed {
		var secret [32]byte
		rand.Read(secret[:])
		_, err = tx.Exec(ctx, `INSERT INTO bi_key (tenant_id, secret, made_at) VALUES (current_tenant(), $1, $2) ON CONFLICT DO NOTHING`, secret[:], now)
	} else if _, err = tx.Exec(ctx, `DELETE FROM bi_key WHERE tenant_id = current_tenant()`); err == nil {
		// A statement of its own: the first waits for a publication under way,
		// and would not see its rows.
		_, err = tx.Exec(ctx, `DELETE FROM bi_hours WHERE tenant_id = current_tenant()`)
	}
	if err != nil {
		return fmt.Errorf("changing the key of what is published: %w", err)
	}
	return nil
}

// waitForTurn waits until no other publication of the tenant is made, and gives
// what its key is made of; ErrNotAllowed where there is none.
func waitForTurn(ctx context.Context, tx pg.Tx) ([32]byte, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('bi_publication', current_tenant()))`); err != nil {
		return [32]byte{}, fmt.Errorf("waiting for other publications: %w", err)
	}
	return readSecret(ctx, tx, "")
}

// readSecret gives what the tenant's key is made of, "FOR UPDATE" until the
// transaction ends; ErrNotAllowed where there is none.
func readSecret(ctx context.Context, tx pg.Tx, lock string) ([32]byte, error) {
	var secret []byte
	err := tx.QueryRow(ctx, `SELECT secret FROM bi_key WHERE tenant_id = current_tenant() `+lock).Scan(&secret)
	if errors.Is(err, pgx.ErrNoRows) {
		return [32]byte{}, ErrNotAllowed
	}
	if err != nil {
		return [32]byte{}, fmt.Errorf("reading the key of what is published: %w", err)
	}
	return [32]byte(secret), nil
}

// Publications gives all publications, the newest first.
func Publications(ctx context.Context, tx pg.Tx) ([]Publication, error) {
	rows, err := tx.Query(ctx, `SELECT p.publication_id, p.month, p.by_kind, p.by_id, p.at, p.lines, p.held,
			p.at >= COALESCE((SELECT made_at FROM bi_key k WHERE k.tenant_id = p.tenant_id), 'infinity')
		FROM bi_publication p WHERE p.tenant_id = current_tenant() ORDER BY p.publication_id DESC`)
	if err != nil {
		return nil, fmt.Errorf("listing publications: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p Publication, err error) {
		var month time.Time
		err = r.Scan(&p.ID, &month, &p.By.Kind, &p.By.ID, &p.At, &p.Lines, &p.Held, &p.Kept)
		p.Month = monthPeriod(calendar.DateOf(month))
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing publications: %w", err)
	}
	return all, nil
}

// insertPublication gives p with its id.
func insertPublication(ctx context.Context, tx pg.Tx, p Publication, zone string) (Publication, error) {
	err := tx.QueryRow(ctx, `INSERT INTO bi_publication (tenant_id, month, zone, by_kind, by_id, at, lines, held)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7) RETURNING publication_id`,
		p.Month.From, zone, p.By.Kind, p.By.ID, p.At, p.Lines, p.Held).Scan(&p.ID)
	if err != nil {
		return Publication{}, fmt.Errorf("registering a publication: %w", err)
	}
	return p, nil
}
