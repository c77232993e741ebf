package sla

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "api/sla"
	decided := privacy.Table{Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
		Why: privacy.Accounting, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
		Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "made_at"))}
	outages, hours, reports := decided, decided, decided
	outages.Name, outages.Plain = "outage_decision", []string{"tenant_id", "decision_id", "from_at", "to_at", "cause", "reason", "by_kind"}
	hours.Name, hours.Plain = "service_hours", []string{"tenant_id", "version", "month", "opens", "closes", "days", "holidays", "by_kind"}
	reports.Name, reports.Plain = "service_report", []string{"tenant_id", "month", "number", "body", "sha256", "by_kind"}
	return []privacy.Table{
		{Name: "service_minute", Room: room, Plain: []string{"at", "probe", "state", "tap"}, Local: []string{"at", "probe", "state", "tap"}}, // of the whole installation
		{Name: "service_minute_again", Room: room, Plain: []string{"at", "probe"}, Local: []string{"at", "probe"}},
		outages, hours, reports,
	}
}
