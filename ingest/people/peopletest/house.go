// Package peopletest gives tests a customer with people who sign in.
package peopletest

import (
	"testing"

	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// House is a customer in a database of its own, which goes with the test.
type House struct {
	T      *testing.T
	URL    string // of the database, as its owner
	DB     *pg.DB // under pg.RoleApp
	Tenant int64
}

// New gives a customer, Van Dam, with accounts.
func New(t *testing.T, accounts ...people.Account) *House {
	t.Helper()
	url := pgtest.URL(t)
	h := &House{T: t, URL: url, DB: pgtest.Open(t, url, pg.RoleApp), Tenant: pgtest.Tenant(t, url, "Van Dam")}
	h.Join(accounts...)
	return h
}

// Join adds accounts.
func (h *House) Join(accounts ...people.Account) {
	h.T.Helper()
	h.In(func(tx pg.Tx) error {
		for _, a := range accounts {
			if _, err := people.CreateAccount(h.T.Context(), tx, audit.Actor{Kind: audit.Operator}, a, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// User is somebody with one role, of the same name as the address.
func User(address, language string, role people.Role) people.Account {
	return people.Account{Email: address, Name: address, Language: language, Roles: []people.Role{role}}
}

// In does something within the customer, which may not fail.
func (h *House) In(fn func(pg.Tx) error) {
	h.T.Helper()
	if err := h.DB.InTenant(h.T.Context(), h.Tenant, fn); err != nil {
		h.T.Fatal(err)
	}
}
