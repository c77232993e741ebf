package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"

	"tikklok/api/openapi"
	"tikklok/api/page"
	"tikklok/api/sla"
	"tikklok/api/sla/incident"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/leaving"
	"tikklok/ingest/people"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/refusal"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/bi"
	"tikklok/payroll/delivery"
	"tikklok/payroll/paper"
)

// problem is what a caller did wrong, told with its remedy (RFC 9457).
type problem struct {
	status int
	detail string
	fields []openapi.FieldProblem
	said   *page.Message // to people, in place of the status's own words
}

func (p *problem) Error() string { return p.detail }

func badRequest(format string, args ...any) error {
	return &problem{status: http.StatusBadRequest, detail: fmt.Sprintf(format, args...)}
}

// wrongField is a 422 that names one field.
func wrongField(field, message string) error {
	return &problem{status: http.StatusUnprocessableEntity, detail: field + ": " + message,
		fields: []openapi.FieldProblem{{Field: field, Message: message}}}
}

// known maps what rooms refuse with to HTTP; whatever isn't here is a fault of
// ours and shows nothing internal.
func known() map[error]int {
	return map[error]int{
		request.ErrNone:      http.StatusNotFound,
		request.ErrNobody:    http.StatusNotFound,
		request.ErrInvalid:   http.StatusUnprocessableEntity,
		request.ErrRefused:   http.StatusConflict,
		errSignedOut:         http.StatusUnauthorized,
		errForbidden:         http.StatusForbidden,
		errBusy:              http.StatusTooManyRequests,
		errOwnAccount:        http.StatusConflict,
		errCrossOrigin:       http.StatusForbidden,
		people.ErrUnknownKey: http.StatusUnauthorized,
		people.ErrKeyAddress: http.StatusForbidden,

		people.ErrNotFound:      http.StatusNotFound,
		people.ErrNumberTaken:   http.StatusConflict,
		people.ErrNameTaken:     http.StatusConflict,
		people.ErrEmailTaken:    http.StatusConflict,
		people.ErrHasAccount:    http.StatusConflict,
		people.ErrProbes:        http.StatusConflict,
		people.ErrLeft:          http.StatusForbidden,
		people.ErrInvalid:       http.StatusUnprocessableEntity,
		people.ErrWeakPassword:  http.StatusUnprocessableEntity,
		people.ErrWrongPassword: http.StatusUnauthorized,
		people.ErrProblems:      http.StatusUnprocessableEntity,
		people.ErrFieldOff:      http.StatusUnprocessableEntity,

		register.ErrNoEntry:   http.StatusNotFound,
		register.ErrNoSupport: http.StatusForbidden,
		breach.ErrNotFound:    http.StatusNotFound,
		incident.ErrNotFound:  http.StatusNotFound,
		errWallOff:            http.StatusConflict,
		errEnded:              http.StatusConflict,
		ending.ErrInvalid:     http.StatusUnprocessableEntity,
		ending.ErrNoTerms:     http.StatusConflict,
		ending.ErrNoExport:    http.StatusConflict,

		tenant.ErrNotFound:  http.StatusNotFound,
		tenant.ErrNoKey:     http.StatusConflict,
		tenant.ErrNoEvent:   http.StatusConflict,
		tenant.ErrInvalid:   http.StatusUnprocessableEntity,
		tenant.ErrSuspended: http.StatusForbidden,

		fleet.ErrNotFound:      http.StatusNotFound,
		fleet.ErrRevoked:       http.StatusConflict,
		fleet.ErrNoAuthority:   http.StatusConflict,
		fleet.ErrCodeValid:     http.StatusUnprocessableEntity,
		fleet.ErrNameTaken:     http.StatusConflict,
		fleet.ErrTokenTaken:    http.StatusConflict,
		fleet.ErrHeld:          http.StatusConflict,
		fleet.ErrNotIssuable:   http.StatusConflict,
		fleet.ErrBeforeIssue:   http.StatusConflict,
		fleet.ErrUnknownStatus: http.StatusUnprocessableEntity,
		fleet.ErrUnknownMode:   http.StatusUnprocessableEntity,
		fleet.ErrNameLength:    http.StatusUnprocessableEntity,
		fleet.ErrNobody:        http.StatusForbidden,
		fleet.ErrNoHole:        http.StatusConflict,
		fleet.ErrNobodyRetires: http.StatusForbidden,
		fleet.ErrReason:        http.StatusUnprocessableEntity,
		fleet.ErrPlace:         http.StatusUnprocessableEntity,
		fleet.ErrWithGateway:   http.StatusConflict,
		fleet.ErrNoSwap:        http.StatusConflict,
		fleet.ErrRetired:       http.StatusConflict,

		leaving.ErrLastDay:           http.StatusUnprocessableEntity,
		leaving.ErrFobs:              http.StatusUnprocessableEntity,
		leaving.ErrOnlyAdministrator: http.StatusConflict,

		hours.ErrNotFound: http.StatusNotFound,
		hours.ErrState:    http.StatusConflict,
		hours.ErrUndone:   http.StatusConflict,
		hours.ErrSealed:   http.StatusConflict,
		hours.ErrInvalid:  http.StatusUnprocessableEntity,
		hours.ErrNoReason: http.StatusUnprocessableEntity,

		approval.ErrNotFound:  http.StatusNotFound,
		approval.ErrInvalid:   http.StatusUnprocessableEntity,
		approval.ErrChanged:   http.StatusConflict,
		approval.ErrOwnHours:  http.StatusForbidden,
		approval.ErrFourEyes:  http.StatusConflict,
		approval.ErrNotTheirs: http.StatusForbidden,
		approval.ErrStatement: http.StatusConflict,

		plan.ErrNotFound: http.StatusNotFound,
		plan.ErrInvalid:  http.StatusUnprocessableEntity,
		plan.ErrOverlap:  http.StatusConflict,
		plan.ErrEmployed: http.StatusUnprocessableEntity,
		plan.ErrGone:     http.StatusConflict,
		plan.ErrProblems: http.StatusUnprocessableEntity,

		sla.ErrInvalid: http.StatusUnprocessableEntity,

		bi.ErrInvalid:    http.StatusUnprocessableEntity,
		bi.ErrNotAllowed: http.StatusConflict,
		bi.ErrContract:   http.StatusConflict,
		bi.ErrNothing:    http.StatusConflict,
		bi.ErrMany:       http.StatusConflict,

		paper.ErrInvalid: http.StatusUnprocessableEntity,
		paper.ErrNothing: http.StatusNotFound,
		paper.ErrUnknown: http.StatusNotFound,

		delivery.ErrNotFound: http.StatusNotFound,
		delivery.ErrInvalid:  http.StatusUnprocessableEntity,
		delivery.ErrSending:  http.StatusConflict,
		delivery.ErrState:    http.StatusConflict,
		delivery.ErrSealed:   http.StatusConflict,
		delivery.ErrBrought:  http.StatusConflict,

		payroll.ErrNotFound:   http.StatusNotFound,
		payroll.ErrInvalid:    http.StatusUnprocessableEntity,
		payroll.ErrNameTaken:  http.StatusConflict,
		payroll.ErrUnmapped:   http.StatusConflict,
		payroll.ErrCodes:      http.StatusConflict,
		payroll.ErrNothing:    http.StatusConflict,
		payroll.ErrFormat:     http.StatusConflict,
		payroll.ErrUnfinished: http.StatusConflict,
		payroll.ErrVoid:       http.StatusGone,
		payroll.ErrPurged:     http.StatusGone,
		payroll.ErrLater:      http.StatusConflict,
		payroll.ErrStep:       http.StatusConflict,
		payroll.ErrClosed:     http.StatusServiceUnavailable,
	}
}

// statusGivenUp is for the log: whoever asked has left.
const statusGivenUp = 499

// problemOf gives what to tell about err: its own words where it is known,
// nothing but "a fault of ours" where it isn't.
func problemOf(err error) *problem {
	var p *problem
	var tooLarge *http.MaxBytesError
	var fromEcho *echo.HTTPError
	var reason *hours.NeedsReason
	var frozen *hours.FrozenWeeks
	var faults payroll.CodeFaults
	switch {
	case errors.As(err, &faults):
		return &problem{status: http.StatusUnprocessableEntity, detail: err.Error(), fields: each(faults, func(f payroll.CodeFault) openapi.FieldProblem {
			return openapi.FieldProblem{Field: "codes/" + f.Code, Message: f.Err.Error()}
		})}
	case errors.As(err, &p):
		return p
	case errors.As(err, &reason), errors.As(err, new(*approval.Conflict)):
		return &problem{status: http.StatusConflict, detail: err.Error()}
	case errors.As(err, &frozen):
		return &problem{status: http.StatusConflict, detail: err.Error(), fields: []openapi.FieldProblem{{Field: "confirm", Message: "is needed: approved weeks lie in these rules"}}}
	case errors.As(err, &tooLarge):
		return &problem{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the request is larger than %d bytes; send it in parts", tooLarge.Limit)}
	}
	if away(err) {
		return &problem{status: http.StatusServiceUnavailable, detail: "the database does not answer; nothing was changed, try again in a minute"}
	}
	if unstorable(err) {
		return &problem{status: http.StatusUnprocessableEntity, detail: "a text holds a character that can't be stored, such as a zero byte; type it again"}
	}
	if errors.Is(err, context.Canceled) {
		return &problem{status: statusGivenUp, detail: "the request was given up"}
	}
	for sentinel, status := range known() {
		if errors.Is(err, sentinel) {
			return &problem{status: status, detail: err.Error()}
		}
	}
	if errors.As(err, &fromEcho) && fromEcho.Code < 500 {
		return &problem{status: fromEcho.Code, detail: fmt.Sprint(fromEcho.Message)}
	}
	return &problem{status: http.StatusInternalServerError, detail: "a fault on our side; it was logged under this request's id"}
}

func (p *problem) write(w http.ResponseWriter, request string) {
	body := openapi.Problem{Type: "about:blank", Title: http.StatusText(p.status), Status: p.status, Detail: &p.detail, Instance: &request}
	if len(p.fields) > 0 {
		body.Errors = &p.fields
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.status)
	_ = json.NewEncoder(w).Encode(body) // nobody is left to tell
}

// refused turns what the document's check found into a problem.
func refused(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return tooLarge
	}
	p := &problem{status: http.StatusBadRequest}
	p.collect(err, "")
	var told []string
	for _, f := range p.fields {
		told = append(told, strings.TrimPrefix(f.Field+": "+f.Message, ": "))
	}
	p.detail = strings.Join(told, "; ")
	return p
}

// collect walks the check's errors. Reasons never hold the value that was
// sent, so that nothing personal comes back or is logged.
func (p *problem) collect(err error, field string) {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, one := range e {
			p.collect(one, field)
		}
	case *openapi3filter.RequestError:
		p.request(e)
	case *openapi3.SchemaError:
		p.add(field+pointer(e), forbidden(e.Reason))
	case *openapi3filter.ParseError:
		p.add(field, strings.TrimSuffix("can't be read: "+cmp.Or(e.Reason, syntax(e.Cause)), ": "))
	default:
		p.add(field, "can't be read")
	}
}

// forbidden adds why, where a property that no operation takes is one that is
// never kept about people (OB-P2).
func forbidden(reason string) string {
	name, unsupported := strings.CutPrefix(strings.TrimSuffix(reason, " is unsupported"), "property ")
	if what, never := refusal.Named(name); unsupported && never {
		return reason + ": " + what.Why()
	}
	return reason
}

// syntax says what is wrong with JSON, without what stands in it.
func syntax(err error) string {
	var wrong *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the JSON ends too early"
	case errors.As(err, &wrong):
		return fmt.Sprintf("the JSON is wrong at byte %d", wrong.Offset)
	}
	return ""
}

func (p *problem) request(e *openapi3filter.RequestError) {
	field := ""
	if e.Parameter != nil {
		field = e.Parameter.Name
	}
	switch {
	case strings.HasPrefix(e.Reason, "header Content-Type"):
		p.status = http.StatusUnsupportedMediaType
		p.add("Content-Type", "send what the document names for this operation, such as application/json")
	case e.Err == nil:
		p.add(field, e.Reason)
	case errors.Is(e.Err, openapi3filter.ErrInvalidRequired):
		p.add(field, "is required")
	default:
		p.collect(e.Err, field)
	}
}

func (p *problem) add(field, message string) {
	p.fields = append(p.fields, openapi.FieldProblem{Field: field, Message: message})
}

func pointer(e *openapi3.SchemaError) string {
	if path := e.JSONPointer(); len(path) > 0 {
		return "/" + strings.Join(path, "/")
	}
	return ""
}
