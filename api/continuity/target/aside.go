package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// ErrSilent says that a place stopped answering.
var ErrSilent = errors.New("the place does not answer")

const (
	patience = time.Minute     // for one thing that a folder is asked for
	leave    = 2 * time.Second // for what is under way when nobody wants it any more
)

// share is what a folder may be mounted from. The system keeps whoever asks a
// dead one for something, so each request is made aside and given up on; until
// the system lets go of it, nobody else is sent after it.
type share struct {
	address  string // for people
	patience time.Duration
	held     atomic.Int32 // requests that were given up on and still wait
}

// aside gives what do gives, or ErrSilent. What do opened after it was given up
// on is closed.
func aside[T any](ctx context.Context, s *share, do func() (T, error)) (T, error) {
	var none T
	if s.held.Load() > 0 {
		return none, s.silent()
	}
	type answer struct {
		got T
		err error
	}
	answered := make(chan answer, 1)
	go func() { // ends when the system answers
		got, err := do()
		answered <- answer{got, err}
	}()
	late := time.NewTimer(s.patience)
	defer late.Stop()
	select {
	case a := <-answered:
		return a.got, a.err
	case <-late.C:
	case <-ctx.Done():
		select {
		case a := <-answered:
			return a.got, a.err
		case <-time.After(leave):
		}
	}
	s.held.Add(1)
	go func() { // ends with the one above
		a := <-answered
		if c, ok := any(a.got).(io.Closer); ok && a.err == nil {
			_ = c.Close() // nobody has it
		}
		s.held.Add(-1)
	}()
	return none, errors.Join(ctx.Err(), s.silent())
}

// do is aside for what gives nothing.
func (s *share) do(ctx context.Context, do func() error) error {
	_, err := aside(ctx, s, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

func (s *share) silent() error {
	return fmt.Errorf("%w: %s; can what it is mounted from be reached?", ErrSilent, s.address)
}
