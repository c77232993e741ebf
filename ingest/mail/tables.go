package mail

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7). An export leaves letters out:
// where it is taken up they would be sent a second time.
func Tables() []privacy.Table {
	t := privacy.Table{Name: "mail", Room: "ingest/mail", Subjects: []privacy.Group{privacy.Users}, Of: "t.account_id = ANY ($2)",
		Why: privacy.Operating, Basis: privacy.ByContract, Class: privacy.Registers, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromProgram, Erase: privacy.EraseRows,
		Fields: slices.Concat(privacy.Each(privacy.Reference, "account_id"), privacy.Each(privacy.Contact, "address"), privacy.Each(privacy.Choice, "language"),
			privacy.Each(privacy.Writing, "subject", "body", "answer"), privacy.Each(privacy.Moment, "made_at", "ended_at")),
		Plain: []string{"tenant_id", "mail_id", "about", "key", "state", "due_at", "until_at", "attempts", "trying_since", "unclear"}}
	t.Local = t.Columns()
	return []privacy.Table{t}
}
