package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// WaitingSince counts the letters that have waited since before a moment.
func WaitingSince(ctx context.Context, tx pg.Tx, before time.Time) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM mail WHERE tenant_id = current_tenant() AND state = 'waiting' AND made_at < $1 AND until_at > now()`, before).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting e-mail: %w", err)
	}
	return n, nil
}

// TurnedAway counts the letters that wait because the mail server takes none of
// this sender, or doesn't say whom it refuses, and gives one of its codes.
func TurnedAway(ctx context.Context, tx pg.Tx) (n int, code string, err error) {
	var answer string
	err = tx.QueryRow(ctx, `SELECT count(*), COALESCE(max(answer), '') FROM mail
		WHERE tenant_id = current_tenant() AND state = 'waiting' AND (starts_with(answer, $1) OR starts_with(answer, $2))`, turnedAway, unexplained).Scan(&n, &answer)
	if err != nil {
		return 0, "", fmt.Errorf("counting e-mail: %w", err)
	}
	_, code, _ = strings.Cut(answer, ": ")
	return n, code, nil
}

// Refusal is that a mail server knows no mailbox of an account's address.
type Refusal struct {
	Account int64
	Address string // as it was then
	At      time.Time
	Answer  string
}

// Code gives the mail server's own code, such as 550 5.1.1.
func (r Refusal) Code() string { return strings.TrimPrefix(r.Answer, addressRefused+": ") }

// refusalsCount is for how long a refusal says something of an address.
const refusalsCount = 90 * 24 * time.Hour

// Refusals gives, by account, the addresses that were refused last and to which
// nothing was sent since. Whether the account still has the address is for the
// caller to see.
func Refusals(ctx context.Context, tx pg.Tx, now time.Time) (map[int64]Refusal, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (account_id) account_id, address, ended_at, answer FROM mail r
		WHERE tenant_id = current_tenant() AND state = 'refused' AND account_id IS NOT NULL AND ended_at > $1 AND starts_with(answer, $2)
			AND NOT EXISTS (SELECT FROM mail s WHERE s.tenant_id = r.tenant_id AND s.account_id = r.account_id AND s.state = 'sent' AND s.ended_at > r.ended_at AND s.address = r.address)
		ORDER BY account_id, ended_at DESC`, now.Add(-refusalsCount), addressRefused)
	if err != nil {
		return nil, fmt.Errorf("looking for refused addresses: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Refusal])
	if err != nil {
		return nil, fmt.Errorf("looking for refused addresses: %w", err)
	}
	out := map[int64]Refusal{}
	for _, r := range all {
		out[r.Account] = r
	}
	return out, nil
}

// Written says which accounts have, or are to get, a letter about one of these
// things.
func Written(ctx context.Context, tx pg.Tx, about ...string) (map[int64]bool, error) {
	rows, err := tx.Query(ctx, "SELECT DISTINCT account_id FROM mail WHERE tenant_id = current_tenant() AND about = ANY ($1) AND account_id IS NOT NULL", about)
	if err != nil {
		return nil, fmt.Errorf("looking who was written to: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("looking who was written to: %w", err)
	}
	out := map[int64]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// isDue finds what is due at $1. Nothing waits for longer than farOff: what does
// is of a clock that was ahead.
const isDue = "tenant_id = current_tenant() AND state = 'waiting' AND (due_at <= $1 OR due_at > $1::timestamptz + interval '" + farOff + "')"

const farOff = "2 hours" // more than lease and any Backoff

// due says whether a tenant has a letter to send.
func due(ctx context.Context, tx pg.Tx, now time.Time) (some bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM mail WHERE `+isDue+`)`, now).Scan(&some)
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
	Parcel
	id      int64
	attempt int
	lost    bool // nobody ended the attempt before this one
}

// claim takes the letter that has been due longest and begins an attempt: an
// earlier one that nobody ended counts as unclear.
func claim(ctx context.Context, tx pg.Tx, now time.Time) (c claimed, ok bool, err error) {
	err = tx.QueryRow(ctx, `WITH next AS (SELECT mail_id, trying_since IS NOT NULL AS lost FROM mail
			WHERE `+isDue+` ORDER BY due_at, mail_id LIMIT 1 FOR UPDATE SKIP LOCKED)
		UPDATE mail m SET attempts = attempts + 1, unclear = unclear + next.lost::int, trying_since = $1, due_at = $2
		FROM next WHERE m.tenant_id = current_tenant() AND m.mail_id = next.mail_id
		RETURNING m.mail_id, key, made_at, attempts, about, address, language, subject, body, next.lost`, now, now.Add(lease)).
		Scan(&c.id, &c.Key, &c.Made, &c.attempt, &c.About, &c.To, &c.Language, &c.Subject, &c.Body, &c.lost)
	if errors.Is(err, pgx.ErrNoRows) {
		return claimed{}, false, nil
	}
	if err != nil {
		return claimed{}, false, fmt.Errorf("beginning to send e-mail: %w", err)
	}
	return c, true, nil
}

// known writes down that a letter had left at a moment, so that the attempt
// before this one isn't unclear after all.
func known(ctx context.Context, tx pg.Tx, c claimed, left time.Time) error {
	lost := 0
	if c.lost {
		lost = 1
	}
	_, err := tx.Exec(ctx, `UPDATE mail SET state = 'sent', ended_at = $3, unclear = unclear - $4, trying_since = NULL
		WHERE tenant_id = current_tenant() AND mail_id = $1 AND attempts = $2 AND state = 'waiting'`, c.id, c.attempt, left, lost)
	if err != nil {
		return fmt.Errorf("noting that e-mail had left: %w", err)
	}
	return nil
}

// end writes down how an attempt ended, unless another one has begun since.
func end(ctx context.Context, tx pg.Tx, c claimed, o Outcome, now time.Time) error {
	var ended *time.Time
	if o.State != Waiting {
		ended = &now
	}
	unclear := 0
	if o.Unclear {
		unclear = 1
	}
	_, err := tx.Exec(ctx, `UPDATE mail SET state = $3, ended_at = $4, due_at = $5, unclear = unclear + $6, answer = $7, trying_since = NULL
		WHERE tenant_id = current_tenant() AND mail_id = $1 AND attempts = $2 AND state = 'waiting'`,
		c.id, c.attempt, o.State, ended, now.Add(Backoff(c.attempt)), unclear, clip(o.Answer, 300))
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
