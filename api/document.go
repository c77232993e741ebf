package api

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"

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
	spec   *openapi3.T
	routes map[string]*routers.Route // "GET /api/v1/employees/:id"
}

func loadDocument() (*document, error) {
	loader := openapi3.NewLoader()
	spec, err := loader.LoadFromData(openapiYAML)
	if err != nil {
		return nil, fmt.Errorf("reading the API document: %w", err)
	}
	if err := spec.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("checking the API document: %w", err)
	}
	d := &document{spec: spec, routes: map[string]*routers.Route{}}
	for path, item := range spec.Paths.Map() {
		pattern := strings.NewReplacer("{", ":", "}", "").Replace(path)
		for method, op := range item.Operations() {
			d.routes[method+" "+pattern] = &routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: op}
		}
	}
	return d, nil
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
			ExcludeRequestBody: isCSV(route, r), // read as a stream by its handler
		},
	})
	if err != nil {
		return refused(err)
	}
	return nil
}

// isCSV says whether the operation takes CSV and the request brings it.
func isCSV(route *routers.Route, r *http.Request) bool {
	body := route.Operation.RequestBody
	return body != nil && body.Value.Content["text/csv"] != nil &&
		strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "text/csv")
}
