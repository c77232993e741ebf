package privacy

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// CertificateKind is what a certificate proves.
type CertificateKind string

// The kinds.
const (
	CertPurge       CertificateKind = "purge"
	CertErasure     CertificateKind = "erasure"
	CertExport      CertificateKind = "export"
	CertDestruction CertificateKind = "destruction"
)

// Certificate says what was carried out: counts, dates and hashes, and nothing
// that leads to a person (OB-P6). Its hash stands in the audit log.
type Certificate struct {
	ID      int64
	Kind    CertificateKind
	At      time.Time
	By      audit.Actor
	Content json.RawMessage
	Hash    [32]byte // SHA-256 of Content's bytes
}

// Certify writes a certificate and its hash into the audit log. Content must
// name no person: it outlives all of them.
func Certify(ctx context.Context, tx pg.Tx, kind CertificateKind, content any, by audit.Actor, now time.Time) (Certificate, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return Certificate{}, fmt.Errorf("writing a certificate: %w", err)
	}
	c := Certificate{Kind: kind, At: now, By: by, Content: text}
	var hash []byte
	err = tx.QueryRow(ctx, `INSERT INTO privacy_certificate (tenant_id, kind, at, by_kind, by_id, content, hash)
		VALUES (current_tenant(), $1, $2, $3, $4, $5::text::json, sha256(convert_to($5::text, 'UTF8'))) RETURNING certificate_id, hash`,
		kind, now, by.Kind, by.ID, string(text)).Scan(&c.ID, &hash)
	if err != nil {
		return Certificate{}, fmt.Errorf("storing a certificate: %w", err)
	}
	c.Hash = [32]byte(hash)
	return c, audit.Append(ctx, tx, audit.Entry{Action: "certificate." + string(kind), SubjectKind: "certificate", SubjectID: c.ID, By: by,
		Payload: map[string]string{"sha256": hex.EncodeToString(hash)}})
}

const certificateColumns = "certificate_id, kind, at, by_kind, by_id, content::text, hash"

func scanCertificate(row pgx.CollectableRow) (c Certificate, err error) {
	var hash []byte
	if err = row.Scan(&c.ID, &c.Kind, &c.At, &c.By.Kind, &c.By.ID, (*[]byte)(&c.Content), &hash); err == nil {
		c.Hash = [32]byte(hash)
	}
	return c, err
}

// Certificates gives the newest of a kind ("": of all), newest first.
func Certificates(ctx context.Context, tx pg.Tx, kind CertificateKind, limit int) ([]Certificate, error) {
	rows, err := tx.Query(ctx, `SELECT `+certificateColumns+` FROM privacy_certificate
		WHERE tenant_id = current_tenant() AND ($1 = '' OR kind = $1) ORDER BY certificate_id DESC LIMIT $2`, kind, limit)
	if err != nil {
		return nil, fmt.Errorf("listing certificates: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanCertificate)
	if err != nil {
		return nil, fmt.Errorf("listing certificates: %w", err)
	}
	return all, nil
}

// ErrNoCertificate says that there is no certificate of a number.
var ErrNoCertificate = errors.New("no such certificate")

// CertificateOf gives one, or ErrNoCertificate.
func CertificateOf(ctx context.Context, tx pg.Tx, id int64) (Certificate, error) {
	rows, err := tx.Query(ctx, "SELECT "+certificateColumns+" FROM privacy_certificate WHERE tenant_id = current_tenant() AND certificate_id = $1", id)
	if err != nil {
		return Certificate{}, fmt.Errorf("reading a certificate: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCertificate)
	if errors.Is(err, pgx.ErrNoRows) {
		return Certificate{}, ErrNoCertificate
	}
	if err != nil {
		return Certificate{}, fmt.Errorf("reading a certificate: %w", err)
	}
	return c, nil
}
