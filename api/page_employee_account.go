package api

import (
	"context"
	"errors"
	"net/http"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// tongues are the languages of an employee's own pages.
func tongues(chosen string) []page.Option {
	var options []page.Option
	for _, c := range (page.Frame{}).Choices() {
		options = append(options, page.Option{Value: c.Code, Label: c.Name, Chosen: c.Code == chosen})
	}
	return options
}

// employeeAccount fills in the account with which an employee sees their own
// hours, or the form that makes one.
func (s *Server) employeeAccount(ctx context.Context, tx pg.Tx, v *page.Employee, e people.Employee) error {
	if !s.may(ctx, "ListAccounts") {
		return nil
	}
	a, err := people.AccountOfEmployee(ctx, tx, e.ID)
	switch {
	case errors.Is(err, people.ErrNotFound):
		if s.may(ctx, "CreateAccount") {
			v.Tongues = tongues(callerOf(ctx).tenant.Language)
			v.Invite = page.Form{Values: map[string]string{"email": e.Email}}
		}
		return nil
	case err != nil:
		return err
	}
	v.Own = &page.Account{ID: a.ID, Email: a.Email, LastSeen: in(a.SignedIn, v.Now.Location())}
	return nil
}

// postEmployeeAccount makes that account; its password is shown this once, as
// those of all accounts are.
func (s *Server) postEmployeeAccount(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	employee, err := pathID(r)
	if err != nil {
		return err
	}
	form, password := formOf(r, "email", "language"), newPassword()
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		e, err := people.EmployeeByID(ctx, tx, employee)
		if err != nil {
			return err
		}
		_, err = people.CreateAccount(ctx, tx, callerOf(ctx).actor(), people.Account{
			Email: form.Values["email"], Name: nameOf(e.Surname, e.FirstName), Language: form.Values["language"],
			Roles: []people.Role{people.OwnHours}, Employee: e.ID,
		}, password)
		return err
	})
	switch {
	case err == nil:
		return s.showEmployee(w, r, http.StatusOK, func(v *page.Employee) { v.Password = password })
	case errors.Is(err, people.ErrHasAccount): // somebody else made it meanwhile: it is shown instead of the form
		return s.refuse(w, r, page.PathEmployee+r.PathValue("id"), err)
	case !besides(form, err):
		return err
	}
	return s.showEmployee(w, r, http.StatusUnprocessableEntity, func(v *page.Employee) { v.Invite = form })
}
