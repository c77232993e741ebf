package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

// MaxOverlap is how long a former signing secret may be used beside a new one.
const MaxOverlap = 90 * 24 * time.Hour

// Channels gives the channels of a destination, or of all (0), those out of
// use too.
func Channels(ctx context.Context, tx pg.Tx, destination int64) ([]Channel, error) {
	rows, err := tx.Query(ctx, `SELECT channel_id, destination_id, kind, settings, since, off_at, region, operator FROM delivery_channel
		WHERE tenant_id = current_tenant() AND ($1::bigint = 0 OR destination_id = $1) ORDER BY destination_id, kind`, destination)
	if err != nil {
		return nil, fmt.Errorf("listing channels: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Channel, err error) {
		return c, row.Scan(&c.ID, &c.Destination, &c.Kind, &c.Settings, &c.Since, &c.Off, &c.Region, &c.Operator)
	})
	if err != nil {
		return nil, fmt.Errorf("listing channels: %w", err)
	}
	return all, nil
}

// PutChannel makes a channel, or changes it, and puts it in use for the runs
// made from now on. Empty secrets stay what they were; where there is none, a
// key to sign in with (SFTP) or a signing secret (Webhook) is made, and the
// latter given, this once. Errors: ErrInvalid; payroll.ErrNotFound.
func (s Seal) PutChannel(ctx context.Context, tx pg.Tx, by audit.Actor, c Channel, secrets Secrets, now time.Time) (Channel, string, error) {
	if _, err := payroll.DestinationByID(ctx, tx, c.Destination); err != nil {
		return Channel{}, "", err
	}
	old, kept, err := s.lockChannel(ctx, tx, c.Destination, c.Kind)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrSealed) {
		return Channel{}, "", err
	}
	given := secrets
	secrets = Secrets{Password: secrets.Password, PrivateKey: secrets.PrivateKey, Token: cmp.Or(secrets.Token, kept.Token), Signing: kept.Signing, Former: kept.Former, FormerUntil: kept.FormerUntil}
	if secrets.Password == "" && secrets.PrivateKey == "" {
		secrets.Password, secrets.PrivateKey = kept.Password, kept.PrivateKey
	}
	shown, err := secrets.complete(c.Kind)
	if err != nil {
		return Channel{}, "", err
	}
	if err := c.check(&secrets); err != nil {
		return Channel{}, "", err
	}
	if err := c.keptFor(old.Settings, given, kept); err != nil {
		return Channel{}, "", err
	}
	if c.Region == "" && c.Operator == "" && c.Settings.end() == old.Settings.end() {
		c.Region, c.Operator = old.Region, old.Operator
	}
	if err := tenant.HoldPlaces(ctx, tx); err != nil {
		return Channel{}, "", err
	}
	agreed, err := tenant.Contract(ctx, tx)
	if err != nil {
		return Channel{}, "", err
	}
	if err := c.allowed(agreed); err != nil {
		return Channel{}, "", err
	}
	c.ID, c.Since, c.Off = old.ID, now, nil
	if old.ID != 0 && old.Off == nil {
		c.Since = old.Since
	}
	if err := s.storeChannel(ctx, tx, &c, secrets); err != nil {
		return Channel{}, "", err
	}
	return c, shown, audit.Append(ctx, tx, audit.Entry{Action: "delivery_channel.put", SubjectKind: "payroll_destination", SubjectID: c.Destination, By: by,
		Payload: map[string]any{"channel": c.ID, "kind": c.Kind, "settings": c.Settings, "region": c.Region, "operator": c.Operator}})
}

// complete makes what a kind can't do without, and gives what must be shown of
// it.
func (s *Secrets) complete(kind Kind) (shown string, err error) {
	switch {
	case kind == SFTP && s.Password == "" && s.PrivateKey == "":
		s.PrivateKey, err = newPrivateKey()
	case kind == Webhook && s.Signing == "":
		s.Signing = newSigning()
		shown = s.Signing
	}
	return shown, err
}

// storeChannel writes a channel with its secrets sealed.
func (s Seal) storeChannel(ctx context.Context, tx pg.Tx, c *Channel, secrets Secrets) error {
	sealed, err := s.sealed(ctx, tx, *c, secrets)
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `INSERT INTO delivery_channel (tenant_id, destination_id, kind, settings, secrets, since, region, operator)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT ON CONSTRAINT delivery_channel_once DO UPDATE
			SET settings = excluded.settings, secrets = excluded.secrets, since = excluded.since, region = excluded.region, operator = excluded.operator, off_at = NULL
		RETURNING channel_id`, c.Destination, c.Kind, c.Settings, sealed, c.Since, c.Region, c.Operator).Scan(&c.ID)
	var known *pgconn.PgError
	if errors.As(err, &known) && known.ConstraintName == "delivery_channel_one_way" {
		return invalid("way", "runs of this destination are brought in another way already; take that one out of use first: what arrives twice may be paid twice")
	}
	if err != nil {
		return fmt.Errorf("storing a channel: %w", err)
	}
	return nil
}

func (s Seal) sealed(ctx context.Context, tx pg.Tx, c Channel, secrets Secrets) ([]byte, error) {
	of, err := tenantOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	return s.close(secrets, label(of, c.Destination, c.Kind))
}

// lockChannel gives a channel with its secrets, or ErrNotFound. With ErrSealed
// the channel comes without its secrets.
func (s Seal) lockChannel(ctx context.Context, tx pg.Tx, destination int64, kind Kind) (c Channel, secrets Secrets, err error) {
	var sealed []byte
	var of int64
	err = tx.QueryRow(ctx, `SELECT tenant_id, channel_id, destination_id, kind, settings, since, off_at, secrets, region, operator FROM delivery_channel
		WHERE tenant_id = current_tenant() AND destination_id = $1 AND kind = $2 FOR UPDATE`, destination, kind).
		Scan(&of, &c.ID, &c.Destination, &c.Kind, &c.Settings, &c.Since, &c.Off, &sealed, &c.Region, &c.Operator)
	if errors.Is(err, pgx.ErrNoRows) {
		return Channel{}, Secrets{}, fmt.Errorf("a channel %s of destination %d: %w", kind, destination, ErrNotFound)
	}
	if err != nil {
		return Channel{}, Secrets{}, fmt.Errorf("reading a channel: %w", err)
	}
	secrets, err = s.open(sealed, label(of, destination, kind))
	return c, secrets, err
}

// RotateSigning gives a webhook another signing secret, shown this once; the
// former one signs beside it for overlap, at most MaxOverlap (OB-C6).
func (s Seal) RotateSigning(ctx context.Context, tx pg.Tx, by audit.Actor, destination int64, overlap time.Duration, now time.Time) (string, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return "", invalid("overlap", "the former secret signs on for 0 to 90 days")
	}
	c, secrets, err := s.lockChannel(ctx, tx, destination, Webhook)
	if err != nil {
		return "", err
	}
	secrets.Former, secrets.FormerUntil, secrets.Signing = secrets.Signing, now.Add(overlap).UTC(), newSigning()
	sealed, err := s.sealed(ctx, tx, c, secrets)
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `UPDATE delivery_channel SET secrets = $2 WHERE tenant_id = current_tenant() AND channel_id = $1`, c.ID, sealed); err != nil {
		return "", fmt.Errorf("storing a signing secret: %w", err)
	}
	return secrets.Signing, audit.Append(ctx, tx, audit.Entry{Action: "delivery_channel.rotate", SubjectKind: "payroll_destination", SubjectID: destination, By: by,
		Payload: map[string]any{"channel": c.ID, "until": secrets.FormerUntil}})
}

// DropChannel takes a channel out of use and forgets its secrets. What waits
// for it waits on, until it is put in use again or somebody gives it up.
func (s Seal) DropChannel(ctx context.Context, tx pg.Tx, by audit.Actor, destination int64, kind Kind, now time.Time) error {
	c, _, err := s.lockChannel(ctx, tx, destination, kind)
	if err != nil && !errors.Is(err, ErrSealed) {
		return err
	}
	if c.Off != nil {
		return nil
	}
	sealed, err := s.sealed(ctx, tx, c, Secrets{})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE delivery_channel SET off_at = $2, secrets = $3 WHERE tenant_id = current_tenant() AND channel_id = $1`, c.ID, now, sealed); err != nil {
		return fmt.Errorf("taking a channel out of use: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "delivery_channel.drop", SubjectKind: "payroll_destination", SubjectID: destination, By: by,
		Payload: map[string]any{"channel": c.ID, "kind": kind}})
}

func tenantOf(ctx context.Context, tx pg.Tx) (id int64, err error) {
	if err := tx.QueryRow(ctx, "SELECT current_tenant()").Scan(&id); err != nil {
		return 0, fmt.Errorf("reading the tenant: %w", err)
	}
	return id, nil
}
