package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"
)

// takesETag says whether the operation's answer gets a tag: its document names
// If-None-Match. (The file of a run names it for its path: its tag is its own,
// and known unread.)
func takesETag(route *routers.Route) bool {
	return slices.ContainsFunc(route.Operation.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "If-None-Match" })
}

// held keeps an answer until its tag is known.
type held struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int)      { h.status = status }
func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }

// tagged answers 304 to who has what next answers (RFC 9110 §13.1.2); the tag
// is the hash of the answer. It saves the line, not the database.
func tagged(c echo.Context, next echo.HandlerFunc) error {
	w := c.Response().Writer
	h := &held{ResponseWriter: w, status: http.StatusOK}
	c.Response().Writer = h
	err := next(c)
	c.Response().Writer = w
	if err != nil {
		return err
	}
	if h.status == http.StatusOK {
		sum := sha256.Sum256(h.body.Bytes())
		tag := `"` + hex.EncodeToString(sum[:16]) + `"`
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "private, no-cache")
		if matches(c.Request().Header.Get("If-None-Match"), tag) {
			w.Header().Del("Content-Type")
			w.Header().Del("Content-Length")
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	w.WriteHeader(h.status)
	_, err = h.body.WriteTo(w)
	return err
}
