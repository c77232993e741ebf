package people_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

var (
	operator = audit.Actor{Kind: audit.Operator}
	noon     = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	hired    = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

const password = "correct horse"

// office is a database with one tenant.
type office struct {
	*testing.T
	db     *pg.DB
	url    string
	tenant int64
}

func newOffice(t *testing.T) *office {
	url := pgtest.URL(t)
	return &office{t, pgtest.Open(t, url, pg.RoleApp), url, pgtest.Tenant(t, url, "a")}
}

func (o *office) try(fn func(pg.Tx) error) error { return o.db.InTenant(o.Context(), o.tenant, fn) }

func (o *office) do(fn func(pg.Tx) error) {
	o.Helper()
	if err := o.try(fn); err != nil {
		o.Fatal(err)
	}
}

func (o *office) account(email, password string) (id int64) {
	o.Helper()
	o.do(func(tx pg.Tx) (err error) {
		id, err = people.CreateAccount(o.Context(), tx, operator, people.Account{Email: email, Name: "Ann", Language: "nl",
			Roles: []people.Role{people.Administrator, people.Approver}}, password)
		return err
	})
	return id
}

func (o *office) signIn(email, password string, now time.Time) error {
	_, err := people.SignIn(o.Context(), o.db, email, password, now)
	return err
}

func TestSignInGivesTheAccount(t *testing.T) {
	o := newOffice(t)
	id := o.account("Ann@example.nl", password)
	a, err := people.SignIn(t.Context(), o.db, "ann@EXAMPLE.nl", password, noon)
	if err != nil || a.ID != id || a.Tenant != o.tenant || !a.Has(people.Approver) || a.Has(people.Auditor) {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestAnAddressInTwoTenantsSignsInByItsPassword(t *testing.T) {
	o := newOffice(t)
	o.account("ann@example.nl", password)
	other := &office{t, o.db, o.url, pgtest.Tenant(t, o.url, "b")}
	other.account("ann@example.nl", "another password")
	a, err := people.SignIn(t.Context(), o.db, "ann@example.nl", "another password", noon)
	if err != nil || a.Tenant != other.tenant {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestFailuresLockTheAccountLongerAndLonger(t *testing.T) { // OB-C3
	o := newOffice(t)
	id := o.account("ann@example.nl", password)
	at := noon
	step := func(password string, want error) {
		t.Helper()
		if err := o.signIn("ann@example.nl", password, at); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", at.Format("15:04:05"), err, want)
		}
	}
	for range 5 {
		step("wrong", people.ErrWrongPassword)
	}
	step(password, people.ErrWrongPassword)
	at = at.Add(59 * time.Second)
	step(password, people.ErrWrongPassword)
	at = at.Add(time.Second)
	step("wrong", people.ErrWrongPassword) // the sixth: two minutes
	at = at.Add(119 * time.Second)
	step(password, people.ErrWrongPassword)
	at = at.Add(time.Second)
	step(password, nil)
	for range 4 {
		step("wrong", people.ErrWrongPassword) // counted from none again
	}
	step(password, nil)
	for range 5 {
		step("wrong", people.ErrWrongPassword)
	}
	o.do(func(tx pg.Tx) error { return people.SetPassword(t.Context(), tx, operator, id, "a new password") })
	step("a new password", nil) // a reset ends a lock-out
}

func TestALockNeverLastsOverAnHour(t *testing.T) {
	o := newOffice(t)
	o.account("ann@example.nl", password)
	pgtest.Exec(t, o.url, "UPDATE account SET failed_count = 1000000")
	if err := o.signIn("ann@example.nl", "wrong", noon); !errors.Is(err, people.ErrWrongPassword) {
		t.Fatal(err)
	}
	if err := o.signIn("ann@example.nl", password, noon.Add(time.Hour-time.Second)); !errors.Is(err, people.ErrWrongPassword) {
		t.Error(err)
	}
	if err := o.signIn("ann@example.nl", password, noon.Add(time.Hour)); err != nil {
		t.Error(err)
	}
}

func TestWhoCannotSignIn(t *testing.T) {
	o := newOffice(t)
	o.account("ann@example.nl", password)
	closed := o.account("left@example.nl", password)
	o.account("sso@example.nl", "")
	o.do(func(tx pg.Tx) error { return people.CloseAccount(t.Context(), tx, operator, closed, noon) })
	for name, c := range map[string][2]string{
		"wrong password":      {"ann@example.nl", "incorrect horse"},
		"unknown address":     {"bob@example.nl", password},
		"closed account":      {"left@example.nl", password},
		"no password":         {"sso@example.nl", ""},
		"no password, a word": {"sso@example.nl", password},
	} {
		if err := o.signIn(c[0], c[1], noon); !errors.Is(err, people.ErrWrongPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnUnreadableHashMatchesNothing(t *testing.T) {
	o := newOffice(t)
	o.account("ann@example.nl", password)
	for _, hash := range []string{"x", "$argon2id$v=19$m=1,t=0,p=0$$", "$argon2id$v=19$m=99999999,t=3,p=1$AAAA$AAAA", "$argon2id$v=18$m=8,t=1,p=1$AAAA$AAAA"} {
		pgtest.Exec(t, o.url, "UPDATE account SET password_hash = $1, failed_count = 0, locked_until = NULL", hash)
		if err := o.signIn("ann@example.nl", password, noon); !errors.Is(err, people.ErrWrongPassword) {
			t.Errorf("%s: %v", hash, err)
		}
	}
}

func TestSignInsAreAudited(t *testing.T) { // OB-C4
	o := newOffice(t)
	o.account("ann@example.nl", password)
	_ = o.signIn("ann@example.nl", "wrong", noon)
	_ = o.signIn("ann@example.nl", password, noon)
	o.do(func(tx pg.Tx) error {
		lines, err := audit.List(t.Context(), tx, 0, 9)
		var got []string
		for _, l := range lines {
			got = append(got, l.Action)
			if strings.Contains(string(l.Payload), password) || strings.Contains(string(l.Payload), "argon2") {
				t.Errorf("a password in the audit log: %s", l.Payload)
			}
		}
		if strings.Join(got, " ") != "account.sign_in account.sign_in_failed account.create" {
			t.Errorf("audited %v", got)
		}
		return err
	})
}

func TestAnAttemptAtAClosedAccountIsAudited(t *testing.T) { // OB-C4
	o := newOffice(t)
	closed := o.account("left@example.nl", password)
	o.do(func(tx pg.Tx) error { return people.CloseAccount(t.Context(), tx, operator, closed, noon) })
	if err := o.signIn("left@example.nl", password, noon); !errors.Is(err, people.ErrWrongPassword) {
		t.Errorf("it was answered with %v", err)
	}
	o.do(func(tx pg.Tx) error {
		lines, err := audit.List(t.Context(), tx, 0, 1)
		if err == nil && (len(lines) != 1 || lines[0].Action != "account.sign_in_closed" || lines[0].SubjectID != closed) {
			t.Errorf("audited %+v", lines)
		}
		return err
	})
}

func TestAccountsAreChecked(t *testing.T) {
	o := newOffice(t)
	o.account("ann@example.nl", password)
	good := people.Account{Email: "bob@example.nl", Name: "Bob", Language: "en", Roles: []people.Role{people.Payroll}}
	for name, c := range map[string]struct {
		change   func(*people.Account)
		password string
		want     error
	}{
		"taken":          {func(a *people.Account) { a.Email = "ANN@example.nl" }, password, people.ErrEmailTaken},
		"no address":     {func(a *people.Account) { a.Email = "bob" }, password, people.ErrInvalid},
		"named address":  {func(a *people.Account) { a.Email = "Bob <bob@example.nl>" }, password, people.ErrInvalid},
		"no name":        {func(a *people.Account) { a.Name = " " }, password, people.ErrInvalid},
		"no role":        {func(a *people.Account) { a.Roles = nil }, password, people.ErrInvalid},
		"unknown role":   {func(a *people.Account) { a.Roles = []people.Role{"king"} }, password, people.ErrInvalid},
		"language":       {func(a *people.Account) { a.Language = "fr" }, password, people.ErrInvalid},
		"two callings":   {func(a *people.Account) { a.Roles = []people.Role{people.OwnHours, people.Payroll} }, password, people.ErrInvalid},
		"nobody's hours": {func(a *people.Account) { a.Roles = []people.Role{people.OwnHours} }, password, people.ErrInvalid},
		"office in pl":   {func(a *people.Account) { a.Language = "pl" }, password, people.ErrInvalid},
		"short password": {func(*people.Account) {}, "123456789", people.ErrWeakPassword},
		"long password":  {func(*people.Account) {}, strings.Repeat("x", 201), people.ErrWeakPassword},
	} {
		a := good
		c.change(&a)
		err := o.try(func(tx pg.Tx) error {
			_, err := people.CreateAccount(t.Context(), tx, operator, a, c.password)
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnEmployeeHasOneAccountUntilTheEmploymentEnds(t *testing.T) { // OB-C5
	o := newOffice(t)
	until := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	var employee int64
	own := people.Account{Email: "joris@example.nl", Name: "Joris", Language: "ro", Roles: []people.Role{people.OwnHours}}
	o.do(func(tx pg.Tx) (err error) {
		employee, err = people.CreateEmployee(t.Context(), tx, operator, people.Employee{Number: "1", Surname: "Bakker", From: noon.AddDate(-1, 0, 0), Until: &until})
		if own.Employee = employee; err != nil {
			return err
		}
		_, err = people.CreateAccount(t.Context(), tx, operator, own, password)
		return err
	})
	second := own
	second.Email = "bakker@example.nl"
	err := o.try(func(tx pg.Tx) error {
		_, err := people.CreateAccount(t.Context(), tx, operator, second, password)
		return err
	})
	if !errors.Is(err, people.ErrHasAccount) {
		t.Errorf("a second account: %v", err)
	}
	over := time.Date(2026, 12, 1, 0, 0, 0, 0, time.FixedZone("winter in Amsterdam", 3600))
	if a, err := people.SignIn(t.Context(), o.db, own.Email, password, over.Add(-time.Second)); err != nil || a.Employee != employee || !a.IsEmployee() {
		t.Errorf("on the last working day: %+v, %v", a, err)
	}
	if _, err := people.SignIn(t.Context(), o.db, own.Email, password, over); !errors.Is(err, people.ErrLeft) {
		t.Errorf("after the last working day: %v", err)
	}
	if _, err := people.SignIn(t.Context(), o.db, own.Email, "another password", over); !errors.Is(err, people.ErrWrongPassword) {
		t.Errorf("who does not know the password learns: %v", err)
	}
}

func TestAKeyWorksUntilItIsRevoked(t *testing.T) {
	o := newOffice(t)
	var secret string
	var made people.Key
	o.do(func(tx pg.Tx) (err error) {
		made, secret, err = people.CreateKey(t.Context(), tx, operator, people.Key{Name: "payroll office", Scopes: []people.Scope{people.ScopePayroll}})
		return err
	})
	k, err := people.KeyByToken(t.Context(), o.db, secret, netip.Addr{}, noon)
	if err != nil || k.ID != made.ID || k.Tenant != o.tenant || !k.Has(people.ScopePayroll) || k.Has(people.ScopeManage) || k.LastUsed == nil {
		t.Errorf("%+v, %v", k, err)
	}
	if n := pgtest.Exec(t, o.url, "SELECT count(*) FROM api_key_secret WHERE encode(hash, 'escape') LIKE '%'||$1||'%'", secret); n != 0 {
		t.Error("the secret is stored")
	}
	o.do(func(tx pg.Tx) error { return people.RevokeKey(t.Context(), tx, operator, made.ID, noon) })
	for _, bad := range []string{secret, "", "tk_", "tk_unknown", strings.TrimPrefix(secret, "tk_"), strings.ToUpper(secret)} {
		if _, err := people.KeyByToken(t.Context(), o.db, bad, netip.Addr{}, noon); !errors.Is(err, people.ErrUnknownKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestScopesAreChecked(t *testing.T) {
	o := newOffice(t)
	for _, scopes := range [][]people.Scope{nil, {"everything"}, {people.ScopeRead, ""}} {
		err := o.try(func(tx pg.Tx) error {
			_, _, err := people.CreateKey(t.Context(), tx, operator, people.Key{Name: "k", Scopes: scopes})
			return err
		})
		if !errors.Is(err, people.ErrInvalid) {
			t.Errorf("%v: %v", scopes, err)
		}
	}
}

func TestEmployeesComeBackAsTheyWent(t *testing.T) {
	o := newOffice(t)
	until := hired.AddDate(1, 0, 0)
	e := people.Employee{Number: "0017", Surname: "de Vries", FirstName: "Noa", Email: "noa@example.nl", Zone: "Europe/Lisbon", ContractMinutes: 1920, From: hired, Until: &until}
	o.do(func(tx pg.Tx) (err error) {
		if err := people.SwitchOn(t.Context(), tx, operator, people.OptionalFirstName, "to tell two of a name apart"); err != nil {
			return err
		}
		e.ID, err = people.CreateEmployee(t.Context(), tx, operator, e)
		return err
	})
	check := func() {
		t.Helper()
		o.do(func(tx pg.Tx) error {
			got, err := people.EmployeeByID(t.Context(), tx, e.ID)
			if (got.Until == nil) != (e.Until == nil) || got.Until != nil && !got.Until.Equal(*e.Until) || !got.From.Equal(e.From) {
				t.Errorf("period %v–%v", got.From, got.Until)
			}
			got.From, got.Until = e.From, e.Until
			if got != e {
				t.Errorf("got %+v", got)
			}
			return err
		})
	}
	check()
	e.Surname, e.Until = "Jansen", nil
	o.do(func(tx pg.Tx) error { return people.UpdateEmployee(t.Context(), tx, operator, e) })
	check()
}

func TestOptionalFieldsStandSealedAndKeepTheirBytesUntilTheyChange(t *testing.T) { // OB-P14
	o := newOffice(t)
	born := time.Date(1990, 1, 2, 0, 0, 0, 0, time.UTC)
	e := people.Employee{Number: "1", Surname: "de Vries", FirstName: "Noa", Born: &born, From: hired}
	o.do(func(tx pg.Tx) (err error) {
		for _, field := range people.OptionalFields() {
			if err := people.SwitchOn(t.Context(), tx, operator, field, "for the test"); err != nil {
				return err
			}
		}
		e.ID, err = people.CreateEmployee(t.Context(), tx, operator, e)
		return err
	})
	stored := func() (name, day string) {
		t.Helper()
		o.do(func(tx pg.Tx) error {
			var plain bool
			err := tx.QueryRow(t.Context(), `SELECT encode(first_name_sealed, 'hex'), encode(birth_date_sealed, 'hex'), first_name <> '' OR birth_date IS NOT NULL FROM employee
				WHERE tenant_id = current_tenant()`).Scan(&name, &day, &plain)
			if plain {
				t.Error("a value stands there as it is")
			}
			return err
		})
		return name, day
	}
	name, day := stored()
	e.Surname = "Jansen"
	o.do(func(tx pg.Tx) error { return people.UpdateEmployee(t.Context(), tx, operator, e) })
	if n, d := stored(); n != name || d != day {
		t.Error("another surname sealed the others anew")
	}
	e.FirstName = "Noor"
	o.do(func(tx pg.Tx) error { return people.UpdateEmployee(t.Context(), tx, operator, e) })
	if n, d := stored(); n == name || d != day {
		t.Error("another first name was not sealed, or the birth date was too")
	}
	o.do(func(tx pg.Tx) error {
		var told int
		err := tx.QueryRow(t.Context(), "SELECT count(*) FROM audit_payload WHERE tenant_id = current_tenant() AND payload::text ~ 'Noa|Noor|1990-01-02'").Scan(&told)
		if told != 0 {
			t.Errorf("%d entries of the log tell what is sealed", told)
		}
		return err
	})
}

func TestAnOptionalFieldIsRefusedByNameUntilItIsSwitchedOn(t *testing.T) { // OB-P1, I7
	o := newOffice(t)
	named := people.Employee{Number: "1", Surname: "de Vries", FirstName: "Noa", From: hired}
	add := func(tx pg.Tx) (err error) {
		named.ID, err = people.CreateEmployee(t.Context(), tx, operator, named)
		return err
	}
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, people.ErrFieldOff) || !strings.Contains(err.Error(), "first_name") {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("added", o.try(add))
	rows, _ := people.ParseCSV(strings.NewReader("personnel number;surname;first name;from\n7;Smit;An;2025-01-01\n"))
	refused("checked", o.try(func(tx pg.Tx) error { _, err := people.CheckImport(t.Context(), tx, rows); return err }))
	refused("imported", o.try(func(tx pg.Tx) error {
		_, err := people.ImportEmployees(t.Context(), tx, operator, rows, nil, false)
		return err
	}))
	if err := o.try(func(tx pg.Tx) error { return people.SwitchOn(t.Context(), tx, operator, people.OptionalFirstName, " ") }); !errors.Is(err, people.ErrInvalid) {
		t.Errorf("without a purpose: %v", err)
	}
	o.do(func(tx pg.Tx) error {
		return people.SwitchOn(t.Context(), tx, operator, people.OptionalFirstName, "to tell two of a name apart")
	})
	o.do(add)
	o.do(func(tx pg.Tx) error {
		on, err := people.Optionals(t.Context(), tx)
		if len(on) != 1 || on[0].Purpose != "to tell two of a name apart" {
			t.Errorf("%+v", on)
		}
		return err
	})
	o.do(func(tx pg.Tx) error { return people.SwitchOff(t.Context(), tx, operator, people.OptionalFirstName) })
	o.do(func(tx pg.Tx) error {
		e, err := people.EmployeeByID(t.Context(), tx, named.ID)
		if e.FirstName != "" {
			t.Errorf("switched off, and %q is kept", e.FirstName)
		}
		return err
	})
	refused("changed", o.try(func(tx pg.Tx) error { return people.UpdateEmployee(t.Context(), tx, operator, named) }))
}

func TestEmployeesAreChecked(t *testing.T) {
	o := newOffice(t)
	good := people.Employee{Number: "1", Surname: "x", From: hired}
	add := func(e people.Employee) error {
		return o.try(func(tx pg.Tx) error {
			_, err := people.CreateEmployee(t.Context(), tx, operator, e)
			return err
		})
	}
	if err := add(good); err != nil {
		t.Fatal(err)
	}
	before := hired.AddDate(0, 0, -1)
	for name, c := range map[string]struct {
		change func(*people.Employee)
		want   error
	}{
		"number taken":   {func(*people.Employee) {}, people.ErrNumberTaken},
		"no number":      {func(e *people.Employee) { e.Number = " " }, people.ErrInvalid},
		"long surname":   {func(e *people.Employee) { e.Surname = strings.Repeat("é", 101) }, people.ErrInvalid},
		"broken letters": {func(e *people.Employee) { e.Surname = "\xff" }, people.ErrInvalid},
		"no address":     {func(e *people.Employee) { e.Email = "@" }, people.ErrInvalid},
		"hours":          {func(e *people.Employee) { e.ContractMinutes = 10081 }, people.ErrInvalid},
		"no first day":   {func(e *people.Employee) { e.From = time.Time{} }, people.ErrInvalid},
		"ends early":     {func(e *people.Employee) { e.Until = &before }, people.ErrInvalid},
		"zone":           {func(e *people.Employee) { e.Zone = "Mars" }, people.ErrInvalid},
	} {
		e := good
		c.change(&e)
		if err := add(e); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.ID = 99
	if err := o.try(func(tx pg.Tx) error { return people.UpdateEmployee(t.Context(), tx, operator, good) }); !errors.Is(err, people.ErrNotFound) {
		t.Errorf("unknown employee: %v", err)
	}
}
