package notice

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Customer is a tenant as whoever tells it something needs it.
type Customer struct {
	tenant.Tenant
	Zone     *time.Location
	Accounts []people.Account
	Fallback people.Account // the fixed address of the contract, and nobody's account (N-B8, OB-H13)
}

// CustomerOf reads the transaction's tenant.
func CustomerOf(ctx context.Context, tx pg.Tx) (Customer, error) {
	c, err := withoutFallback(ctx, tx)
	if err != nil {
		return c, err
	}
	contract, err := tenant.Contract(ctx, tx)
	c.Fallback = people.Account{Email: contract.Contact.Fallback, Language: c.Language}
	return c, err
}

func withoutFallback(ctx context.Context, tx pg.Tx) (c Customer, err error) {
	if c.Tenant, err = tenant.Get(ctx, tx); err != nil {
		return c, err
	}
	if c.Zone, err = time.LoadLocation(c.Tenant.Zone); err != nil {
		return c, fmt.Errorf("the zone of tenant %d: %w", c.ID, err)
	}
	c.Accounts, err = people.Accounts(ctx, tx)
	return c, err
}

// Addressees are the accounts that something concerns, as far as they can sign
// in and have an address; where there is none, the fallback, if there is one.
func (c Customer) Addressees(concerns func(people.Account) bool) []people.Account {
	all := reachable(c.Accounts, concerns)
	if len(all) == 0 && mail.Reaches(c.Fallback.Email) {
		all = append(all, c.Fallback)
	}
	return all
}

// reachable are the accounts that something concerns, as far as they can sign in
// and have an address. Who signs in by a name that is no address sees it on the
// page.
func reachable(accounts []people.Account, concerns func(people.Account) bool) (all []people.Account) {
	for _, a := range accounts {
		if concerns(a) && a.Closed == nil && mail.Reaches(a.Email) {
			all = append(all, a)
		}
	}
	return all
}
