package people

import (
	"slices"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "ingest/people"
	return []privacy.Table{
		{Name: "optional_field", Room: room, Plain: []string{"tenant_id", "field", "purpose", "switched_on"}},
		{Name: "contract", Room: room, Plain: []string{"tenant_id", "contract_id", "name", "created_at"}},
		{Name: "hirer", Room: room, Plain: []string{"tenant_id", "hirer_id", "name", "created_at"}},
		{Name: "employee", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Employment, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.PayrollStaff, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, To: []privacy.Recipient{privacy.ToPayroll, privacy.ToPaper, privacy.ToSheets}, Erase: privacy.EraseValues,
			Fields: slices.Concat([]privacy.Field{
				{Column: "number", Kind: privacy.Number, Erased: "'gone ' || t.employee_id"},
				{Column: "surname", Kind: privacy.Name, Erased: "'—'"},
				{Column: "first_name", Kind: privacy.Name, Optional: true, Erased: "''"},
				{Column: "first_name_sealed", Kind: privacy.Name, Optional: true, Erased: "NULL"},
				{Column: "email", Kind: privacy.Contact, Erased: "''"},
				{Column: "contract_minutes", Kind: privacy.Amount, Erased: "2400"},
				{Column: "zone", Kind: privacy.Choice, Erased: "''"},
				{Column: "birth_date", Kind: privacy.Birth, Optional: true, Erased: "NULL"},
				{Column: "birth_date_sealed", Kind: privacy.Birth, Optional: true, Erased: "NULL"},
			}, privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Moment, "employed_from", "employed_until", "created_at")),
			Plain:  []string{"tenant_id"},
			Sealed: map[string]string{"first_name": pg.OfPerson("t", "first_name"), "birth_date": pg.OfPerson("t", "birth_date")},
			Local:  []string{"first_name_sealed", "birth_date_sealed"}},
		{Name: "person_key", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Employment, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromProgram, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Secret, "sealed"), privacy.Each(privacy.Moment, "created_at")),
			Plain:  []string{"tenant_id"},
			Local:  []string{"tenant_id", "employee_id", "sealed", "created_at"}},
		{Name: "employee_terms", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Employment, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "employee_id"), privacy.Each(privacy.Moment, "from_day"), privacy.Each(privacy.Choice, "contract_id"), privacy.Each(privacy.Amount, "minutes")),
			Plain:  []string{"tenant_id"}},
		{Name: "account", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users}, Of: "t.employee_id = $1 OR t.account_id = ANY ($2)",
			Why: privacy.SigningIn, Basis: privacy.ByInterest, Class: privacy.AccountData, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors, privacy.Themselves}, Source: privacy.FromCustomer, Erase: privacy.EraseValues,
			Fields: slices.Concat([]privacy.Field{
				{Column: "email", Kind: privacy.Contact, Erased: "'gone-' || t.account_id"},
				{Column: "name", Kind: privacy.Name, Erased: "'—'"},
				{Column: "password_hash", Kind: privacy.Secret, Erased: "''"},
				{Column: "failed_count", Kind: privacy.Amount, Erased: "0"},
				{Column: "locked_until", Kind: privacy.Moment, Erased: "NULL"},
				{Column: "signed_in_at", Kind: privacy.Moment, Erased: "NULL"},
			}, privacy.Each(privacy.Reference, "account_id", "employee_id"), privacy.Each(privacy.Choice, "language", "roles"), privacy.Each(privacy.Moment, "closed_at", "created_at")),
			Plain: []string{"tenant_id"}},
		{Name: "api_key", Room: room, Subjects: []privacy.Group{privacy.Users}, By: "t.made_by = ANY ($2)",
			Why: privacy.SigningIn, Basis: privacy.ByInterest, Class: privacy.Addresses, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "made_by"), privacy.Each(privacy.Moment, "last_used", "refused_at"), privacy.Each(privacy.Network, "networks")),
			Plain:  []string{"tenant_id", "api_key_id", "name", "scopes", "created_at", "revoked_at"}},
		{Name: "api_key_secret", Room: room, Subjects: []privacy.Group{privacy.Users},
			Why: privacy.SigningIn, Basis: privacy.ByInterest, Class: privacy.Lasting, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromProgram, Erase: privacy.EraseStays,
			Fields: slices.Concat(privacy.Each(privacy.Secret, "hash"), privacy.Each(privacy.Moment, "last_used")),
			Plain:  []string{"tenant_id", "api_key_id", "made_at", "valid_until"}},
		{Name: "api_key_destination", Room: room, Plain: []string{"tenant_id", "api_key_id", "destination_id"}},
		{Name: "assignment", Room: room, Subjects: []privacy.Group{privacy.Employees}, Of: "t.employee_id = $1",
			Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Employment, Readers: []privacy.Reader{privacy.Administrators, privacy.Approvers, privacy.Auditors}, Source: privacy.FromCustomer, To: []privacy.Recipient{privacy.ToPayroll, privacy.ToPaper}, Erase: privacy.EraseRows,
			Fields: slices.Concat(privacy.Each(privacy.Reference, "assignment_id", "employee_id", "hirer_id", "site_id"), privacy.Each(privacy.Number, "number", "cost_centre"), privacy.Each(privacy.Moment, "from_day", "until_day")),
			Plain:  []string{"tenant_id"}},
		{Name: "account_hirer", Room: room, Subjects: []privacy.Group{privacy.Users}, Of: "t.account_id = ANY ($2)",
			Why: privacy.SigningIn, Basis: privacy.ByInterest, Class: privacy.AccountData, Readers: []privacy.Reader{privacy.Administrators, privacy.Auditors}, Source: privacy.FromCustomer, Erase: privacy.EraseRows,
			Fields: privacy.Each(privacy.Reference, "account_id", "hirer_id"),
			Plain:  []string{"tenant_id"}},
	}
}
