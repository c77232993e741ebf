package fleet

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// NewCode makes a one-time code for a gateway, new, swapped or reinstalled;
// codes made before it that nobody used are worth nothing from then on. The
// device that uses it replaces the one in use once it has connected.
func NewCode(ctx context.Context, tx pg.Tx, by audit.Actor, gateway int64, valid time.Duration, now time.Time) (Code, error) {
	if valid < time.Minute || valid > longestCode {
		return Code{}, ErrCodeValid
	}
	c := Code{Until: now.Add(valid)}
	rand.Read(c.Secret[:])
	var print []byte
	err := tx.QueryRow(ctx, "SELECT fingerprint FROM service_certificate WHERE name = 'authority'").Scan(&print)
	if errors.Is(err, pgx.ErrNoRows) {
		return Code{}, ErrNoAuthority
	}
	if err != nil {
		return Code{}, fmt.Errorf("making a code: %w", err)
	}
	copy(c.Server[:], print)
	if err := revokeCodes(ctx, tx, gateway, now); err != nil {
		return Code{}, err
	}
	hash := c.Hash()
	tag, err := tx.Exec(ctx, `INSERT INTO enrolment_code (tenant_id, gateway_id, hash, made_at, valid_until)
		SELECT tenant_id, gateway_id, $2, $3, $4 FROM gateway
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND revoked_at IS NULL`, gateway, hash[:], now, c.Until)
	if err := changedInUse(ctx, tx, gateway, tag, err); err != nil {
		return Code{}, err
	}
	return c, record(ctx, tx, by, "gateway.code", "gateway", gateway, map[string]any{"until": c.Until})
}

// revokeCodes ends the codes of a gateway that nobody used.
func revokeCodes(ctx context.Context, tx pg.Tx, gateway int64, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE enrolment_code SET revoked_at = $2
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND revoked_at IS NULL AND used_at IS NULL`, gateway, now)
	if err != nil {
		return fmt.Errorf("ending codes of gateway %d: %w", gateway, err)
	}
	return nil
}

// CodeOwner says whose a code is, whatever became of it, before a tenant is
// known (I6); else ErrCodeUnknown.
func CodeOwner(ctx context.Context, tx pg.Tx, hash [32]byte) (tenant, gateway int64, err error) {
	err = tx.QueryRow(ctx, "SELECT tenant_id, gateway_id FROM enrolment_code_by_hash($1)", hash[:]).Scan(&tenant, &gateway)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, ErrCodeUnknown
	}
	if err != nil {
		return 0, 0, fmt.Errorf("looking a code up: %w", err)
	}
	return tenant, gateway, nil
}

// Enrol uses a code: it gives the certificate (DER) for the request's key. The
// same code with the same key gives the same certificate for as long as the
// code is valid, since the first answer may have been lost; with another key
// it is refused.
func Enrol(ctx context.Context, tx pg.Tx, a *Authority, gateway int64, hash [32]byte, request *x509.CertificateRequest, now time.Time) ([]byte, error) {
	if err := lockCertificates(ctx, tx, gateway); err != nil {
		return nil, err
	}
	var until time.Time
	var used, revoked *time.Time
	var usedKey []byte
	err := tx.QueryRow(ctx, `SELECT valid_until, used_at, used_key, revoked_at FROM enrolment_code
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND hash = $2 FOR UPDATE`, gateway, hash[:]).Scan(&until, &used, &usedKey, &revoked)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrCodeUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("using a code: %w", err)
	}
	key := sha256.Sum256(request.RawSubjectPublicKeyInfo)
	switch {
	case used != nil && !bytes.Equal(usedKey, key[:]):
		return nil, CodeUsedError{*used}
	case revoked != nil:
		return nil, ErrCodeReplaced
	case !now.Before(until):
		return nil, CodeExpiredError{until}
	case used != nil:
		return again(ctx, tx, gateway, request, *used)
	}
	if _, err := tx.Exec(ctx, `UPDATE enrolment_code SET used_at = $3, used_key = $4
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND hash = $2`, gateway, hash[:], now, key[:]); err != nil {
		return nil, fmt.Errorf("using a code: %w", err)
	}
	return issue(ctx, tx, a, gateway, request, "gateway.enrol")
}

func again(ctx context.Context, tx pg.Tx, gateway int64, request *x509.CertificateRequest, used time.Time) ([]byte, error) {
	der, err := issued(ctx, tx, gateway, request.RawSubjectPublicKeyInfo)
	if err == nil && der == nil { // replaced or revoked since
		err = CodeUsedError{used}
	}
	return der, err
}

// issue signs a request for the gateway and puts the certificate on record.
func issue(ctx context.Context, tx pg.Tx, a *Authority, gateway int64, request *x509.CertificateRequest, action string) ([]byte, error) {
	der, err := a.SignGateway(uint32(gateway), request)
	if err != nil {
		return nil, err
	}
	by := audit.Actor{Kind: audit.Gateway, ID: gateway}
	if err := addCertificate(ctx, tx, by, gateway, der); err != nil {
		return nil, err
	}
	return der, record(ctx, tx, by, action, "gateway", gateway, nil)
}

// RefuseCode writes down that a code was refused, and why.
func RefuseCode(ctx context.Context, tx pg.Tx, gateway int64, reason string) error {
	return record(ctx, tx, audit.Actor{Kind: audit.System}, "gateway.enrol-refused", "gateway", gateway, map[string]any{"reason": reason})
}

// renewRest is how long a gateway waits between two keys it wants certified:
// one that asks without end is not to fill the table. Nor is a device that was
// just replaced, and is connected for some seconds yet, to come back by asking.
const renewRest = time.Hour

// Why a gateway gets no other certificate.
var (
	ErrTooSoon = errors.New("another key of the gateway was certified, or first used, within the hour")
	ErrEnded   = errors.New("all certificates of the gateway were ended")
)

// Renew gives the certificate (DER) for a request that came from the gateway
// itself; the same request gives the same one. The one in use stays good until
// the new one was seen in use.
func Renew(ctx context.Context, tx pg.Tx, a *Authority, gateway int64, request *x509.CertificateRequest, now time.Time) ([]byte, error) {
	if err := lockCertificates(ctx, tx, gateway); err != nil {
		return nil, err
	}
	der, err := issued(ctx, tx, gateway, request.RawSubjectPublicKeyInfo)
	if err != nil || der != nil {
		return der, err
	}
	var late *bool // NULL: it has none
	err = tx.QueryRow(ctx, `SELECT max(GREATEST(issued_at, used_at)) > $2 FROM gateway_certificate
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND ended_at IS NULL`, gateway, now.Add(-renewRest)).Scan(&late)
	switch {
	case err != nil:
		return nil, fmt.Errorf("renewing a certificate: %w", err)
	case late == nil:
		return nil, ErrEnded
	case *late:
		return nil, ErrTooSoon
	}
	next, err := waiting(ctx, tx, gateway)
	if err != nil {
		return nil, err
	}
	// One asked for earlier and never used is of a key that the gateway forgot.
	if _, err := tx.Exec(ctx, `UPDATE gateway_certificate SET ended_at = $2
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND ended_at IS NULL AND used_at IS NULL AND fingerprint <> ALL ($3)
			AND EXISTS (SELECT FROM gateway_certificate u WHERE u.tenant_id = gateway_certificate.tenant_id
				AND u.gateway_id = $1 AND u.ended_at IS NULL AND u.used_at IS NOT NULL)`, gateway, now, append([][]byte{}, next...)); err != nil {
		return nil, fmt.Errorf("renewing a certificate: %w", err)
	}
	return issue(ctx, tx, a, gateway, request, "gateway.renew")
}

// RecordService writes down one of the service's own certificates: what codes
// point to, and what alarms before it ends.
func RecordService(ctx context.Context, tx pg.Tx, kind string, c *x509.Certificate) error {
	sum := sha256.Sum256(c.Raw)
	_, err := tx.Exec(ctx, `INSERT INTO service_certificate (name, fingerprint, not_after) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET fingerprint = $2, not_after = $3`, kind, sum[:], c.NotAfter)
	if err != nil {
		return fmt.Errorf("recording the %s's certificate: %w", kind, err)
	}
	return nil
}

// OpenCodes gives until when each gateway has a code that somebody may use.
func OpenCodes(ctx context.Context, tx pg.Tx, now time.Time) (map[int64]time.Time, error) {
	rows, err := tx.Query(ctx, `SELECT gateway_id, max(valid_until) FROM enrolment_code WHERE tenant_id = current_tenant()
		AND used_at IS NULL AND revoked_at IS NULL AND valid_until > $1 GROUP BY gateway_id`, now)
	if err != nil {
		return nil, fmt.Errorf("listing codes: %w", err)
	}
	open := map[int64]time.Time{}
	var id int64
	var until time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &until}, func() error { open[id] = until; return nil })
	if err != nil {
		return nil, fmt.Errorf("listing codes: %w", err)
	}
	return open, nil
}
