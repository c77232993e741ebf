package fleet

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// lockCertificates lets one transaction at a time give or end certificates of a
// gateway: else one given while the others are ended outlives them.
func lockCertificates(ctx context.Context, tx pg.Tx, gateway int64) error {
	_, err := tx.Exec(ctx, "SELECT FROM gateway WHERE tenant_id = current_tenant() AND gateway_id = $1 FOR NO KEY UPDATE", gateway)
	if err != nil {
		return fmt.Errorf("waiting for the certificates of gateway %d: %w", gateway, err)
	}
	return nil
}

// SetCertificate names the one certificate (DER) that the gateway may use from
// now on.
func SetCertificate(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, der []byte, now time.Time) error {
	if err := lockCertificates(ctx, tx, id); err != nil {
		return err
	}
	if err := addCertificate(ctx, tx, by, id, der); err != nil {
		return err
	}
	sum := sha256.Sum256(der)
	return endCertificates(ctx, tx, id, now, sum[:])
}

// addCertificate lets the gateway use one more certificate, beside those it has.
func addCertificate(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, der []byte) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("certificate of gateway %d: %w", id, err)
	}
	sum := sha256.Sum256(der)
	tag, err := tx.Exec(ctx, `INSERT INTO gateway_certificate (tenant_id, gateway_id, fingerprint, certificate, serial, not_after)
		SELECT tenant_id, gateway_id, $2, $3, $4, $5 FROM gateway
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND revoked_at IS NULL`,
		id, sum[:], der, c.SerialNumber.Bytes(), c.NotAfter)
	if err := changed("gateway", id, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "gateway.certificate", "gateway", id, map[string]any{"sha256": fmt.Sprintf("%x", sum), "until": c.NotAfter})
}

// endCertificates ends all certificates of a gateway, whose row is locked, but
// some (SHA-256).
func endCertificates(ctx context.Context, tx pg.Tx, id int64, now time.Time, but ...[]byte) error {
	_, err := tx.Exec(ctx, `UPDATE gateway_certificate SET ended_at = $3
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND fingerprint <> ALL ($2) AND ended_at IS NULL`, id, append([][]byte{}, but...), now)
	if err != nil {
		return fmt.Errorf("ending certificates of gateway %d: %w", id, err)
	}
	return nil
}

// EndCertificate ends one certificate of a gateway, known by its SHA-256; where
// it has ended it changes nothing.
func EndCertificate(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, print []byte, at time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE gateway_certificate SET ended_at = $3
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND fingerprint = $2 AND ended_at IS NULL`, id, print, at)
	if err != nil {
		return fmt.Errorf("ending a certificate of gateway %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return record(ctx, tx, by, "gateway.certificate_end", "gateway", id, map[string]any{"sha256": fmt.Sprintf("%x", print)})
}

// waiting gives the certificates (SHA-256) of devices that were made the
// gateway by a code and have not connected yet. The device that they are to
// replace can't end them, whatever it does.
func waiting(ctx context.Context, tx pg.Tx, id int64) ([][]byte, error) {
	rows, err := tx.Query(ctx, `SELECT c.certificate, e.keys FROM gateway_certificate c,
			(SELECT array_agg(used_key) FROM enrolment_code WHERE tenant_id = current_tenant() AND gateway_id = $1 AND used_at IS NOT NULL) e (keys)
		WHERE c.tenant_id = current_tenant() AND c.gateway_id = $1 AND c.ended_at IS NULL AND c.used_at IS NULL`, id)
	var prints [][]byte
	var der []byte
	var keys [][]byte // SHA-256
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&der, &keys}, func() error {
			c, err := x509.ParseCertificate(der)
			if err != nil {
				return nil // of before certificates were kept
			}
			key, print := sha256.Sum256(c.RawSubjectPublicKeyInfo), sha256.Sum256(c.Raw)
			if slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key[:]) }) {
				prints = append(prints, print[:])
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("looking for devices that wait for their place: %w", err)
	}
	return prints, nil
}

// Seen is a certificate that a gateway was seen to use: the certificate itself,
// where the connection showed it, else when the gateway says that it ends.
type Seen struct {
	DER   []byte
	Until time.Time
}

// UseCertificate writes down that a gateway uses a certificate: from then on
// it may use no other, but for devices that wait for its place. One that is not
// on record changes nothing, nor does an end that two of them share: it doesn't
// say which device that is.
func UseCertificate(ctx context.Context, tx pg.Tx, id int64, seen Seen, now time.Time) error {
	if err := lockCertificates(ctx, tx, id); err != nil {
		return err
	}
	next, err := waiting(ctx, tx, id)
	if err != nil {
		return err
	}
	var sum [32]byte
	var serial []byte
	if c, err := x509.ParseCertificate(seen.DER); err == nil {
		sum, serial, seen.Until = sha256.Sum256(seen.DER), c.SerialNumber.Bytes(), c.NotAfter
	}
	var used []byte
	err = tx.QueryRow(ctx, `UPDATE gateway_certificate SET used_at = COALESCE(used_at, $3),
			certificate = CASE WHEN fingerprint = $2 THEN $4::bytea ELSE certificate END,
			serial = CASE WHEN fingerprint = $2 THEN $5::bytea ELSE serial END,
			not_after = CASE WHEN fingerprint = $2 THEN $6 ELSE not_after END
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND ended_at IS NULL
			AND (fingerprint = $2 OR $4::bytea = '' AND not_after = $6 AND 1 = (
				SELECT count(*) FROM gateway_certificate WHERE tenant_id = current_tenant() AND gateway_id = $1 AND ended_at IS NULL AND not_after = $6))
		RETURNING fingerprint`,
		id, sum[:], now, append([]byte{}, seen.DER...), append([]byte{}, serial...), seen.Until).Scan(&used)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("a certificate in use: %w", err)
	}
	if slices.ContainsFunc(next, func(print []byte) bool { return bytes.Equal(print, used) }) {
		next = nil // it took its place
	}
	return endCertificates(ctx, tx, id, now, append(next, used)...)
}

// certificates gives those that a gateway may use (DER), the one seen in use
// last first; those whose content nobody knows are left out.
func certificates(ctx context.Context, tx pg.Tx, id int64) ([]*x509.Certificate, error) {
	rows, err := tx.Query(ctx, `SELECT certificate FROM gateway_certificate
		WHERE gateway_id = $1 AND ended_at IS NULL AND certificate <> '' ORDER BY used_at DESC NULLS LAST, issued_at DESC`, id)
	return collect(rows, err, "certificates", func(r pgx.CollectableRow) (*x509.Certificate, error) {
		var der []byte
		if err := r.Scan(&der); err != nil {
			return nil, err
		}
		return x509.ParseCertificate(der)
	})
}

// ErrNoKey: the gateway has no certificate, or one from before certificates
// were kept that it has not connected with since.
var ErrNoKey = errors.New("the gateway's public key is not known yet")

// GatewayKey gives the public key that a gateway was last seen to use, for
// wire.SealKeys; that of a certificate it has not used yet where there is no
// other. ErrNoKey when neither is known. It works under both roles.
func GatewayKey(ctx context.Context, tx pg.Tx, id int64) (*ecdsa.PublicKey, error) {
	all, err := certificates(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if key, ok := c.PublicKey.(*ecdsa.PublicKey); ok {
			return key, nil
		}
	}
	return nil, fmt.Errorf("gateway %d: %w", id, ErrNoKey)
}

// issued gives the certificate that a gateway may use for a public key (DER,
// SubjectPublicKeyInfo); nil: none.
func issued(ctx context.Context, tx pg.Tx, id int64, public []byte) ([]byte, error) {
	all, err := certificates(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if bytes.Equal(c.RawSubjectPublicKeyInfo, public) {
			return c.Raw, nil
		}
	}
	return nil, nil
}

// Revoked is an entry of the revocation list (RFC 5280, 5.1.2.6).
type Revoked struct {
	Serial []byte
	At     time.Time
}

// RevokedCertificates gives the certificates of all tenants that were revoked
// or replaced and have not ended by themselves.
func RevokedCertificates(ctx context.Context, tx pg.Tx) ([]Revoked, error) {
	rows, err := tx.Query(ctx, "SELECT serial, ended_at FROM revoked_certificates()")
	return collect(rows, err, "revoked certificates", func(r pgx.CollectableRow) (v Revoked, err error) {
		return v, r.Scan(&v.Serial, &v.At)
	})
}
