package delivery

import (
	"context"
	"crypto/rand"
	"fmt"
	"path"
	"strings"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Test is the event of a webhook that only tries the channel.
const Test Event = "channel.test"

// Try goes the way of a channel once, without a run: it signs in and makes and
// removes a file, or tells the webhook that this is a test. A SETU API has
// nothing that could be asked without leaving something there. Errors:
// ErrNotFound, ErrInvalid, ErrSealed; *Trouble, which may hold an *UnknownHost.
func (c Courier) Try(ctx context.Context, db *pg.DB, of, destination int64, kind Kind) error {
	var to Channel
	var secrets Secrets
	var agreed tenant.Agreement
	err := db.InTenant(ctx, of, func(tx pg.Tx) (err error) {
		if to, secrets, err = c.Seal.lockChannel(ctx, tx, destination, kind); err == nil {
			agreed, err = tenant.Contract(ctx, tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := to.within(agreed); err != nil {
		return trouble(err, secrets)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	switch kind {
	case SFTP:
		return trouble(c.tryFolder(ctx, to.Settings, secrets), secrets)
	case Webhook:
		return trouble(c.post(ctx, to, secrets, "msg_"+strings.ToLower(rand.Text()), message{Type: Test, Timestamp: c.now().UTC(), Data: said{Destination: destination}}), secrets)
	}
	return invalid("kind", "a SETU API can't be tried without sending hours; the first run will tell")
}

func (c Courier) tryFolder(ctx context.Context, to Settings, secrets Secrets) error {
	s, err := c.signIn(ctx, to, secrets)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	defer s.Close()
	name := path.Join(to.Folder, ".tikklok-"+strings.ToLower(rand.Text()))
	if err := upload(s, name, strings.NewReader("test"), 4); err != nil {
		return err
	}
	if err := s.Remove(name); err != nil {
		return fmt.Errorf("removing the test file %s again: %w", path.Base(name), err)
	}
	return nil
}

// Trouble is what is wrong at the other end, or on the way there. Its text
// holds no secret.
type Trouble struct {
	text string
	err  error
}

func (t *Trouble) Error() string { return t.text }

// Fault gives the kind of thing that is wrong.
func (t *Trouble) Fault() Fault { return faultOf(t.err) }

// Unwrap gives the error that it tells of.
func (t *Trouble) Unwrap() error { return t.err }

func trouble(err error, secrets Secrets) error {
	if err == nil {
		return nil
	}
	return &Trouble{secrets.hide(err.Error()), err}
}
