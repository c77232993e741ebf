package tenant

// Term is what a profile has a value for.
type Term string

// The terms.
const (
	TermPrecedence    Term = "precedence"
	TermAvailability  Term = "availability"
	TermResponse      Term = "response"
	TermKeep          Term = "keep"
	TermEnd           Term = "end"
	TermBreach        Term = "breach"
	TermSubProcessors Term = "subprocessors"
	TermStatistics    Term = "statistics"
	TermRegion        Term = "region"
	TermNotice        Term = "notice"
	TermIndexation    Term = "indexation"
	TermChanged       Term = "changed"
	TermMajeure       Term = "majeure"
	TermFirstUse      Term = "first_use"
	TermAudit         Term = "audit"
	TermUpdates       Term = "updates"
	TermBackups       Term = "backups"
)

// Terms gives all, in the order in which people read them.
func Terms() []Term {
	return []Term{TermPrecedence, TermAvailability, TermResponse, TermUpdates, TermBreach, TermKeep, TermEnd, TermBackups, TermRegion,
		TermSubProcessors, TermStatistics, TermAudit, TermNotice, TermChanged, TermIndexation, TermFirstUse, TermMajeure}
}

// Article says where a profile's own document gives a term; "": it is silent,
// and the strictest of the others holds.
func Article(of ProfileName, t Term) string { return articles(of)[t] }

func articles(of ProfileName) map[Term]string {
	switch of {
	case Nedap:
		return map[Term]string{
			TermPrecedence: "B3.1, C9.1", TermAvailability: "B9", TermResponse: "B8", TermSubProcessors: "C4.2", TermRegion: "C4.5", TermNotice: "A8.4",
			TermIndexation: "A3.3", TermMajeure: "A9.4", TermFirstUse: "A16.1", TermAudit: "C6.2",
		}
	case WinBase:
		return map[Term]string{
			TermPrecedence: "5.7", TermAvailability: "3.2, 3.29", TermResponse: "3.13, 3.14", TermUpdates: "3.3", TermBreach: "4.15", TermEnd: "2.3, 2.6",
			TermRegion: "4.7", TermSubProcessors: "4.8", TermStatistics: "4.2", TermAudit: "4.21, 4.22", TermNotice: "2.2, 2.4", TermIndexation: "2.11",
		}
	case Direct:
		return map[Term]string{
			TermPrecedence: "13.1", TermBreach: "6.1", TermKeep: "10.1", TermRegion: "7.1", TermSubProcessors: "6.4, 6.8", TermStatistics: "3.2", TermAudit: "5.3, 5.7",
		}
	case Planning:
		return map[Term]string{
			TermBreach: "7.1", TermEnd: "A1.6", TermBackups: "A3.7", TermRegion: "3.1", TermSubProcessors: "5.2", TermStatistics: "9.1", TermAudit: "10.2", TermChanged: "12.4",
		}
	}
	return nil
}

// Changes says whether the parties agreed on a term themselves.
func (o Own) Changes(t Term) bool {
	switch t {
	case TermKeep:
		return o.KeepMonths != nil
	case TermEnd:
		return o.DataMonths != nil || o.AccessMonths != nil || o.BackupDays != nil
	case TermBreach:
		return o.BreachHours != nil
	case TermSubProcessors:
		return o.Consent != nil
	case TermStatistics:
		return o.Statistics != nil
	case TermRegion:
		return o.Region != nil
	case TermNotice:
		return o.NoticeMonths != nil
	case TermFirstUse:
		return o.FirstUseMonths != nil
	}
	return false
}
