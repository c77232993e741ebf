package api

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) accountsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showAccounts(w, r, http.StatusOK, page.Form{}, "", "")
}

// showAccounts lists who may sign in; a password just made is shown this once.
func (s *Server) showAccounts(w http.ResponseWriter, r *http.Request, status int, form page.Form, password, of string) error {
	v := &page.Accounts{Frame: s.frame(r), Form: form, Password: password, For: of}
	for _, role := range []people.Role{people.Administrator, people.Approver, people.Payroll, people.Auditor, people.Supplier} {
		v.Roles = append(v.Roles, string(role))
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		all, err := people.Accounts(r.Context(), tx)
		self := callerOf(r.Context()).account.ID
		v.Rows = each(all, func(a people.Account) page.Account {
			return page.Account{ID: a.ID, Name: a.Name, Email: a.Email, Closed: a.Closed != nil, Self: a.ID == self,
				LastSeen: in(a.SignedIn, v.Now.Location()), Person: a.Number, Locked: a.LockedUntil != nil && a.LockedUntil.After(v.Now),
				Roles: each(a.Roles, func(r people.Role) string { return string(r) })}
		})
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// newPassword is what an administrator hands over: 78 random bits in groups.
func newPassword() string {
	text := strings.ToLower(rand.Text()[:16])
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

func rolesOf(r *http.Request) []people.Role {
	return each(r.Form["role"], func(role string) people.Role { return people.Role(role) })
}

func (s *Server) postAccountNew(w http.ResponseWriter, r *http.Request) error {
	form, password := formOf(r, "email", "name", "language"), newPassword()
	a := people.Account{Email: form.Values["email"], Name: form.Values["name"], Language: form.Values["language"], Roles: rolesOf(r)}
	if a.Language == "" {
		a.Language = callerOf(r.Context()).tenant.Language
	}
	if len(a.Roles) == 0 {
		form.Problems["role"] = page.Say("invalid.role")
		return s.showAccounts(w, r, http.StatusUnprocessableEntity, form, "", "")
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		_, err := people.CreateAccount(r.Context(), tx, callerOf(r.Context()).actor(), a, password)
		return err
	})
	switch {
	case err != nil && !besides(form, err):
		return err
	case err == nil:
		return s.showAccounts(w, r, http.StatusOK, page.Form{}, password, a.Email)
	}
	return s.showAccounts(w, r, http.StatusUnprocessableEntity, form, "", "")
}

// errOwnAccount refuses what would lock out the last administrator, or let
// somebody approve hours that were their own a moment ago.
var errOwnAccount = errors.New("nobody closes their own account, gives up being its administrator, or says that they are another employee; another administrator must")

// mayBe says whether who is signed in may change an account to these roles and
// this employee.
func mayBe(by audit.Actor, now, then people.Account) error {
	if now.ID == by.ID && (!then.Has(people.Administrator) || now.Employee != 0 && then.Employee != now.Employee) {
		return errOwnAccount
	}
	return nil
}

// postAccount changes roles, makes a new password, or closes an account.
func (s *Server) postAccount(w http.ResponseWriter, r *http.Request) error {
	account, err := pathID(r)
	if err != nil {
		return err
	}
	if r.FormValue("password") != "" {
		return s.resetPassword(w, r, account)
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		by := callerOf(r.Context()).actor()
		if r.FormValue("closed") != "" {
			if account == by.ID {
				return errOwnAccount
			}
			return people.CloseAccount(r.Context(), tx, by, account, s.cfg.Now())
		}
		was, err := people.AccountByID(r.Context(), tx, account)
		if err != nil {
			return err
		}
		a := was
		a.Roles = rolesOf(r)
		if a.Employee, err = employeeNumbered(r.Context(), tx, strings.TrimSpace(r.FormValue("person"))); err != nil {
			return err
		}
		if err := mayBe(by, was, a); err != nil {
			return err
		}
		return people.UpdateAccount(r.Context(), tx, by, a)
	})
	if err != nil {
		return s.refuse(w, r, page.PathAccounts, err)
	}
	return s.done(w, r, page.PathAccounts, notice{Key: "notice.saved"})
}

// employeeNumbered finds an employee by personnel number; 0 for none.
func employeeNumbered(ctx context.Context, tx pg.Tx, number string) (int64, error) {
	if number == "" {
		return 0, nil
	}
	e, err := people.EmployeeByNumber(ctx, tx, number)
	if errors.Is(err, people.ErrNotFound) {
		return 0, &people.Invalid{Field: "person", Reason: "no employee has this personnel number"}
	}
	return e.ID, err
}

func (s *Server) resetPassword(w http.ResponseWriter, r *http.Request, account int64) error {
	password, of := newPassword(), ""
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		a, err := people.AccountByID(r.Context(), tx, account)
		if err != nil {
			return err
		}
		of = a.Email
		return people.SetPassword(r.Context(), tx, callerOf(r.Context()).actor(), account, password)
	})
	if err != nil {
		return s.refuse(w, r, page.PathAccounts, err)
	}
	return s.showAccounts(w, r, http.StatusOK, page.Form{}, password, of)
}
