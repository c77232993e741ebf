package page

// The addresses of the service itself: what is promised of it, and what it was.
const (
	PathService            = "/service"             // GET month: availability
	PathServiceFile        = "/service/file"        // GET month, language: its report as a PDF
	PathServiceDecision    = "/service/decision"    // POST from, to, cause, reason, month: whose failing an outage was
	PathServiceHours       = "/service/hours"       // POST month, opens, closes, day…, holidays: office hours from a month on
	PathServiceIncidents   = "/service/incidents"   //
	PathServiceMaintenance = "/service/maintenance" //
	PathServiceBackups     = "/service/backups"     //
	PathServiceEvidence    = "/service/evidence"    //
)
