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
}

// allows says whether the caller has one of the roles or scopes.
func (a access) allows(c caller) bool {
	if c.key != nil {
		return slices.ContainsFunc(a.scopes, c.key.Has) && (a.pulls || len(c.key.Destinations) == 0)
	}
	return c.account != nil && slices.ContainsFunc(a.roles, func(r people.Role) bool {
		return c.account.Has(r) && (r != people.Approver || a.hirers || !c.account.SomeHirers)
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
		"GetSession": {roles: whoever, hirers: true},
		"SignOut":    {roles: whoever, hirers: true},

		"ListSites":       {roles: everybody, scopes: read},
		"CreateSite":      {roles: admin, scopes: manage},
		"ListEmployees":   {roles: everybody, scopes: read},
		"GetEmployee":     {roles: everybody, scopes: read},
		"CreateEmployee":  {roles: admin, scopes: manage},
		"UpdateEmployee":  {roles: admin, scopes: manage},
		"ImportEmployees": {roles: admin, scopes: manage},
		"ListContracts":   {roles: site, scopes: read},
		"PutContract":     {roles: admin, scopes: manage},
		"ListHirers":      {roles: site, scopes: read},
		"PutHirer":        {roles: admin, scopes: manage},
		"ListTerms":       {roles: site, scopes: read},
		"PutTerms":        {roles: admin, scopes: manage},
		"DropTerms":       {roles: admin, scopes: manage},
		"ListAssignments": {roles: site, scopes: read},
		"PutAssignment":   {roles: admin, scopes: manage},
		"ListLawFindings": {roles: site, scopes: read},
		"ListLawNotices":  {roles: site, scopes: read},
		"ListLawFigures":  {roles: site, scopes: read},
		"PutLawFigures":   {roles: admin, scopes: manage},

		"ListFobs":          {roles: site, scopes: read},
		"ListUnknownFobs":   {roles: site, scopes: read},
		"CreateFob":         {roles: admin, scopes: manage},
		"UpdateFob":         {roles: admin, scopes: manage},
		"IssueFob":          {roles: admin, scopes: manage},
		"EndFob":            {roles: admin, scopes: manage},
		"CreateGateway":     {roles: admin}, // shows a code: by a named person
		"CreateGatewayCode": {roles: admin},
		"ListGateways":      {roles: site, scopes: read},
		"ListReaders":       {roles: site, scopes: read},
		"UpdateReader":      {roles: admin, scopes: manage},
		"ListHoles":         {roles: site, scopes: read},
		"UpdateSite":        {roles: admin, scopes: manage},
		"UpdateGateway":     {roles: admin, scopes: manage},
		"ListHardware":      {roles: site, scopes: read},
		"AddHardware":       {roles: admin, scopes: manage},
		"PlaceHardware":     {roles: admin, scopes: manage},
		"GetFleetUse":       {roles: site, scopes: read},
		"RetireGateway":     {roles: admin}, // by a named person, as all that ends waiting for taps (I2)
		"SwapGateway":       {roles: admin},
		"RetireReader":      {roles: admin},
		"RestoreReader":     {roles: admin},
		"SwapReader":        {roles: admin},

		"DiagnoseGateway":   {roles: site, scopes: read},
		"GetGatewayHistory": {roles: site, scopes: read},
		"GetReaderHistory":  {roles: site, scopes: read},

		"GiveUpHole": {roles: admin}, // by a named person (I2)
		"ListAlarms": {roles: site, scopes: read},

		"ListUncertainTaps":   {roles: site, scopes: read},
		"DecideUncertainTaps": {roles: approve},

		"GetToday":             {roles: site, scopes: read},
		"ListTimesheets":       {roles: everybody, scopes: read, hirers: true},
		"GetTimesheet":         {roles: everybody, scopes: read, hirers: true},
		"ExplainDay":           {roles: everybody, scopes: read, hirers: true},
		"ExplainDayInWords":    {roles: everybody, scopes: read, hirers: true},
		"DrawDay":              {roles: everybody, scopes: read, hirers: true},
		"ApproveTimesheets":    {roles: approve, hirers: true},
		"StateTimesheet":       {roles: roles{people.Administrator, people.Approver, people.OwnHours}, hirers: true}, // their own hours only
		"RejectTimesheets":     {roles: approve, hirers: true},
		"ReopenTimesheets":     {roles: approve, hirers: true},
		"ListApprovalPolicies": {roles: everybody, scopes: read},
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
		"GetRules":        {roles: everybody, scopes: read},
		"PutRules":        {roles: admin, scopes: manage},
		"PreviewRules":    {roles: admin, scopes: manage},
		"GetRulesInForce": {roles: everybody, scopes: read},

		"ListPlan":             {roles: site, scopes: read},
		"PutPlannedShift":      {roles: approve, scopes: manage},
		"WithdrawPlannedShift": {roles: approve, scopes: manage},
		"ImportPlan":           {roles: approve, scopes: manage},

		"PrintTimesheets": {roles: everybody, scopes: read},
		"PrintEvidence":   {roles: everybody, scopes: read, hirers: true}, // of their people
		"CheckPaper":      {roles: everybody, scopes: read, hirers: true},

		"ListDestinations":  {roles: seePay, scopes: readPay, pulls: true},
		"CreateDestination": {roles: pay, scopes: manage},
		"ListFormats":       {roles: seePay, scopes: readPay, pulls: true},
		"GetDestination":    {roles: seePay, scopes: readPay},
		"UpdateDestination": {roles: pay, scopes: manage},
		"CheckCodes":        {roles: seePay, scopes: readPay},
		"ListCodeVersions":  {roles: seePay, scopes: readPay},
		"GetCodesFile":      {roles: seePay, scopes: readPay},
		"RestoreCodes":      {roles: pay, scopes: manage},
		"ImportCodes":       {roles: pay, scopes: manage},
		"GetCodes":          {roles: seePay, scopes: readPay},
		"PutCodes":          {roles: pay, scopes: manage},
		"PreviewRun":        {roles: pay, scopes: readPay},
		"ListRuns":          {roles: seePay, scopes: readPay, pulls: true},
		"GetRun":            {roles: seePay, scopes: readPay, pulls: true},
		"CreateRun":         {roles: pay, scopes: manage},
		"MarkRun":           {roles: pay, scopes: append(pull, manage...), pulls: true}, // a package says itself what it took in
		"VoidRun":           {roles: pay, scopes: manage},
		"GetRunFile":        {roles: roles{people.Payroll}, scopes: pull, pulls: true},

		"GetAnalysis":           {roles: seePay, scopes: read},
		"SetAnalysisPermission": {roles: admin}, // by a named person (OB-P13)
		"PublishHours":          {roles: pay, scopes: manage},
		"GetPublishedHours":     {roles: pay, scopes: read},
		"GetWorkbook":           {roles: pay, scopes: read},

		"ListChannels":    {roles: seePay, scopes: readPay},
		"PutChannel":      {roles: pay}, // where hours are sent to: by a named person
		"DropChannel":     {roles: pay},
		"TryChannel":      {roles: pay},
		"RotateSigning":   {roles: pay},
		"ListDeliveries":  {roles: seePay, scopes: readPay},
		"GetDelivery":     {roles: seePay, scopes: readPay},
		"SendAgain":       {roles: pay}, // a second time may pay twice: by a named person (I8)
		"GiveUpDelivery":  {roles: pay},
		"DeliveryArrived": {roles: pay},

		"ListKeys":       {roles: seeAdmin},
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
		pageHome:          {roles: whoever, hirers: true},
		pageOwn:           {roles: own}, // of the employee whose account it is: no address names one
		pageUpdateAccount: {roles: admin},
		pageCloseAlarm:    {roles: admin},
		pageRegistration:  {roles: approve},
		pageDestination:   {roles: pay},
		pagePrivacy:       {roles: seeAdmin},
		pagePrivacySet:    {roles: admin},
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
	pageDestination   = "page.destination"
	pagePrivacy       = "page.privacy"
	pagePrivacySet    = "page.privacy.set" // optional fields
)
