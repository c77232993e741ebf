package api

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"
)

//go:embed openapi.yaml
var openapiYAML []byte

// documentPath is where the document can be read.
const documentPath = "/api/v1/openapi.yaml"

// document is openapi.yaml with its operations by method and route.
type document struct {
	spec    *openapi3.T
	routes  map[string]*routers.Route // "GET /api/v1/employees/:id"
	formats []openapi3.SchemaValidationOption
}

// loadDocument reads the embedded document, once: it is the program's own.
var loadDocument = sync.OnceValues(readDocument)

func readDocument() (*document, error) {
	loader := openapi3.NewLoader()
	spec, err := loader.LoadFromData(openapiYAML)
	if err != nil {
		return nil, fmt.Errorf("reading the API document: %w", err)
	}
	if err := spec.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("checking the API document: %w", err)
	}
	d := &document{spec: spec, routes: map[string]*routers.Route{}, formats: []openapi3.SchemaValidationOption{
		parses("date", time.DateOnly, "a date that exists, like 2026-01-31"),
		parses("date-time", time.RFC3339, "an instant (RFC 3339), like 2026-01-31T08:00:00+01:00"),
	}}
	for path, item := range spec.Paths.Map() {
		pattern := strings.NewReplacer("{", ":", "}", "").Replace(path)
		for method, op := range item.Operations() {
			d.routes[method+" "+pattern] = &routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: op}
		}
	}
	return d, nil
}

// parses makes a format of what time.Parse takes, so that a refusal names the
// field.
func parses(format, layout, remedy string) openapi3.SchemaValidationOption {
	return openapi3.WithStringFormatValidator(format, openapi3.NewCallbackValidator(func(text string) error {
		if _, err := time.Parse(layout, text); err != nil {
			return errors.New("write " + remedy)
		}
		return nil
	}))
}

// route gives the operation that the router chose, or nil outside the API.
func (d *document) route(c echo.Context) *routers.Route {
	return d.routes[c.Request().Method+" "+c.Path()]
}

// check holds a request against its operation; what is wrong comes back as a
// problem with every field named.
func (d *document) check(c echo.Context, route *routers.Route) error {
	params := map[string]string{}
	for i, name := range c.ParamNames() {
		params[name] = c.ParamValues()[i]
	}
	r := c.Request()
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, QueryParams: r.URL.Query(), Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, // the guard has done it
			MultiError:         true, KeepValidatedValue: true, RejectWhenRequestBodyNotSpecified: true,
			ExcludeRequestBody:      isText(route, r), // read as a stream by its handler
			SchemaValidationOptions: d.formats,
		},
	})
	if err != nil {
		return refused(err)
	}
	return nil
}

// isText says whether the operation takes a file of text and the request
// brings one.
func isText(route *routers.Route, r *http.Request) bool {
	body, kind := route.Operation.RequestBody, strings.ToLower(r.Header.Get("Content-Type"))
	return body != nil && (body.Value.Content["text/csv"] != nil && strings.HasPrefix(kind, "text/csv") ||
		body.Value.Content["text/plain"] != nil && strings.HasPrefix(kind, "text/"))
}
