package notice

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	of := func(t privacy.Table, plain ...string) privacy.Table {
		t.Room, t.Subjects = "api/sla/notice", []privacy.Group{privacy.Users}
		t.Why, t.Basis, t.Class = privacy.Operating, privacy.ByContract, privacy.Lasting
		t.Readers, t.Source, t.Erase = []privacy.Reader{privacy.Administrators, privacy.Auditors}, privacy.FromProgram, privacy.EraseStays
		t.Plain = append([]string{"tenant_id"}, plain...)
		return t
	}
	who := func(at string) []privacy.Field {
		return slices.Concat(privacy.Each(privacy.Reference, "by_id"), privacy.Each(privacy.Moment, at))
	}
	return []privacy.Table{
		of(privacy.Table{Name: "maintenance", By: privacy.ByAccount, Fields: append(who("announced_at"), privacy.Field{Column: "words", Kind: privacy.Structured})},
			"maintenance_id", "reference", "from_at", "until_at", "ahead_minutes", "by_kind"),
		of(privacy.Table{Name: "maintenance_cancelled", By: privacy.ByAccount, Fields: who("at")}, "maintenance_id", "by_kind"),
		of(privacy.Table{Name: "notice_hook", Fields: privacy.Each(privacy.Secret, "secrets")}, "url", "since", "off_at"),
		{Name: "notice_call", Room: "api/sla/notice", Plain: []string{"tenant_id", "call_id", "about", "event", "data", "key", "state", "made_at", "due_at", "until_at", "attempts", "ended_at", "answer"}},
	}
}
