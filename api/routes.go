package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"tikklok/api/openapi"
	"tikklok/ingest/tenant"
)

// routes joins the document's operations and the pages on one router.
func (s *Server) routes() http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) { s.fail(c.Response(), c.Request(), err) }
	e.Use(s.guard)
	openapi.RegisterHandlers(e, openapi.NewStrictHandler(operations{s}, nil))
	e.GET(documentPath, func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/yaml", openapiYAML)
	})
	s.pageRoutes(e)
	return e
}

// guard stands before every operation of the document: who is it, may they,
// and is the request what the document says.
func (s *Server) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		noteOf(c.Request().Context()).route = c.Path()
		route := s.document.route(c)
		if route == nil {
			return next(c)
		}
		if err := s.admit(c, route.Operation.OperationID); err != nil {
			return err
		}
		if err := s.document.check(c, route); err != nil {
			return err
		}
		if takesETag(route) {
			return tagged(c, next)
		}
		return next(c)
	}
}

// admit lets the caller do the operation, or gives errSignedOut or
// errForbidden. An operation without a grant is done by nobody.
func (s *Server) admit(c echo.Context, operation string) error {
	may := s.grants[operation]
	if may.open {
		return nil
	}
	who, err := s.authenticate(c.Request())
	if err != nil {
		return err
	}
	if !may.allows(who) {
		return errForbidden
	}
	if who.suspended && !may.staysOpen(who) {
		c.SetRequest(c.Request().WithContext(withCaller(c.Request().Context(), who))) // the page says what stays open to them
		return tenant.ErrSuspended
	}
	if err := s.refuseEnded(c.Request(), may, who); err != nil {
		return err
	}
	c.SetRequest(c.Request().WithContext(withCaller(c.Request().Context(), who)))
	if err := s.supplied(c.Request().Context(), who, operation); err != nil {
		return err
	}
	n := noteOf(c.Request().Context())
	n.look = lookOf(c, operation, may, who)
	r := c.Request()
	n.standing.set(func() error { return s.stillMay(r, operation, may) })
	return nil
}
