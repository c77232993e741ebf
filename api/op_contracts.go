package api

import (
	"context"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// ListContracts gives all contracts.
func (o operations) ListContracts(ctx context.Context, _ openapi.ListContractsRequestObject) (openapi.ListContractsResponseObject, error) {
	var all []people.Contract
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = people.Contracts(ctx, tx)
		return err
	})
	return openapi.ListContracts200JSONResponse{Items: each(all, func(c people.Contract) openapi.Contract { return openapi.Contract{Id: c.ID, Name: c.Name} })}, err
}

// PutContract adds a contract, or names one anew.
func (o operations) PutContract(ctx context.Context, r openapi.PutContractRequestObject) (openapi.PutContractResponseObject, error) {
	c := people.Contract{ID: or(r.Body.Id), Name: r.Body.Name}
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		c.ID, err = people.SaveContract(ctx, tx, callerOf(ctx).actor(), c)
		return err
	})
	return openapi.PutContract200JSONResponse{Id: c.ID, Name: c.Name}, err
}

// ListHirers gives all hirers with their sites.
func (o operations) ListHirers(ctx context.Context, _ openapi.ListHirersRequestObject) (openapi.ListHirersResponseObject, error) {
	var all []people.Hirer
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = people.Hirers(ctx, tx)
		return err
	})
	return openapi.ListHirers200JSONResponse{Items: each(all, hirerView)}, err
}

// PutHirer adds a hirer, or changes one.
func (o operations) PutHirer(ctx context.Context, r openapi.PutHirerRequestObject) (openapi.PutHirerResponseObject, error) {
	h := people.Hirer{ID: or(r.Body.Id), Name: r.Body.Name, Sites: r.Body.SiteIds}
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		id, err := people.SaveHirer(ctx, tx, callerOf(ctx).actor(), h)
		if err != nil {
			return err
		}
		all, err := people.Hirers(ctx, tx)
		for _, stored := range all {
			if stored.ID == id {
				h = stored
			}
		}
		return err
	})
	if err == nil {
		o.recompute(ctx)
	}
	return openapi.PutHirer200JSONResponse(hirerView(h)), err
}

func hirerView(h people.Hirer) openapi.Hirer {
	return openapi.Hirer{Id: h.ID, Name: h.Name, SiteIds: append([]int64{}, h.Sites...)}
}

// ListTerms gives what an employee agreed on.
func (o operations) ListTerms(ctx context.Context, r openapi.ListTermsRequestObject) (openapi.ListTermsResponseObject, error) {
	list, err := o.changeTerms(ctx, r.Id, nil)
	return openapi.ListTerms200JSONResponse(list), err
}

// PutTerms sets what holds from a day on.
func (o operations) PutTerms(ctx context.Context, r openapi.PutTermsRequestObject) (openapi.PutTermsResponseObject, error) {
	t := people.Terms{Employee: r.Id, From: r.Body.From.Time, Contract: or(r.Body.ContractId), Minutes: r.Body.Minutes}
	list, err := o.changeTerms(ctx, r.Id, func(tx pg.Tx) error { return people.SaveTerms(ctx, tx, callerOf(ctx).actor(), t) })
	return openapi.PutTerms200JSONResponse(list), err
}

// DropTerms takes the terms of a day away.
func (o operations) DropTerms(ctx context.Context, r openapi.DropTermsRequestObject) (openapi.DropTermsResponseObject, error) {
	list, err := o.changeTerms(ctx, r.Id, func(tx pg.Tx) error {
		return people.DropTerms(ctx, tx, callerOf(ctx).actor(), r.Id, r.Date.Time)
	})
	return openapi.DropTerms200JSONResponse(list), err
}

// changeTerms changes what an employee agreed on (nil: nothing), and gives what
// holds then.
func (o operations) changeTerms(ctx context.Context, employee int64, change func(pg.Tx) error) (openapi.TermsList, error) {
	all, err := changeOf(ctx, o, employee, change, people.TermsOf)
	return openapi.TermsList{Items: each(all, func(t people.Terms) openapi.Terms {
		return openapi.Terms{From: openapi_types.Date{Time: t.From}, ContractId: some(t.Contract), Minutes: t.Minutes}
	})}, err
}

// changeOf changes something of an employee that hours rest on (nil: nothing),
// and gives all of it as read then.
func changeOf[T any](ctx context.Context, o operations, employee int64, change func(pg.Tx) error, read func(context.Context, pg.Tx, int64) ([]T, error)) (all []T, err error) {
	err = o.inTenant(ctx, func(tx pg.Tx) error {
		if _, err := people.EmployeeByID(ctx, tx, employee); err != nil {
			return err
		}
		if change != nil {
			if err := change(tx); err != nil {
				return err
			}
		}
		all, err = read(ctx, tx, employee)
		return err
	})
	if err == nil && change != nil {
		o.recompute(ctx)
	}
	return all, err
}

// ListAssignments gives for whom an employee works.
func (o operations) ListAssignments(ctx context.Context, r openapi.ListAssignmentsRequestObject) (openapi.ListAssignmentsResponseObject, error) {
	list, err := o.changeAssignments(ctx, r.Id, nil)
	return openapi.ListAssignments200JSONResponse(list), err
}

// PutAssignment adds an assignment, or replaces one.
func (o operations) PutAssignment(ctx context.Context, r openapi.PutAssignmentRequestObject) (openapi.PutAssignmentResponseObject, error) {
	b := r.Body
	a := people.Assignment{ID: or(b.Id), Employee: r.Id, Hirer: or(b.HirerId), Site: or(b.SiteId), Number: b.Number, CostCentre: or(b.CostCentre), From: b.From.Time}
	if b.Until != nil {
		a.Until = &b.Until.Time
	}
	list, err := o.changeAssignments(ctx, r.Id, func(tx pg.Tx) error {
		_, err := people.SaveAssignment(ctx, tx, callerOf(ctx).actor(), a)
		return err
	})
	return openapi.PutAssignment200JSONResponse(list), err
}

func (o operations) changeAssignments(ctx context.Context, employee int64, change func(pg.Tx) error) (openapi.Assignments, error) {
	all, err := changeOf(ctx, o, employee, change, people.AssignmentsOf)
	return openapi.Assignments{Items: each(all, assignmentView)}, err
}

func assignmentView(a people.Assignment) openapi.Assignment {
	v := openapi.Assignment{Id: a.ID, HirerId: some(a.Hirer), SiteId: some(a.Site), Number: a.Number, CostCentre: some(a.CostCentre), From: openapi_types.Date{Time: a.From}}
	if a.Until != nil {
		v.Until = &openapi_types.Date{Time: *a.Until}
	}
	return v
}
