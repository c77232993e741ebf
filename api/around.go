package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/tenant"
)

// Limits on what a request may bring.
const (
	bodyBytes   = 1 << 20
	importBytes = 12 << 20
)

var errCrossOrigin = errors.New("this request comes from another site; open the page here and try again")

// note is what is known of a request by its end.
type note struct {
	id     string
	route  string // the pattern, never the address: it may name a person
	status int
	wrote  bool
	cause  error // of a 500
	look   *look // what is read about people; nil: nothing, or it is written down

	standing standing // of the caller, while the request lasts
}

type noteKey struct{}

func noteOf(ctx context.Context) *note {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		return n
	}
	return &note{}
}

// noting sees the status that was written, and lets no answer about people out
// before it stands in the access log.
type noting struct {
	http.ResponseWriter
	note    *note
	read    func(*look) error // writes down what was read
	refuse  func(error)       // answers instead
	refused bool
}

func (w *noting) WriteHeader(status int) {
	l := w.note.look
	if w.note.look = nil; l != nil && tells(status) && !w.note.wrote {
		if err := w.read(l); err != nil {
			w.refused = true
			w.withdraw(err)
			return
		}
	}
	if w.refused {
		return
	}
	if !w.note.wrote {
		w.note.status, w.note.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// tells says whether an answer of a handler has something to tell: whatever
// leads nowhere else. Of errors only the page on which a form stood, shown
// again: others come from fail.
func tells(status int) bool { return status < 300 || status >= 400 }

// withdraw answers with an error what was about to be answered.
func (w *noting) withdraw(err error) {
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Disposition", "ETag"} {
		w.Header().Del(name)
	}
	w.refuse(err)
}

func (w *noting) Write(b []byte) (int, error) {
	if !w.note.wrote {
		w.WriteHeader(http.StatusOK)
	}
	if w.refused {
		return len(b), nil // of an answer that is not given
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (w *noting) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// around puts what every request passes around the routes.
func (s *Server) around(routes http.Handler) http.Handler {
	s.sessions.ErrorFunc = s.fail
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, errCrossOrigin) }))
	signed := origin.Handler(s.sessions.LoadAndSave(routes))
	return asGet(s.logged(s.recovered(s.watched(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header(), s.cfg.SecureCookies)
		r.Body = http.MaxBytesReader(w, r.Body, limitOf(r))
		if strings.HasPrefix(r.URL.Path, page.AssetPrefix) {
			s.pages.Assets().ServeHTTP(w, r)
			return
		}
		signed.ServeHTTP(w, r)
	})))))
}

// asGet answers HEAD as GET is; the body is left out by net/http.
func asGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context())
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

func limitOf(r *http.Request) int64 {
	if strings.HasSuffix(r.URL.Path, "/import") {
		return importBytes
	}
	return bodyBytes
}

// secure sets the headers that keep other sites and browsers' guesses out.
func secure(h http.Header, tls bool) {
	h.Set("Content-Security-Policy", page.Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-store")
	if tls {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// logged gives each request an id and writes one line about it, with nothing
// personal: no address, no query, no person (OB-P14).
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := &note{id: strings.ToLower(rand.Text()[:16])}
		w.Header().Set("X-Request-Id", n.id)
		start := time.Now()
		r = r.WithContext(context.WithValue(r.Context(), noteKey{}, n))
		next.ServeHTTP(&noting{ResponseWriter: w, note: n,
			read:   func(l *look) error { return s.noteRead(r.Context(), l) },
			refuse: func(err error) { s.fail(&noting{ResponseWriter: w, note: n}, r, err) }}, r)
		level, attrs := slog.LevelDebug, []slog.Attr{
			slog.String("request", n.id), slog.String("method", r.Method), slog.String("route", n.route),
			slog.Int("status", n.status), slog.Duration("took", time.Since(start)),
		}
		if n.cause != nil {
			level, attrs = slog.LevelError, append(attrs, slog.Any("err", n.cause))
		}
		s.log.LogAttrs(r.Context(), level, "request", attrs...)
	})
}

func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v)
			default:
				s.fail(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// fail answers an error: as a problem to programs, as a page to people.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	n := noteOf(r.Context())
	n.look = nil // an error tells about nobody
	p := problemOf(err)
	if p.status >= 500 {
		n.cause = err
	}
	if n.wrote {
		return // the answer is under way; the log has the cause
	}
	if isAPI(r.URL.Path) || r.URL.Path == page.PathTodayEvents { // who listens shows no page: the one that it is on asks again
		p.write(w, n.id)
		return
	}
	s.failPage(w, r, p, errors.Is(err, tenant.ErrSuspended))
}

func isAPI(path string) bool {
	return strings.HasPrefix(path, "/api/") || path == "/healthz" || path == "/readyz"
}
