package page

// The addresses that pages link and post to. Every POST answers 303 to
// Back(form) when it succeeded (with a Notice), or 422 with the same view and
// its Form.Problems. Field names stand beside each.
const (
	AssetPrefix = "/assets/"

	PathSignIn   = "/sign-in"  // GET; POST email, password, next
	PathSignOut  = "/sign-out" // POST
	PathLanguage = "/language" // POST language, back

	PathMe          = "/me"           // GET; an employee's own; fragment "live"
	PathMeWeeks     = "/me/weeks"     // GET; PathMeWeek + week, as in 2026-W46
	PathMeWeek      = "/me/weeks/"    //
	PathMeDay       = "/me/days/"     // + date: GET
	PathMePaper     = "/me/paper/"    // + date: GET, the timesheet of its month as a file
	PathMeAsk       = "/me/ask"       // POST day, what, at, text
	PathMeData      = "/me/data"      // GET; POST kind, what: a request about one's own data
	PathMePrivacy   = "/me/privacy"   // GET language: the privacy notice
	PathMeStatement = "/me/statement" // POST week, seen

	PathToday       = "/today"        // GET; fragment "live"
	PathTodayEvents = "/today/events" // GET text/event-stream; each event "change" makes the page ask for "live"

	PathTimesheets = "/timesheets"         // GET week, show, site, q, employee, day; fragments "list", "panel"
	PathApprove    = "/timesheets/approve" // POST week, employee…, seen.EMPLOYEE…, reason, back
	PathReject     = "/timesheets/reject"  // POST week, employee…, reason, back
	PathReopen     = "/timesheets/reopen"  // POST week, employee…, reason, back
	PathBulk       = "/timesheets/bulk"    // GET week: what it would approve; POST week, digest: begins; + "/" + id: GET, how far it is
	PathPeriod     = "/timesheets/period"  // GET day, page: the pay period that a day stands in
	PathPaper      = "/timesheets/paper"   // GET from, to, number, site, language; hash, chain: checks a print; + PaperFile
	PathDecide     = "/timesheets/decide"  // POST employee, day, the card's Accept or Other with at (HH:MM), mode, reason; back
	PathUndo       = "/timesheets/undo"    // POST decision, back

	PathExceptions      = "/exceptions"         // GET kind, site, week, page; POST pick… (values of a card's Accept), reason, back
	PathRequestAnswered = "/exceptions/request" // POST request, state (granted, refused), reason, back

	PathPlan         = "/plan"          // GET week, q, employee, day; fragments "list", "panel"; POST employee, day, shift ("": new), from, to, break, kind, site, back
	PathPlanWithdraw = "/plan/withdraw" // POST shift, back
	PathPlanCopy     = "/plan/copy"     // POST week: as the one before; back
	PathPlanImport   = "/plan/import"   // GET; POST file (multipart) or text: preview; with confirm=yes: does it

	PathPeople       = "/people"              // GET q, gone; POST new employee: EmployeeFields
	PathEmployeeNew  = "/people/new"          // GET
	PathEmployee     = "/people/"             // + id: GET; POST EmployeeFields
	PathImport       = "/people/import"       // GET; POST file (multipart) or csv: preview; with confirm=yes: does it
	PathFobs         = "/people/fobs"         // GET q, status; POST label, number: new fob in stock
	PathFobIssue     = "/people/fobs/issue"   // POST fob, employee, from
	PathFobReturn    = "/people/fobs/return"  // POST fob, status (returned, lost, blocked)
	PathFobAssign    = "/people/fobs/assign"  // POST token, key, label, employee, from: an unknown fob that waits
	PathRegistration = "/people/registration" // GET; POST employee, day, in, out, reason, back
	PathContracts    = "/people/contracts"    // GET; POST name; + /id: POST name
	PathHirers       = "/people/hirers"       // POST name, site…; + /id: POST name, site…
	PathAccounts     = "/people/accounts"     // GET; POST email, name, language, role…
	PathAccount      = "/people/accounts/"    // + id: POST role…, closed, password

	PathDevices  = "/devices"               // GET site
	PathSites    = "/devices/sites"         // POST name
	PathGateways = "/devices/gateways"      // POST name, site: its code is shown
	PathGateway  = "/devices/gateways/"     // + id: GET; POST name, site
	PathReader   = "/devices/readers/"      // + id: GET; POST name, mode, site
	PathSite     = "/devices/sites/"        // + id: POST name
	PathShelf    = "/devices/shelf"         // POST kind, label
	PathShelved  = "/devices/shelf/"        // + id: POST place, reason
	PathGiveUp   = "/devices/holes/give-up" // POST origin, epoch, from, to, reason
	PathAlarm    = "/devices/alarms/close"  // POST kind (conflict, quarantine), id

	PathUncertain = "/devices/uncertain" // POST group, reason, and tap.N, employee.N, was.N, at.N, chosen.N of each tap

	PathApproval    = "/approval"              // GET; POST from, hirer, level…, optional, four, tolerance, days, at, remind
	PathDeputies    = "/approval/deputies"     // POST account, for, from, until
	PathDeputyEnd   = "/approval/deputies/end" // POST deputy
	PathApproverFor = "/approval/approvers"    // POST account, hirer…

	PathExports        = "/exports"                       // GET destination, from, to; POST destination, from, to: a run
	PathDestinations   = "/exports/destinations"          // POST name, format and settings
	PathDestination    = "/exports/destinations/"         // + id: GET: its codes; POST seen, code.X=package's code
	PathDestinationNew = "/exports/destinations/new"      // GET name, format
	PathRun            = "/exports/runs/"                 // + id: GET
	PathPrivacy        = "/privacy"                       // GET: the register of fields; what follows it stands with the tabs (privacy.html)
	PathRegisters      = "/privacy/registers"             // GET book; POST book and its fields: an entry
	PathRegisterStep   = "/privacy/registers/step"        // POST book, entry, what, day, note
	PathSupport        = "/privacy/registers/support"     // POST account, minutes, reason, region, operator: a supplier's person may look
	PathSupportEnd     = "/privacy/registers/support/end" // POST account
	PathRetention      = "/privacy/retention"             // GET count; POST class, count, unit, instruction
	PathHolds          = "/privacy/retention/holds"       // POST number, reason, until; + "/" + id: POST: lift it
	PathBreaches       = "/privacy/breaches"              // GET; POST known and what is known: a breach; + "/" + id: GET, POST what is known
	PathOptional       = "/privacy/optional"              // POST field, state (on, off), purpose
	PathDocuments      = "/privacy/documents"             // GET; POST the details
	PathDocument       = "/privacy/documents/"            // + kind: GET language
	PathEnding         = "/privacy/ending"                // GET; POST last_day: plans the contract's end; + what follows it:
	EndingCancel       = "/cancel"                        // POST: the contract goes on
	EndingExport       = "/export"                        // POST: all data of the tenant
	EndingAccept       = "/accept"                        // POST fingerprint: the customer has it
	PathRequests       = "/privacy/requests"              // GET open; POST kind, number, requester, name, received, what; + id + below: POST
	PathAnalysis       = "/exports/analysis"              // GET; + what follows it, below
	PathKeys           = "/exports/keys"                  // GET; POST name, scope…
	PathKeyRevoke      = "/exports/keys/revoke"           // POST key
	PathKeyRotate      = "/exports/keys/rotate"           // POST key, overlap (hours)
	PathKeyNetworks    = "/exports/keys/networks"         // POST key, networks
	PathDelivery       = "/exports/delivery"              // GET; PathDelivery + below: POST
	DeliveryAgain      = "/again"                         // delivery, reason
	DeliveryGiveUp     = "/give-up"                       // delivery, reason
	DeliveryArrived    = "/arrived"                       // delivery, reason
	DeliveryChannel    = "/channel"                       // destination, kind and its settings
	DeliveryDrop       = "/channel/drop"                  // destination, kind
	DeliveryTry        = "/channel/try"                   // destination, kind
	DeliveryRotate     = "/channel/rotate"                // destination, overlap (hours)

	PathRules        = "/rules"          // GET; POST document, scope, version, from, confirm: saves
	PathRuleEdit     = "/rules/edit"     // GET scope, or for and number; POST document, from, …: back from the preview
	PathRulePreview  = "/rules/preview"  // POST the form's fields, or document or file; scope, version, from, days_from, days_to
	PathRuleDocument = "/rules/document" // GET scope: the document as a file
	PathRuleHistory  = "/rules/history"  // GET
	PathRuleHolidays = "/rules/holidays" // GET year; POST year, from, code, and day.N, name.N, keep.N, paid.N: shows what changes

	PathLaw        = "/law"             // GET from, to, row, severity, employee
	PathLawFile    = "/law/file"        // GET the same: CSV
	PathLawFigures = "/law/figures"     // GET; POST name, from, contract, adults.X, minors.X
	PathLawBirths  = "/law/birth-dates" // POST state (on, off), purpose

	PathLog      = "/log"       // GET before, of
	PathLogCheck = "/log/check" // POST
)

// What follows a gateway's or a reader's address: POST reason, place; swap also
// spare, and with of a reader with memory.
const (
	DeviceSwap    = "/swap"
	DeviceRetire  = "/retire"
	DeviceRestore = "/restore" // of a reader; POST nothing
)

// What follows a breach's address.
const (
	BreachTaken  = "/step"   // POST what, at, whom, note
	BreachNotice = "/notice" // GET language, as (text): the draft notice
)

// DocumentFile follows a document's address, and PathMePrivacy: GET language,
// its PDF.
const DocumentFile = "/file"

// PaperFile follows PathPaper: GET the form's fields and kind (timesheets,
// evidence, evidence-csv), the file.
const PaperFile = "/file"

// GatewayCode follows a gateway's address: POST nothing, another code is shown.
const GatewayCode = "/code"

// EmployeeAccount follows an employee's address: POST email, language makes the
// account with which they see their own hours.
const EmployeeAccount = "/account"

// EmployeeTerms and EmployeeAssignments follow an employee's address: POST
// terms_from, contract_id, minutes, or drop; and assignment_id, assignment,
// cost_centre, hirer, site, assignment_from, assignment_until.
const (
	EmployeeTerms       = "/terms"
	EmployeeAssignments = "/assignments"
)

// What follows the address of hours for analysis.
const (
	AnalysisPermission = "/permission" // POST basis, allowed=yes or not
	AnalysisPublish    = "/publish"    // POST month
	AnalysisHours      = "/hours"      // GET month: the published rows as a file
	AnalysisWorkbook   = "/workbook"   // GET from, to: the file
)

// What follows a destination's address.
const (
	DestinationSettings = "/settings"  // GET; POST name, setting.X
	DestinationVersions = "/versions"  // GET; POST version: goes back to it
	DestinationImport   = "/import"    // GET; POST file (multipart) or csv: preview; with confirm=yes and seen: does it
	DestinationCodes    = "/codes.csv" // GET: the code map as a file
)

// What follows a run's address: its file (GET), marking that it was delivered,
// acknowledged or rejected (POST state, reason-STATE), and voiding it (POST
// reason).
const (
	RunFile = "/file"
	RunMark = "/mark"
	RunVoid = "/void"
)

// What follows a request's number: POST act, reason; POST do (pdf, json, erase,
// restrict, lift with reason, done).
const (
	RequestStepTaken = "/step"
	RequestDo        = "/do"
)
