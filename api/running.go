package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"tikklok/ingest/tenant"
)

// standing finds out of a request under way whether its caller is let in still.
// The zero value holds nobody up: it is not known yet who it is.
type standing struct {
	mu    sync.Mutex
	still func() error
}

func (s *standing) set(still func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.still = still
}

// take gives what finds it out, and leaves nothing to find: whoever takes it
// looks by itself.
func (s *standing) take() *standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := &standing{still: s.still}
	s.still = nil
	return taken
}

// refused says whether the caller would not be let in any more. That it can't
// be found out now is no refusal, nor that the request ended meanwhile.
func (s *standing) refused(ctx context.Context) bool {
	s.mu.Lock()
	still := s.still
	s.mu.Unlock()
	if still == nil {
		return false
	}
	err := still()
	return err != nil && ctx.Err() == nil && problemOf(err).status < http.StatusInternalServerError
}

// watched ends what lasts, as the download of a whole tenant does, once its
// caller was cut off (OB-C11), the service suspended for them (OB-H10), or a
// supplier's person not allowed to look any more (OB-P15).
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, end := context.WithCancel(r.Context())
		defer end()
		look := time.AfterFunc(s.cfg.Look, func() { s.endRefused(ctx, w, end) })
		defer look.Stop()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// endRefused looks at a request until it is over. One that is refused is ended:
// what it asks of the database is given up, and nothing more is written to it.
func (s *Server) endRefused(ctx context.Context, w http.ResponseWriter, end func()) {
	for !noteOf(ctx).standing.refused(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.cfg.Look):
		}
	}
	end()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now()) // a writer without deadlines ends with the context
}

// stillMay admits the caller of a request that lasts once more. Time that goes
// by is no reason to end it, but for a supplier's person, who was let in for a
// time: only what somebody did since.
func (s *Server) stillMay(r *http.Request, operation string, may access) error {
	var who caller
	var err error
	if h := r.Header.Get("Authorization"); h != "" {
		who, err = s.byKey(r, h)
	} else {
		who, err = s.bySession(r.Context(), false)
	}
	switch {
	case err != nil:
		return err
	case !may.allows(who):
		return errForbidden
	case who.suspended && !may.staysOpen(who):
		return tenant.ErrSuspended
	}
	return s.stillSupplied(r.Context(), who, operation)
}
