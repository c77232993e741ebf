package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// pageHandler answers one page. Path values are on the request.
type pageHandler func(w http.ResponseWriter, r *http.Request) error

// pageRoutes is every page with the operation whose grant it needs.
func (s *Server) pageRoutes(e *echo.Echo) {
	get := func(path, operation string, h pageHandler) { s.page(e, http.MethodGet, path, operation, h) }
	post := func(path, operation string, h pageHandler) { s.page(e, http.MethodPost, path, operation, h) }

	get(page.PathSignIn, pageSignIn, s.signInPage)
	post(page.PathSignIn, pageSignIn, s.postSignIn)
	post(page.PathSignOut, "SignOut", s.postSignOut)
	post(page.PathLanguage, pageLanguage, s.postLanguage)
	get("/", pageHome, s.home)

	get(page.PathMe, pageOwn, s.mePage)
	get(page.PathMeWeeks, pageOwn, s.meWeekPage)
	get(page.PathMeWeek+":week", pageOwn, s.meWeekPage)
	get(page.PathMeDay+":date", pageOwn, s.meDayPage)
	get(page.PathMePaper+":date", pageOwn, s.mePaper)
	post(page.PathMeAsk, pageOwn, s.postMeAsk)
	post(page.PathMeStatement, pageOwn, s.postMeStatement)

	get(page.PathToday, "GetToday", s.todayPage)
	get(page.PathTodayEvents, "GetToday", s.events)
	get(page.PathTimesheets, "ListTimesheets", s.timesheetsPage)
	post(page.PathApprove, "ApproveTimesheets", s.postApprove)
	post(page.PathReject, "RejectTimesheets", s.postReject)
	post(page.PathReopen, "ReopenTimesheets", s.postReopen)
	get(page.PathBulk, "PreviewBulkApproval", s.bulkPage)
	post(page.PathBulk, "StartBulkApproval", s.postBulk)
	get(page.PathBulk+"/:id", "GetBulkApproval", s.bulkProgressPage)
	get(page.PathPeriod, "ListTimesheets", s.periodPage)
	get(page.PathPaper, "PrintEvidence", s.paperPage)
	get(page.PathPaper+page.PaperFile, "PrintEvidence", s.paperFile)
	get(page.PathApproval, "ListApprovalPolicies", s.approvalPage)
	post(page.PathApproval, "SetApprovalPolicy", s.postPolicy)
	post(page.PathDeputies, "CreateDeputy", s.postDeputy)
	post(page.PathDeputyEnd, "EndDeputy", s.postDeputyEnd)
	post(page.PathApproverFor, "PutApproverHirers", s.postApprover)
	post(page.PathDecide, "CreateDecision", s.postDecide)
	post(page.PathUndo, "UndoDecision", s.postUndo)
	get(page.PathExceptions, "ListExceptions", s.exceptionsPage)
	post(page.PathExceptions, "CreateDecision", s.postExceptions)
	post(page.PathRequestAnswered, "AnswerRequest", s.postRequest)

	get(page.PathPlan, "ListPlan", s.planPage)
	post(page.PathPlan, "PutPlannedShift", s.postPlan)
	post(page.PathPlanWithdraw, "WithdrawPlannedShift", s.postPlanWithdraw)
	post(page.PathPlanCopy, "PutPlannedShift", s.postPlanCopy)
	get(page.PathPlanImport, "ImportPlan", s.planImportPage)
	post(page.PathPlanImport, "ImportPlan", s.postPlanImport)

	get(page.PathPeople, "ListEmployees", s.peoplePage)
	post(page.PathPeople, "CreateEmployee", s.postEmployeeNew)
	get(page.PathEmployeeNew, "CreateEmployee", s.employeeNewPage)
	get(page.PathEmployee+":id", "GetEmployee", s.employeePage)
	post(page.PathEmployee+":id", "UpdateEmployee", s.postEmployee)
	post(page.PathEmployee+":id"+page.EmployeeAccount, "CreateAccount", s.postEmployeeAccount)
	s.leavingRoutes(post)
	post(page.PathEmployee+":id"+page.EmployeeTerms, "PutTerms", s.postTerms)
	post(page.PathEmployee+":id"+page.EmployeeAssignments, "PutAssignment", s.postAssignment)
	get(page.PathContracts, "ListContracts", s.contractsPage)
	post(page.PathContracts, "PutContract", s.postContract)
	post(page.PathContracts+"/:id", "PutContract", s.postContract)
	post(page.PathHirers, "PutHirer", s.postHirer)
	post(page.PathHirers+"/:id", "PutHirer", s.postHirer)
	get(page.PathImport, "ImportEmployees", s.importPage)
	post(page.PathImport, "ImportEmployees", s.postImport)
	get(page.PathFobs, "ListFobs", s.fobsPage)
	post(page.PathFobs, "CreateFob", s.postFobNew)
	post(page.PathFobIssue, "IssueFob", s.postFobIssue)
	post(page.PathFobReturn, "EndFob", s.postFobReturn)
	post(page.PathFobAssign, "CreateFob", s.postFobAssign)
	get(page.PathRegistration, pageRegistration, s.registrationPage)
	post(page.PathRegistration, pageRegistration, s.postRegistration)
	get(page.PathAccounts, "ListAccounts", s.accountsPage)
	post(page.PathAccounts, "CreateAccount", s.postAccountNew)
	post(page.PathAccount+":id", pageUpdateAccount, s.postAccount)

	get(page.PathDevices, "ListGateways", s.devicesPage)
	post(page.PathSites, "CreateSite", s.postSiteNew)
	post(page.PathSite+":id", "UpdateSite", s.postSite)
	post(page.PathGateways, "CreateGateway", s.postGatewayNew)
	post(page.PathGateway+":id"+page.GatewayCode, "CreateGatewayCode", s.postGatewayCode)
	get(page.PathGateway+":id", "DiagnoseGateway", s.gatewayPage)
	post(page.PathGateway+":id", "UpdateGateway", s.postGateway)
	post(page.PathGateway+":id"+page.DeviceSwap, "SwapGateway", s.postLeave(s.gatewaySwap()))
	post(page.PathGateway+":id"+page.DeviceRetire, "RetireGateway", s.postLeave(s.gatewayRetirement()))
	get(page.PathReader+":id", "GetReaderHistory", s.readerPage)
	post(page.PathReader+":id", "UpdateReader", s.postReader)
	post(page.PathReader+":id"+page.DeviceSwap, "SwapReader", s.postLeave(s.readerSwap()))
	post(page.PathReader+":id"+page.DeviceRetire, "RetireReader", s.postLeave(s.readerRetirement()))
	post(page.PathReader+":id"+page.DeviceRestore, "RestoreReader", s.postReaderRestore)
	post(page.PathShelf, "AddHardware", s.postShelf)
	post(page.PathShelved+":id", "PlaceHardware", s.postShelved)
	post(page.PathGiveUp, "GiveUpHole", s.postGiveUp)
	post(page.PathAlarm, pageCloseAlarm, s.postAlarm)
	post(page.PathUncertain, "DecideUncertainTaps", s.postUncertain)

	get(page.PathExports, "ListRuns", s.exportsPage)
	post(page.PathExports, "CreateRun", s.postRun)
	post(page.PathDestinations, "CreateDestination", s.postDestinationNew)
	get(page.PathDestinationNew, "CreateDestination", s.destinationNewPage)
	get(page.PathDestination+":id", "GetCodes", s.codesPage)
	post(page.PathDestination+":id", "PutCodes", s.postCodes)
	get(page.PathDestination+":id"+page.DestinationSettings, "GetCodes", s.destinationPage)
	post(page.PathDestination+":id"+page.DestinationSettings, pageDestination, s.postDestination)
	get(page.PathDestination+":id"+page.DestinationVersions, "GetCodes", s.codeVersionsPage)
	post(page.PathDestination+":id"+page.DestinationVersions, "PutCodes", s.postCodeVersion)
	get(page.PathDestination+":id"+page.DestinationImport, "PutCodes", s.codeImportPage)
	post(page.PathDestination+":id"+page.DestinationImport, "PutCodes", s.postCodeImport)
	get(page.PathDestination+":id"+page.DestinationCodes, "GetCodes", s.codesFile)
	get(page.PathRun+":id", "GetRun", s.runPage)
	get(page.PathRun+":id"+page.RunFile, "GetRunFile", s.runFile)
	post(page.PathRun+":id"+page.RunMark, "MarkRun", s.postRunStep)
	post(page.PathRun+":id"+page.RunVoid, "VoidRun", s.postVoid)
	s.analysisRoutes(get, post)
	s.supplyRoutes(get, post)
	s.serviceRoutes(get, post)
	s.backupRoutes(get)
	s.privacyRoutes(get, post)
	s.maintenanceRoutes(get, post)
	s.alarmRoutes(get)
	s.registerRoutes(get, post)
	s.breachRoutes(get, post)
	s.incidentRoutes(get, post)
	s.requestRoutes(get, post)
	s.endingRoutes(get, post)
	s.retentionRoutes(get, post)
	s.evidenceRoutes(get, post)
	get(page.PathKeys, "ListKeys", s.keysPage)
	post(page.PathKeys, "CreateKey", s.postKeyNew)
	post(page.PathKeyRevoke, "RevokeKey", s.postKeyRevoke)
	post(page.PathKeyRotate, "RotateKey", s.postKeyRotate)
	post(page.PathKeyNetworks, "SetKeyNetworks", s.postKeyNetworks)
	s.deliveryRoutes(get, post)
	s.accessRoutes(get, post)

	get(page.PathRules, "GetRules", s.rulesPage)
	post(page.PathRules, "PutRules", s.postRules)
	get(page.PathRuleEdit, "PutRules", s.ruleEditorPage)
	post(page.PathRuleEdit, "PutRules", s.postRuleEditor)
	post(page.PathRulePreview, "PreviewRules", s.postRulePreview)
	get(page.PathRuleDocument, "GetRules", s.ruleDocumentFile)
	get(page.PathRuleHistory, "GetRules", s.ruleHistoryPage)
	get(page.PathRuleHolidays, "PutRules", s.holidaysPage)
	post(page.PathRuleHolidays, "PreviewRules", s.postHolidays)
	get(page.PathLaw, "ListLawFindings", s.lawPage)
	get(page.PathLawFile, "ListLawFindings", s.lawFile)
	get(page.PathLawFigures, "ListLawFigures", s.lawFiguresPage)
	post(page.PathLawFigures, "PutLawFigures", s.postLawFigures)
	post(page.PathLawBirths, "PutLawFigures", s.postBirthDates)
	get(page.PathLog, "ListAudit", s.logPage)
	post(page.PathLogCheck, pageLogCheck, s.postLogCheck)
}

// page puts the grant before a page: who isn't signed in is shown the door.
func (s *Server) page(e *echo.Echo, method, path, operation string, h pageHandler) {
	e.Add(method, path, func(c echo.Context) error {
		err := s.admit(c, operation)
		if errors.Is(err, errSignedOut) && path != page.PathTodayEvents {
			return c.Redirect(http.StatusSeeOther, page.PathSignIn+"?next="+url.QueryEscape(nextOf(c.Request())))
		}
		if errors.Is(err, errEnded) {
			return s.refuse(c.Response(), c.Request(), cameFrom(c.Request()), err)
		}
		if err != nil {
			return err
		}
		for i, name := range c.ParamNames() {
			c.Request().SetPathValue(name, c.ParamValues()[i])
		}
		return h(c.Response(), c.Request())
	})
}

// nextOf is where to go after signing in.
func nextOf(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/"
	}
	return r.URL.RequestURI()
}

// home is the first page that the roles allow.
func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	to := page.PathExports
	switch {
	case s.may(r.Context(), pageOwn):
		to = page.PathMe
	case s.may(r.Context(), "GetToday"):
		to = page.PathToday
	case !s.may(r.Context(), "ListRuns"):
		to = page.PathTimesheets
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// isFragment says whether a part is asked for that has no notice and no menu.
func isFragment(name string) bool { return name == "live" || name == "list" || name == "panel" }

// frame fills what surrounds every page.
func (s *Server) frame(r *http.Request) page.Frame {
	ctx := r.Context()
	who := callerOf(ctx)
	f := page.Frame{
		Language: languageOf(r, who), Now: s.cfg.Now().In(zoneOf(who.tenant.Zone)), Path: r.URL.RequestURI(),
		Fragment: r.Header.Get(page.FragmentHeader), Tenant: who.tenant.Name,
	}
	if r.Method != http.MethodGet { // the page again, after a form was refused
		f.Path = "/"
		if back := r.FormValue("back"); localPath(back) {
			f.Path = back
		} else if from, err := url.Parse(r.Referer()); err == nil && localPath(from.RequestURI()) {
			f.Path = from.RequestURI()
		}
	}
	if who.account == nil {
		return f
	}
	a := who.account
	f.Account = &page.Signed{
		Name: a.Name, Email: a.Email, Administer: a.Has(people.Administrator), Approvals: s.may(ctx, "ListDeputies"), Decide: s.may(ctx, "ListExceptions"),
		Pay: s.may(ctx, "ListRuns"), Audit: a.Has(people.Auditor),
		Rules: s.may(ctx, "GetRules"), Own: a.IsEmployee(), Suspended: who.suspended,
	}
	if isFragment(f.Fragment) {
		return f
	}
	f.Notice, f.Announced = s.takeNotice(ctx), s.announced(ctx, f.Language, f.Now)
	if a.IsEmployee() || a.SomeHirers { // what waits for the office is not theirs to know
		return f
	}
	f.ToDo = s.toDo(ctx, f.Now)
	return f
}

// may says whether the caller may do an operation: what is drawn follows it.
func (s *Server) may(ctx context.Context, operation string) bool {
	return s.grants[operation].allows(callerOf(ctx))
}

// languageCookie keeps the choice of who isn't signed in.
const languageCookie = "tikklok-language"

func languageOf(r *http.Request, who caller) string {
	if who.account != nil {
		return who.account.Language
	}
	if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(page.OwnLanguages(), c.Value) {
		return c.Value
	}
	return "nl"
}

func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}

// render writes a view; nothing of it when it fails.
func (s *Server) render(w http.ResponseWriter, status int, v page.View) error {
	var b bytes.Buffer
	if err := s.pages.Render(&b, v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	return err
}

// failPage is an error for people.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, p *problem, suspended bool) {
	f := page.Frame{Language: languageOf(r, callerOf(r.Context())), Now: s.cfg.Now(), Path: r.URL.RequestURI()}
	v := &page.Failure{Frame: f, Status: p.status, SignedIn: callerOf(r.Context()).account != nil, Reference: noteOf(r.Context()).id}
	v.Detail = faultOf(p)
	if v.Suspended = suspended; suspended {
		v.Open = s.openTo(r.Context())
	}
	if err := s.render(w, p.status, v); err != nil {
		s.log.ErrorContext(r.Context(), "the error page failed", "err", err)
		http.Error(w, http.StatusText(p.status), p.status)
	}
}

// done leaves a notice and goes back to where the form stood, or to otherwise.
func (s *Server) done(w http.ResponseWriter, r *http.Request, otherwise string, n notice) error {
	s.leave(r.Context(), n)
	to := r.FormValue("back")
	if !localPath(to) {
		to = otherwise
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// refuse leaves what a room refused as a notice; an unknown error goes up.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, otherwise string, err error) error {
	p := problemOf(err)
	if p.status >= 500 || p.status == http.StatusNotFound {
		return err
	}
	return s.done(w, r, otherwise, notice{Bad: true, Key: "notice.failed", Why: told(err)})
}

// changeOne does what the button beside a record asks for; the form's field
// names the record.
func (s *Server) changeOne(w http.ResponseWriter, r *http.Request, field, back, said string,
	change func(context.Context, pg.Tx, audit.Actor, int64, time.Time) error) error {
	number, err := id(r.FormValue(field))
	if err != nil {
		return err
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return change(r.Context(), tx, callerOf(r.Context()).actor(), number, s.cfg.Now())
	})
	if err != nil {
		return s.refuse(w, r, back, err)
	}
	return s.done(w, r, back, notice{Key: said})
}

// localPath says whether an address stays on this server.
func localPath(p string) bool {
	return strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") && !strings.ContainsAny(p, "\\\r\n")
}

// formOf collects what was typed, by field name.
func formOf(r *http.Request, fields ...string) page.Form {
	f := page.Form{Values: map[string]string{}, Problems: map[string]page.Message{}}
	for _, name := range fields {
		f.Values[name] = strings.TrimSpace(r.FormValue(name))
	}
	return f
}

// pathID gives the id in the address, or a 404.
func pathID(r *http.Request) (int64, error) { return id(r.PathValue("id")) }

// optionalID gives an id, or 0 for nothing.
func optionalID(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	return id(text)
}

func id(text string) (int64, error) {
	var n int64
	if _, err := fmt.Sscanf(text, "%d", &n); err != nil || fmt.Sprint(n) != text || n < 1 {
		return 0, &problem{status: http.StatusNotFound, detail: "no such record"}
	}
	return n, nil
}
