package api

import (
	"errors"
	"net/http"
	"strings"

	"tikklok/api/page"
	"tikklok/api/sla/incident"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/leaving"
	"tikklok/ingest/people"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/bi"
	"tikklok/payroll/delivery"
	"tikklok/payroll/format"
)

// refusals are the page's words, under "refused.", for what rooms refuse with.
func refusals() map[error]string {
	return map[error]string{
		errBusy: "busy", errForbidden: "forbidden", errCrossOrigin: "origin", errOwnAccount: "own-account",

		request.ErrRefused: "erasure", request.ErrInvalid: "request-step",

		register.ErrNoEntry: "no-entry", register.ErrNoSupport: "no-support", breach.ErrNotFound: "no-breach", incident.ErrNotFound: "no-incident", errWallOff: "wall-off",

		errEnded: "ended", ending.ErrInvalid: "ending-invalid", ending.ErrNoTerms: "ending-terms", ending.ErrNoExport: "ending-no-export",

		people.ErrNumberTaken: "number-taken", people.ErrNameTaken: "name-taken", people.ErrEmailTaken: "email-taken", people.ErrWeakPassword: "weak-password",
		people.ErrHasAccount: "has-account", people.ErrLeft: "left",
		people.ErrProblems: "file-problems", people.ErrFieldOff: "field-off",

		fleet.ErrNameTaken: "name-taken", fleet.ErrNameLength: "name-length", fleet.ErrTokenTaken: "token-taken", fleet.ErrHeld: "held",
		fleet.ErrNotIssuable: "not-issuable", fleet.ErrBeforeIssue: "before-issue", fleet.ErrNobody: "nobody", fleet.ErrNoHole: "no-hole",
		fleet.ErrNobodyRetires: "nobody", fleet.ErrReason: "no-reason", fleet.ErrPlace: "form", fleet.ErrWithGateway: "with-gateway",
		fleet.ErrNoSwap: "no-swap", fleet.ErrRetired: "retired", fleet.ErrRevoked: "revoked",
		fleet.ErrUnknownStatus: "form", fleet.ErrUnknownMode: "form",

		tenant.ErrNoEvent: "supply-event", leaving.ErrLastDay: "leaving-day", leaving.ErrFobs: "form", leaving.ErrOnlyAdministrator: "only-administrator",

		hours.ErrState: "sheet-state", hours.ErrUndone: "undone", hours.ErrNoReason: "no-reason", hours.ErrFuture: "future", hours.ErrSealed: "sealed",

		approval.ErrOwnHours: "own-hours", approval.ErrNotTheirs: "not-theirs", approval.ErrStatement: "statement", approval.ErrInvalid: "form",

		plan.ErrOverlap: "plan-overlap", plan.ErrEmployed: "plan-employed", plan.ErrGone: "plan-gone", plan.ErrProblems: "plan-problems",

		delivery.ErrSending: "sending", delivery.ErrState: "delivery-state", delivery.ErrSealed: "sealed-secrets",

		bi.ErrNotAllowed: "analysis-off", bi.ErrNothing: "analysis-nothing", bi.ErrMany: "analysis-many", bi.ErrContract: "analysis-contract",

		payroll.ErrNameTaken: "name-taken", payroll.ErrUnmapped: "unmapped", payroll.ErrNothing: "nothing-to-send", payroll.ErrUnfinished: "unfinished",
		payroll.ErrVoid: "void", payroll.ErrPurged: "purged", payroll.ErrCodes: "codes-changed", payroll.ErrLater: "later-run", payroll.ErrStep: "run-step", payroll.ErrClosed: "export-closed",
	}
}

// told puts what a room refused in the reader's language. Where there are no
// words for it, the room's own stand in quotation marks.
func told(err error) page.Message {
	var field *people.Invalid
	if errors.As(err, &field) {
		return page.Say("invalid." + field.Field)
	}
	var term *tenant.Invalid
	if errors.As(err, &term) {
		return page.Say("invalid-supply." + term.Field)
	}
	var channel *delivery.Invalid
	if errors.As(err, &channel) {
		return page.Say("invalid-channel." + channel.Field)
	}
	var eyes *approval.Refusal
	if errors.As(err, &eyes) && errors.Is(err, approval.ErrFourEyes) {
		return page.Say("refused.four-eyes", eyes.Who)
	}
	for sentinel, word := range refusals() {
		if errors.Is(err, sentinel) {
			return page.Say("refused." + word)
		}
	}
	for _, sentinel := range []error{payroll.ErrFormat, payroll.ErrInvalid, hours.ErrInvalid} {
		if detail, ok := strings.CutPrefix(err.Error(), sentinel.Error()+": "); ok && errors.Is(err, sentinel) {
			return page.Say("refused.because", detail)
		}
	}
	switch p := problemOf(err); {
	case p.status == http.StatusServiceUnavailable:
		return page.Say("refused.away")
	case p.status >= http.StatusInternalServerError:
		return page.Say("refused.fault")
	case p.status == http.StatusNotFound:
		return page.Say("refused.gone")
	}
	return page.Say("refused.form")
}

// destinationProblem puts what payroll refused beside the field that it is
// about; false when it is about none of them.
func destinationProblem(form page.Form, err error) bool {
	var setting *format.BadSetting
	switch {
	case errors.Is(err, payroll.ErrNameTaken):
		form.Problems["name"] = told(err)
	case !errors.Is(err, payroll.ErrInvalid):
		return false
	case errors.As(err, &setting):
		form.Problems["setting."+setting.Key] = settingProblem(setting.Key, form.Values["setting."+setting.Key])
	default:
		form.Problems["name"] = page.Say("refused.destination-name")
	}
	return true
}

func settingProblem(key, value string) page.Message {
	switch {
	case value == "":
		return page.Say("refused.setting-needed")
	case key == "columns":
		return page.Say("refused.columns")
	}
	return page.Say("refused.setting")
}

// besides puts what people refused beside the field of the form that it is
// about; false when it is about none of them.
func besides(form page.Form, err error) bool {
	var wrong *people.Invalid
	switch {
	case errors.Is(err, people.ErrNumberTaken):
		form.Problems["number"] = told(err)
	case errors.Is(err, people.ErrFieldOff):
		form.Problems["first_name"] = told(err)
	case errors.Is(err, people.ErrNameTaken):
		form.Problems["name"] = told(err)
	case errors.Is(err, people.ErrEmailTaken):
		form.Problems["email"] = told(err)
	case errors.As(err, &wrong):
		form.Problems[wrong.Field] = told(err)
	}
	return form.Problem()
}

// faultOf says why a page can't be shown; nil where the page's own words for
// the status do.
func faultOf(p *problem) *page.Message {
	if p.said != nil {
		return p.said
	}
	said := page.Message{}
	switch p.status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		said = page.Say("refused.form")
	case http.StatusTooManyRequests:
		said = page.Say("refused.busy")
	case http.StatusRequestEntityTooLarge:
		said = page.Say("refused.too-large")
	case http.StatusServiceUnavailable:
		said = page.Say("refused.away")
	default:
		return nil
	}
	return &said
}
