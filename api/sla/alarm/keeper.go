package alarm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tikklok/ingest/mail"
)

// Keeper looks again and again, and tells whoever runs the service.
type Keeper struct {
	Look   func(ctx context.Context, now time.Time) Look
	Book   *Book
	To     []string     // addresses; none: what is wrong stands in the book and in the log
	Server *mail.Server // nil: letters wait
	Zone   *time.Location
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// every is how often it is looked, and letters are tried.
const every = time.Minute

// Run looks and tells until ctx ends. A mail server that takes its time holds up
// no look.
func (k Keeper) Run(ctx context.Context) error {
	looked := make(chan struct{}, 1)
	var posting sync.WaitGroup
	posting.Go(func() {
		for range looked {
			k.warn(ctx, k.post(ctx))
		}
	})
	defer posting.Wait()
	defer close(looked)
	for {
		k.warn(ctx, k.look(ctx))
		select {
		case looked <- struct{}{}:
		default: // letters of an earlier look are still on their way
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

func (k Keeper) warn(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		k.Log.WarnContext(ctx, "telling alarms failed; it is tried again", "error", err)
	}
}

// Round looks once, notes what came of it, and hands over what is due. A book
// that can't be written keeps no letter from leaving.
func (k Keeper) Round(ctx context.Context) error {
	return errors.Join(k.look(ctx), k.post(ctx))
}

// look looks once, and notes what came of it.
func (k Keeper) look(ctx context.Context) error {
	now := k.now().UTC().Truncate(time.Second)
	l := k.Look(ctx, now)
	if ctx.Err() != nil {
		return nil // what was stopped half-way saw nothing
	}
	left, turn := Step(k.Book.alarms(), l, now)
	for _, a := range turn.Begun {
		k.Log.WarnContext(ctx, "an alarm began", "alarm", a.Key, "since", a.Since, "text", a.EN)
	}
	for _, a := range turn.Over {
		k.Log.InfoContext(ctx, "an alarm is over", "alarm", a.Key, "since", a.Since, "until", a.Clear)
	}
	return k.Book.note(left, turn, k.To, k.Zone, now)
}

// post hands over the letters that are due, over one connection.
func (k Keeper) post(ctx context.Context) (failed error) {
	if _, some := k.Book.due(k.now()); k.Server == nil || !some {
		return nil
	}
	c, err := k.Server.Connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for ctx.Err() == nil {
		w, some := k.Book.due(k.now())
		if !some {
			return failed
		}
		o := c.Hand(mail.Parcel{Letter: mail.Letter{To: w.To, Language: "en", Subject: w.Subject, Body: w.Body}, Key: w.Key, Made: w.Made})
		if o.State == mail.Refused {
			k.Log.WarnContext(ctx, "the mail server refuses an address of --alarm-to", "answer", o.Answer)
		}
		failed = errors.Join(failed, k.Book.end(w.Key, o, k.now()))
		if o.Broken {
			return errors.Join(failed, fmt.Errorf("mail server: the connection broke: %s", o.Answer))
		}
	}
	return failed
}

func (k Keeper) now() time.Time {
	if k.Now == nil {
		return time.Now()
	}
	return k.Now()
}
