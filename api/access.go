package api

import (
	"slices"

	"tikklok/ingest/people"
)

// access says who may do an operation.
type access struct {
	open   bool           // nobody needs to be signed in
	roles  []people.Role  // of a person; any of them
	hirers bool           // an approver of some hirers too: it keeps to their people (reaches)
	scopes []people.Scope // of a key; none: it takes a person
	pulls  bool           // a key of some destinations too: it keeps to these (pullsOf)
	reads  reading        // about whom it tells, for the access log (look.go)
	after  bool           // it is still done once the contract has ended (ended.go): nothing of it changes hours, people or pay
	stays  bool           // a person still does it while the service is suspended (suspended.go)
	made   bool           // a key still does it then: it is about runs that were made before
}

// allows says whether the caller has one of the roles or scopes.
func (a access) allows(c caller) bool {
	if c.key != nil {
		return slices.ContainsFunc(a.scopes, c.key.Has) && (a.pulls || len(c.key.Destinations) == 0)
	}
	return c.account != nil && slices.ContainsFunc(a.roles, func(r people.Role) bool {
		has := c.account.Has(r) || r == people.Auditor && c.account.Has(people.Supplier) // where support is allowed: supplied
		return has && (r != people.Approver || a.hirers || !c.account.SomeHirers)
	})
}

// grants is the one table of who may do what: an entry for every operation of
// the document and for what only pages do (below). An auditor changes
// nothing; decisions, approvals, accounts and keys take a person.
func grants() map[string]access {
	type roles = []people.Role
	type scopes = []people.Scope
	var (
		everybody = roles{people.Administrator, people.Approver, people.Payroll, people.Auditor}
		site      = roles{people.Administrator, people.Approver, people.Auditor}
		admin     = roles{people.Administrator}
		approve   = roles{people.Administrator, people.Approver}
		pay       = roles{people.Administrator, people.Payroll}
		own       = roles{people.OwnHours}
		whoever   = append(roles{people.OwnHours}, everybody...)
		seePay    = roles{people.Administrator, people.Payroll, people.Auditor}
		seeAdmin  = roles{people.Administrator, people.Auditor}

		read    = scopes{people.ScopeRead, people.ScopeManage}
		manage  = scopes{people.ScopeManage}
		pull    = scopes{people.ScopePayroll}
		readPay = scopes{people.ScopePayroll, people.ScopeRead, people.ScopeManage}
	)
	return map[string]access{
		"SignIn":     {open: true},
		"GetHealth":  {open: true},
		"GetReady":   {open: true},
		"GetSession": {roles: whoever, hirers: true, reads: ofNobody, stays: true},
		"SignOut":    {roles: whoever, hirers: true, after: true, stays: true},

		"ListSites":       {roles: everybody, scopes: read, reads: ofNobody},
		"CreateSite":      {roles: admin, scopes: manage},
		"ListEmployees":   {roles: everybody, scopes: read},
		"GetEmployee":     {roles: everybody, scopes: read, reads: ofID},
		"CreateEmployee":  {roles: admin, scopes: manage, reads: ofNobody},
		"UpdateEmployee":  {roles: admin, scopes: manage},
		"GetLeaving":      {roles: seeAdmin, scopes: read, reads: ofID},
		"EndEmployment":   {roles: admin, scopes: manage},
		"ImportEmployees": {roles: admin, scopes: manage, reads: ofNobody},
		"ListContracts":   {roles: site, scopes: read, reads: ofNobody},
		"PutContract":     {roles: admin, scopes: manage},
		"ListHirers":      {roles: site, scopes: read, reads: ofNobody},
		"PutHirer":        {roles: admin, scopes: manage},
		"ListTerms":       {roles: site, scopes: read, reads: ofID},
		"PutTerms":        {roles: admin, scopes: manage},
		"DropTerms":       {roles: admin, scopes: manage},
		"ListAssignments": {roles: site, scopes: read, reads: ofID},
		"PutAssignment":   {roles: admin, scopes: manage},
		"ListLawFindings": {roles: site, scopes: read},
		"ListLawNotices":  {roles: site, scopes: read},
		"ListLawFigures":  {roles: site, scopes: read, reads: ofNobody},
		"PutLawFigures":   {roles: admin, scopes: manage},

		"ListFobs":          {roles: site, scopes: read},
		"ListUnknownFobs":   {roles: site, scopes: read},
		"CreateFob":         {roles: admin, scopes: manage},
		"UpdateFob":         {roles: admin, scopes: manage},
		"IssueFob":          {roles: admin, scopes: manage},
		"EndFob":            {roles: admin, scopes: manage},
		"CreateGateway":     {roles: admin}, // shows a code: by a named person
		"CreateGatewayCode": {roles: admin},
		"ListGateways":      {roles: site, scopes: read, reads: ofNobody},
		"ListReaders":       {roles: site, scopes: read, reads: ofNobody},
		"UpdateReader":      {roles: admin, scopes: manage},
		"ListHoles":         {roles: site, scopes: read, reads: ofNobody},
		"UpdateSite":        {roles: admin, scopes: manage},
		"UpdateGateway":     {roles: admin, scopes: manage},
		"ListHardware":      {roles: site, scopes: read, reads: ofNobody},
		"AddHardware":       {roles: admin, scopes: manage},
		"PlaceHardware":     {roles: admin, scopes: manage},
		"GetFleetUse":       {roles: site, scopes: read, reads: ofNobody},
		"RetireGateway":     {roles: admin}, // by a named person, as all that ends waiting for taps (I2)
		"SwapGateway":       {roles: admin},
		"RetireReader":      {roles: admin},
		"RestoreReader":     {roles: admin},
		"SwapReader":        {roles: admin},

		"DiagnoseGateway":   {roles: site, scopes: read, reads: ofNobody},
		"GetGatewayHistory": {roles: site, scopes: read, reads: ofNobody},
		"GetReaderHistory":  {roles: site, scopes: read, reads: ofNobody},

		"GiveUpHole": {roles: admin}, // by a named person (I2)
		"ListAlarms": {roles: site, scopes: read, reads: ofNobody},

		"ListUncertainTaps":   {roles: site, scopes: read},
		"DecideUncertainTaps": {roles: approve},

		"GetToday":             {roles: site, scopes: read},
		"ListTimesheets":       {roles: everybody, scopes: read, hirers: true},
		"GetTimesheet":         {roles: everybody, scopes: read, hirers: true, reads: ofEmployee},
		"ExplainDay":           {roles: everybody, scopes: read, hirers: true, reads: ofID},
		"ExplainDayInWords":    {roles: everybody, scopes: read, hirers: true, reads: ofID},
		"DrawDay":              {roles: everybody, scopes: read, hirers: true, reads: ofID},
		"ApproveTimesheets":    {roles: approve, hirers: true},
		"StateTimesheet":       {roles: roles{people.Administrator, people.Approver, people.OwnHours}, hirers: true}, // their own hours only
		"RejectTimesheets":     {roles: approve, hirers: true},
		"ReopenTimesheets":     {roles: approve, hirers: true},
		"ListApprovalPolicies": {roles: everybody, scopes: read, reads: ofNobody},
		"SetApprovalPolicy":    {roles: admin},
		"ListDeputies":         {roles: site, scopes: read},
		"CreateDeputy":         {roles: admin},
		"EndDeputy":            {roles: admin},
		"ListApprovers":        {roles: site, scopes: read},
		"PutApproverHirers":    {roles: admin},
		"ListReminders":        {roles: site, scopes: read},
		"PreviewBulkApproval":  {roles: approve, hirers: true},
		"StartBulkApproval":    {roles: approve, hirers: true},
		"GetBulkApproval":      {roles: approve, hirers: true},

		"CreateDecision":  {roles: approve, hirers: true},
		"ListExceptions":  {roles: site, scopes: read},
		"AnswerRequest":   {roles: approve, hirers: true},
		"DecideFobTaps":   {roles: approve},
		"UndoDecision":    {roles: approve, hirers: true},
		"GetRules":        {roles: everybody, scopes: read, reads: ofNobody},
		"PutRules":        {roles: admin, scopes: manage, reads: ofNobody},
		"PreviewRules":    {roles: admin, scopes: manage, reads: ofList},
		"GetRulesInForce": {roles: everybody, scopes: read, reads: ofNobody},

		"ListPlan":             {roles: site, scopes: read},
		"PutPlannedShift":      {roles: approve, scopes: manage},
		"WithdrawPlannedShift": {roles: approve, scopes: manage},
		"ImportPlan":           {roles: approve, scopes: manage, reads: ofNobody},

		"PrintTimesheets": {roles: everybody, scopes: read},
		"PrintEvidence":   {roles: everybody, scopes: read, hirers: true}, // of their people
		"CheckPaper":      {roles: everybody, scopes: read, hirers: true},

		"ListDestinations":  {roles: seePay, scopes: readPay, pulls: true, reads: ofNobody, made: true},
		"CreateDestination": {roles: pay, scopes: manage, reads: ofNobody},
		"ListFormats":       {roles: seePay, scopes: readPay, pulls: true, reads: ofNobody},
		"GetDestination":    {roles: seePay, scopes: readPay, reads: ofNobody},
		"UpdateDestination": {roles: pay, scopes: manage},
		"CheckCodes":        {roles: seePay, scopes: readPay, reads: ofNobody},
		"ListCodeVersions":  {roles: seePay, scopes: readPay, reads: ofNobody},
		"GetCodesFile":      {roles: seePay, scopes: readPay, reads: ofNobody},
		"RestoreCodes":      {roles: pay, scopes: manage},
		"ImportCodes":       {roles: pay, scopes: manage},
		"GetCodes":          {roles: seePay, scopes: readPay, reads: ofNobody},
		"PutCodes":          {roles: pay, scopes: manage, reads: ofNobody},
		"PreviewRun":        {roles: pay, scopes: readPay, reads: ofList},
		"ListRuns":          {roles: seePay, scopes: readPay, pulls: true, reads: ofNobody, made: true},
		"GetRun":            {roles: seePay, scopes: readPay, pulls: true, reads: ofNobody, made: true},
		"CreateRun":         {roles: pay, scopes: manage},
		"MarkRun":           {roles: pay, scopes: append(pull, manage...), pulls: true, made: true}, // a package says itself what it took in
		"VoidRun":           {roles: pay, scopes: manage},
		"GetRunFile":        {roles: roles{people.Payroll}, scopes: pull, pulls: true, made: true},

		"GetAnalysis":           {roles: seePay, scopes: read, reads: ofNobody},
		"SetAnalysisPermission": {roles: admin}, // by a named person (OB-P13)
		"PublishHours":          {roles: pay, scopes: manage},
		"GetPublishedHours":     {roles: pay, scopes: read, reads: ofNobody},
		"GetWorkbook":           {roles: pay, scopes: read},

		"ListChannels":    {roles: seePay, scopes: readPay, reads: ofNobody},
		"PutChannel":      {roles: pay}, // where hours are sent to: by a named person
		"DropChannel":     {roles: pay},
		"TryChannel":      {roles: pay},
		"RotateSigning":   {roles: pay},
		"ListDeliveries":  {roles: seePay, scopes: readPay, reads: ofNobody},
		"GetDelivery":     {roles: seePay, scopes: readPay, reads: ofNobody},
		"SendAgain":       {roles: pay}, // a second time may pay twice: by a named person (I8)
		"GiveUpDelivery":  {roles: pay},
		"DeliveryArrived": {roles: pay},

		"TellProbeMinutes": {scopes: manage, reads: ofNobody}, // of the probes' own tenant only
		"TellProbePorts":   {scopes: manage, reads: ofNobody},
		"GetProbeMinutes":  {scopes: manage, reads: ofNobody}, // likewise
		"GetProbeAccount":  {scopes: manage, reads: ofNobody},

		"ListKeys":       {roles: seeAdmin, reads: ofNobody},
		"CreateKey":      {roles: admin},
		"RevokeKey":      {roles: admin},
		"RotateKey":      {roles: admin},
		"SetKeyNetworks": {roles: admin},
		"ListAccounts":   {roles: seeAdmin},
		"CreateAccount":  {roles: admin},
		"ListAudit":      {roles: seeAdmin},

		// What only pages do.
		pageSignIn:        {open: true},
		pageLanguage:      {open: true},
		pageHome:          {roles: whoever, hirers: true, reads: ofNobody},
		pageOwn:           {roles: own, reads: ofOwn}, // of the employee whose account it is: no address names one
		pageUpdateAccount: {roles: admin},
		pageCloseAlarm:    {roles: admin},
		pageRegistration:  {roles: approve},
		pageLogCheck:      {roles: seeAdmin}, // changes nothing that the log holds
		pageDestination:   {roles: pay, reads: ofNobody},
		pagePrivacy:       {roles: seeAdmin, stays: true},
		pageSupply:        {roles: seeAdmin, reads: ofNobody},
		pageSupplySet:     {roles: admin},
		pageService:       {roles: seeAdmin, reads: ofNobody},
		pageServiceSet:    {roles: admin},
		pageBackups:       {roles: seeAdmin, reads: ofNobody},
		pageRequests:      {roles: seeAdmin, stays: true},
		pageRequest:       {roles: admin, after: true, stays: true}, // open after the end too (OB-H10)
		pageSecurity:      {open: true},
		pageAccess:        {roles: seeAdmin, stays: true},
		pageCutOff:        {roles: admin, after: true, stays: true},
		pageOwnPrivacy:    {roles: own, reads: ofOwn, stays: true},
		pageOwnData:       {roles: own, after: true, stays: true},
		pagePrivacySet:    {roles: admin},
		pageRegisters:     {roles: seeAdmin, reads: ofNobody},
		pageRegister:      {roles: admin, after: true},
		pageRetention:     {roles: seeAdmin},
		pageRetentionSet:  {roles: admin},
		pageBreaches:      {roles: seeAdmin, reads: ofNobody, stays: true},
		pageBreach:        {roles: admin, after: true, stays: true},
		pageIncidents:     {roles: seeAdmin, reads: ofNobody, stays: true}, // what was promised before, and who can be called; reporting is support, which is closed (W-2.14)
		pageIncident:      {roles: admin},
		pageEvidence:      {roles: seeAdmin, reads: ofNobody},
		pageEvidenceNote:  {roles: admin},
		pageEndings:       {roles: seeAdmin, reads: ofNobody, stays: true},
		pageMaintenance:   {roles: seeAdmin, reads: ofNobody},
		pageAlarms:        {roles: seeAdmin, reads: ofNobody},
		pageNoticeHook:    {roles: admin},
		pageEnding:        {roles: admin, after: true, stays: true},
	}
}

// Operations that only pages have.
const (
	pageSignIn        = "page.sign-in"
	pageLanguage      = "page.language"
	pageHome          = "page.home"
	pageOwn           = "page.own"
	pageUpdateAccount = "page.account.update"
	pageCloseAlarm    = "page.alarm.close"
	pageRegistration  = "page.registration"
	pageLogCheck      = "page.log.check"
	pageDestination   = "page.destination"
	pagePrivacy       = "page.privacy"
	pageRequests      = "page.requests"
	pageRequest       = "page.request" // decides, and carries out
	pageSecurity      = "page.security"
	pageAccess        = "page.access"
	pageCutOff        = "page.access.cut-off"
	pageOwnPrivacy    = "page.own.privacy" // requests about one's own data, and the notice
	pageOwnData       = "page.own.data"
	pagePrivacySet    = "page.privacy.set" // optional fields
	pageRegisters     = "page.registers"
	pageRegister      = "page.register" // writes into one, allows support
	pageRetention     = "page.retention"
	pageRetentionSet  = "page.retention.set" // terms, legal holds
	pageBreaches      = "page.breaches"
	pageBreach        = "page.breach" // writes one down
	pageIncidents     = "page.incidents"
	pageIncident      = "page.incident" // writes one down, and what was done
	pageEvidence      = "page.evidence"
	pageEvidenceNote  = "page.evidence.note" // writes a proof down
	pageMaintenance   = "page.maintenance"
	pageNoticeHook    = "page.maintenance.hook"
	pageEndings       = "page.endings"
	pageEnding        = "page.ending" // plans a contract's end, takes all data along
)
