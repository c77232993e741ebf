package page

// The addresses that pages link and post to. Every POST answers 303 to
// Back(form) when it succeeded (with a Notice), or 422 with the same view and
// its Form.Problems. Field names stand beside each.
const (
	AssetPrefix = "/assets/"

	PathSignIn   = "/sign-in"  // GET; POST email, password, next
	PathSignOut  = "/sign-out" // POST
	PathLanguage = "/language" // POST language, back

	PathToday       = "/today"        // GET; fragment "live"
	PathTodayEvents = "/today/events" // GET text/event-stream; each event "change" makes the page ask for "live"

	PathTimesheets = "/timesheets"         // GET week, show, site, q, employee, day; fragments "list", "panel"
	PathApprove    = "/timesheets/approve" // POST week, employee…, reason, back
	PathReject     = "/timesheets/reject"  // POST week, employee…, reason, back
	PathReopen     = "/timesheets/reopen"  // POST week, employee…, reason, back
	PathDecide     = "/timesheets/decide"  // POST employee, day, the card's Accept or Other with at (HH:MM), mode, reason; back
	PathUndo       = "/timesheets/undo"    // POST decision, back

	PathPeople       = "/people"              // GET q, gone; POST new employee: EmployeeFields
	PathEmployeeNew  = "/people/new"          // GET
	PathEmployee     = "/people/"             // + id: GET; POST EmployeeFields
	PathImport       = "/people/import"       // GET; POST file (multipart) or csv: preview; with confirm=yes: does it
	PathFobs         = "/people/fobs"         // GET q, status; POST label, number: new fob in stock
	PathFobIssue     = "/people/fobs/issue"   // POST fob, employee, from
	PathFobReturn    = "/people/fobs/return"  // POST fob, status (returned, lost, blocked)
	PathFobAssign    = "/people/fobs/assign"  // POST token, key, label, employee, from: an unknown fob that waits
	PathRegistration = "/people/registration" // GET; POST employee, day, in, out, reason, back
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

	PathExports        = "/exports"                  // GET destination, from, to; POST destination, from, to: a run
	PathDestinations   = "/exports/destinations"     // POST name, format, settings and codes
	PathDestination    = "/exports/destinations/"    // + id: GET; POST settings and code.X=package's code
	PathDestinationNew = "/exports/destinations/new" // GET name, format
	PathRun            = "/exports/runs/"            // + id: GET
	PathKeys           = "/exports/keys"             // GET; POST name, scope…
	PathKeyRevoke      = "/exports/keys/revoke"      // POST key

	PathRules = "/rules" // GET
	PathLog   = "/log"   // GET before, check
)

// What follows a gateway's or a reader's address: POST reason, place; swap also
// spare, and with of a reader with memory.
const (
	DeviceSwap    = "/swap"
	DeviceRetire  = "/retire"
	DeviceRestore = "/restore" // of a reader; POST nothing
)

// GatewayCode follows a gateway's address: POST nothing, another code is shown.
const GatewayCode = "/code"

// RunFile and RunVoid are the addresses of one run's file (GET) and of voiding
// it (POST reason).
const (
	RunFile = "/file"
	RunVoid = "/void"
)
