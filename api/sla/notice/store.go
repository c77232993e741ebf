package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Announce tells the tenant's users of maintenance: on their pages at once, by
// a letter to each of them, and by the webhook where there is one (OB-S3). The
// same announcement under the same reference is told once, however often this
// is called. Errors: ErrInvalid, ErrOther.
func Announce(ctx context.Context, tx pg.Tx, by audit.Actor, m Maintenance, now time.Time) (Maintenance, error) {
	if err := m.check(now); err != nil {
		return Maintenance{}, err
	}
	known, err := byReference(ctx, tx, m.Reference)
	switch {
	case err == nil && known.same(m):
		return known, nil
	case err == nil:
		return Maintenance{}, fmt.Errorf("reference %q: %w", m.Reference, ErrOther)
	case !errors.Is(err, ErrNotFound):
		return Maintenance{}, err
	}
	agreed, err := tenant.Contract(ctx, tx)
	if err != nil {
		return Maintenance{}, err
	}
	m.Promised, m.Announced, m.By, m.Cancelled = agreed.Terms.UpdateNotice, now, by, nil
	if m.ID, err = insert(ctx, tx, m); err != nil {
		return Maintenance{}, err
	}
	if err := tell(ctx, tx, m, Announced, now); err != nil {
		return Maintenance{}, err
	}
	return m, audit.Append(ctx, tx, audit.Entry{Action: "maintenance.announce", SubjectKind: "maintenance", SubjectID: m.ID, By: by,
		Payload: map[string]any{"reference": m.Reference, "from": m.From.UTC(), "until": m.Until.UTC(), "nl": m.NL, "en": m.EN, "late_minutes": int(m.Late().Minutes())}})
}

// Cancel takes an announcement back, and tells so in the same ways. One that
// was cancelled stays as it is. Errors: ErrNotFound, ErrOver.
func Cancel(ctx context.Context, tx pg.Tx, by audit.Actor, reference string, now time.Time) (Maintenance, error) {
	m, err := byReference(ctx, tx, reference)
	if err != nil || m.Cancelled != nil {
		return m, err
	}
	if !now.Before(m.Until) {
		return m, fmt.Errorf("reference %q: %w", reference, ErrOver)
	}
	_, err = tx.Exec(ctx, `INSERT INTO maintenance_cancelled (tenant_id, maintenance_id, at, by_kind, by_id) VALUES (current_tenant(), $1, $2, $3, $4)`,
		m.ID, now, by.Kind, by.ID)
	if err != nil {
		return m, fmt.Errorf("cancelling maintenance: %w", err)
	}
	m.Cancelled = &now
	if err := tell(ctx, tx, m, Cancelled, now); err != nil {
		return m, err
	}
	return m, audit.Append(ctx, tx, audit.Entry{Action: "maintenance.cancel", SubjectKind: "maintenance", SubjectID: m.ID, By: by,
		Payload: map[string]any{"reference": m.Reference}})
}

func insert(ctx context.Context, tx pg.Tx, m Maintenance) (id int64, err error) {
	words, err := json.Marshal(map[string]Words{"nl": m.NL, "en": m.EN})
	if err != nil {
		return 0, fmt.Errorf("announcing maintenance: %w", err)
	}
	err = tx.QueryRow(ctx, `INSERT INTO maintenance (tenant_id, reference, from_at, until_at, words, ahead_minutes, announced_at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8) RETURNING maintenance_id`,
		m.Reference, m.From, m.Until, words, int(m.Promised.Minutes()), m.Announced, m.By.Kind, m.By.ID).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("announcing maintenance: %w", err)
	}
	return id, nil
}

// tell spools a letter to everybody who can sign in, and a call of the webhook.
func tell(ctx context.Context, tx pg.Tx, m Maintenance, e Event, now time.Time) error {
	c, err := withoutFallback(ctx, tx)
	if err != nil {
		return err
	}
	all, err := letters(m, e, c.Accounts, c.Zone)
	if err != nil {
		return err
	}
	if _, err := mail.Spool(ctx, tx, all, now); err != nil {
		return err
	}
	return Tell(ctx, tx, e, m.Thing(), m.told(), m.Until, now)
}

// later are letters of an announcement to users who came after it.
const later = " later"

// TellNewcomers writes to users who came after work was announced that is still
// to end, and says to how many. They count as late for nobody: their letters
// stand under a name of their own.
func TellNewcomers(ctx context.Context, tx pg.Tx, now time.Time) (n int, err error) {
	ahead, err := read(ctx, tx, "AND m.until_at > $1 AND c.at IS NULL", now)
	if err != nil || len(ahead) == 0 {
		return 0, err
	}
	c, err := withoutFallback(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, m := range ahead {
		written, err := mail.Written(ctx, tx, m.About(Announced), m.About(Announced)+later)
		if err != nil {
			return n, err
		}
		come := slices.DeleteFunc(slices.Clone(c.Accounts), func(a people.Account) bool { return written[a.ID] })
		all, err := letters(m, Announced, come, c.Zone)
		if err != nil {
			return n, err
		}
		for i := range all {
			all[i].About += later
		}
		added, err := mail.Spool(ctx, tx, all, now)
		if n += added; err != nil {
			return n, err
		}
	}
	return n, nil
}

const columns = `SELECT m.maintenance_id, m.reference, m.from_at, m.until_at, m.words, m.ahead_minutes, m.announced_at, m.by_kind, m.by_id, c.at
	FROM maintenance m LEFT JOIN maintenance_cancelled c USING (tenant_id, maintenance_id) WHERE m.tenant_id = current_tenant() `

func scan(row pgx.CollectableRow) (m Maintenance, err error) {
	var words []byte
	var minutes int
	if err := row.Scan(&m.ID, &m.Reference, &m.From, &m.Until, &words, &minutes, &m.Announced, &m.By.Kind, &m.By.ID, &m.Cancelled); err != nil {
		return m, err
	}
	m.Promised = time.Duration(minutes) * time.Minute
	said := map[string]Words{}
	err = json.Unmarshal(words, &said)
	m.NL, m.EN = said["nl"], said["en"]
	return m, err
}

func byReference(ctx context.Context, tx pg.Tx, reference string) (Maintenance, error) {
	all, err := read(ctx, tx, "AND m.reference = $1", reference)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("reference %q: %w", reference, ErrNotFound)
	}
	if err != nil {
		return Maintenance{}, err
	}
	return all[0], nil
}

// List gives the announcements whose work ends after a moment, those to come
// last first.
func List(ctx context.Context, tx pg.Tx, since time.Time) ([]Maintenance, error) {
	return read(ctx, tx, "AND m.until_at > $1 ORDER BY m.from_at DESC, m.maintenance_id DESC", since)
}

// Ahead gives what users are to see at a moment, the first first.
func Ahead(ctx context.Context, tx pg.Tx, now time.Time) ([]Maintenance, error) {
	return read(ctx, tx, "AND m.until_at > $1 AND c.at IS NULL ORDER BY m.from_at, m.maintenance_id LIMIT 5", now)
}

func read(ctx context.Context, tx pg.Tx, which string, args ...any) ([]Maintenance, error) {
	rows, err := tx.Query(ctx, columns+which, args...)
	if err != nil {
		return nil, fmt.Errorf("reading maintenance: %w", err)
	}
	all, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("reading maintenance: %w", err)
	}
	return all, nil
}
