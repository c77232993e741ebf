package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// Spool has letters sent once the transaction is committed, and says how many
// are new: an address that has, or is to get, a letter about the same thing
// gets no other. It is the one door to the mail server. Errors: ErrInvalid, and
// nothing is spooled then.
func Spool(ctx context.Context, tx pg.Tx, letters []Letter, now time.Time) (added int, err error) {
	for _, l := range letters {
		if err := l.check(); err != nil {
			return 0, err
		}
	}
	batch := &pgx.Batch{}
	for _, l := range letters {
		until := l.Until
		if until.IsZero() {
			until = now.Add(LongestWait)
		}
		batch.Queue(`INSERT INTO mail (tenant_id, about, account_id, address, language, subject, body, made_at, due_at, until_at)
			VALUES (current_tenant(), $1, NULLIF($2::bigint, 0), $3, $4, $5, $6, $7, $7, $8) ON CONFLICT DO NOTHING`,
			l.About, l.Account, l.To, l.Language, l.Subject, l.Body, now, until)
	}
	results := tx.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	for range letters {
		tag, err := results.Exec()
		if err != nil {
			return 0, fmt.Errorf("spooling e-mail: %w", err)
		}
		added += int(tag.RowsAffected())
	}
	return added, nil
}

// Count counts the letters about one thing.
func Count(ctx context.Context, tx pg.Tx, about string) (t Tally, err error) {
	var last *time.Time
	err = tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'sent'),
			count(*) FILTER (WHERE state = 'refused'), count(*) FILTER (WHERE state = 'expired'), count(*) FILTER (WHERE unclear > 0),
			max(ended_at) FILTER (WHERE state = 'sent')
		FROM mail WHERE tenant_id = current_tenant() AND about = $1`, about).Scan(&t.Waiting, &t.Sent, &t.Refused, &t.Expired, &t.Unclear, &last)
	if err != nil {
		return Tally{}, fmt.Errorf("counting e-mail: %w", err)
	}
	if last != nil {
		t.LastSent = *last
	}
	return t, nil
}

// due says whether a tenant has a letter to send.
func due(ctx context.Context, tx pg.Tx, now time.Time) (some bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM mail WHERE tenant_id = current_tenant() AND state = 'waiting' AND due_at <= $1)`, now).Scan(&some)
	if err != nil {
		return false, fmt.Errorf("looking for e-mail: %w", err)
	}
	return some, nil
}

// expire ends what is of no use any more, and of which no attempt is under way.
func expire(ctx context.Context, tx pg.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE mail SET state = 'expired', ended_at = $1, trying_since = NULL, unclear = unclear + (trying_since IS NOT NULL)::int
		WHERE tenant_id = current_tenant() AND state = 'waiting' AND due_at <= $1 AND until_at <= $1`, now)
	if err != nil {
		return fmt.Errorf("ending e-mail: %w", err)
	}
	return nil
}

// claimed is a letter at an attempt.
type claimed struct {
	Letter
	id      int64
	key     string
	made    time.Time
	attempt int
}

// claim takes the letter that has been due longest and begins an attempt: an
// earlier one that nobody ended counts as unclear.
func claim(ctx context.Context, tx pg.Tx, now time.Time) (c claimed, ok bool, err error) {
	err = tx.QueryRow(ctx, `UPDATE mail SET attempts = attempts + 1, unclear = unclear + (trying_since IS NOT NULL)::int, trying_since = $1, due_at = $2
		WHERE tenant_id = current_tenant() AND mail_id = (SELECT mail_id FROM mail
			WHERE tenant_id = current_tenant() AND state = 'waiting' AND due_at <= $1 ORDER BY due_at, mail_id LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING mail_id, key, made_at, attempts, about, address, language, subject, body`, now, now.Add(lease)).
		Scan(&c.id, &c.key, &c.made, &c.attempt, &c.About, &c.To, &c.Language, &c.Subject, &c.Body)
	if errors.Is(err, pgx.ErrNoRows) {
		return claimed{}, false, nil
	}
	if err != nil {
		return claimed{}, false, fmt.Errorf("beginning to send e-mail: %w", err)
	}
	return c, true, nil
}

// end writes down how an attempt ended, unless another one has begun since.
func end(ctx context.Context, tx pg.Tx, c claimed, o outcome, now time.Time) error {
	var ended *time.Time
	if o.state != Waiting {
		ended = &now
	}
	unclear := 0
	if o.unclear {
		unclear = 1
	}
	_, err := tx.Exec(ctx, `UPDATE mail SET state = $3, ended_at = $4, due_at = $5, unclear = unclear + $6, answer = $7, trying_since = NULL
		WHERE tenant_id = current_tenant() AND mail_id = $1 AND attempts = $2 AND state = 'waiting'`,
		c.id, c.attempt, o.state, ended, now.Add(backoff(c.attempt)), unclear, clip(o.answer, 300))
	if err != nil {
		return fmt.Errorf("noting how e-mail was sent: %w", err)
	}
	return nil
}

func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}
