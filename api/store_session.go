package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// sessionStore keeps sessions for scs in the table session, one of the listed
// exceptions to row-level security: a session is looked up before its tenant
// is known (I6). A row's expiry is the earlier of the idle and the absolute
// limit (OB-C2).
type sessionStore struct {
	db   *pg.DB
	idle time.Duration
	now  func() time.Time
}

// FindCtx gives a session's data, unless it expired.
func (s *sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	hash := sha256.Sum256([]byte(token))
	err = s.db.Look(ctx, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, "SELECT data FROM session WHERE token_hash = $1 AND expiry > $2", hash[:], s.now()).Scan(&data)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading a session: %w", err)
	}
	return data, true, nil
}

// CommitCtx stores a session; deadline is its absolute limit.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, deadline time.Time) error {
	hash := sha256.Sum256([]byte(token))
	return s.exec(ctx, "storing a session", `INSERT INTO session (token_hash, data, expiry) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expiry = excluded.expiry`, hash[:], data, s.expiry(deadline))
}

// DeleteCtx removes a session, if it is there.
func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	return s.exec(ctx, "removing a session", "DELETE FROM session WHERE token_hash = $1", hash[:])
}

func (s *sessionStore) touch(ctx context.Context, token string, deadline time.Time) error {
	hash := sha256.Sum256([]byte(token))
	return s.exec(ctx, "prolonging a session", "UPDATE session SET expiry = $2 WHERE token_hash = $1 AND expiry > $3",
		hash[:], s.expiry(deadline), s.now())
}

func (s *sessionStore) sweep(ctx context.Context) error {
	return s.exec(ctx, "removing expired sessions", "DELETE FROM session WHERE expiry <= $1", s.now())
}

func (s *sessionStore) expiry(deadline time.Time) time.Time {
	if idle := s.now().Add(s.idle); idle.Before(deadline) {
		return idle
	}
	return deadline
}

func (s *sessionStore) exec(ctx context.Context, attempt, sql string, args ...any) error {
	err := s.db.Look(ctx, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", attempt, err)
	}
	return nil
}

// Find, Commit and Delete complete scs.Store; scs calls the others.
func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s *sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

func (s *sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
