package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// away says whether the database could not be reached or is stopping
// (SQLSTATE class 57P), rather than refused something.
func away(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	var sql *pgconn.PgError
	return errors.As(err, &connect) || errors.As(err, &network) || errors.As(err, &sql) && strings.HasPrefix(sql.Code, "57P")
}

// unstorable says whether the database refused a character of a text: a zero
// byte, or what is no UTF-8 (22021, in JSON 22P05).
func unstorable(err error) bool {
	var sql *pgconn.PgError
	return errors.As(err, &sql) && (sql.Code == "22021" || sql.Code == "22P05")
}

// listen hears the channels tikklok (new registrations) and tikklok_live
// (recomputed hours, devices) on a connection of its own until it breaks.
func (l *live) listen(ctx context.Context, ready func(), heard func(payload string)) error {
	taken, err := l.db.Pool().Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connecting to hear changes: %w", err)
	}
	conn := taken.Hijack()
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN tikklok; LISTEN tikklok_live"); err != nil {
		return fmt.Errorf("listening for changes: %w", err)
	}
	ready()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("hearing changes: %w", err)
		}
		heard(n.Payload)
	}
}
