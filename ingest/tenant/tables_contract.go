package tenant

import (
	"slices"

	"tikklok/ingest/privacy"
)

// contractTables declares what is kept of contracts: about the people whom the
// supplier tells, and who wrote them down.
func contractTables() []privacy.Table {
	const room = "ingest/tenant"
	return []privacy.Table{
		{Name: "tenant_contract", Room: room, Subjects: []privacy.Group{privacy.Users, privacy.Contacts}, Of: "t.administrator_id = ANY ($2)", By: privacy.ByAccount,
			Why: privacy.Accounting, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "administrator_id", "by_id"), privacy.Each(privacy.Contact, "fallback", "telephone"), privacy.Each(privacy.Moment, "made_at")),
			Plain:  []string{"tenant_id", "version", "profile", "own", "reference", "signed_on", "from_day", "until_day", "by_kind"}},
		{Name: "contract_event", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Accounting, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "made_at")),
			Plain:  []string{"tenant_id", "event_id", "kind", "of_party", "told_day", "effective_day", "takes_back", "service", "reference", "by_kind"}},
		{Name: "suspension_step", Room: room, Subjects: []privacy.Group{privacy.Users}, By: privacy.ByAccount,
			Why: privacy.Accounting, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromProgram, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, "made_at")),
			Plain:  []string{"tenant_id", "step_id", "kind", "ground", "told_day", "takes_back", "reference", "by_kind"}},
	}
}
