package api

import (
	"context"

	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// suspended says whether the service of the transaction's tenant is suspended
// (OB-H10). Then people sign in only for what stays open: the return of all
// data (D-10.2), requests of data subjects, and breaches; keys pull and mark
// runs that were made before, and nobody makes one. Ingest and hours go on.
func suspended(ctx context.Context, tx pg.Tx) (bool, error) {
	since, err := tenant.SuspendedSince(ctx, tx)
	return since != nil, err
}

// staysOpen says whether the caller may do it all the same.
func (a access) staysOpen(c caller) bool {
	if c.key != nil {
		return a.made
	}
	return a.stays
}

// staysFor says whether anything stays open to somebody besides leaving again:
// administrators, auditors and employees sign in, others read why they don't.
func (s *Server) staysFor(c caller) bool {
	for operation, may := range s.grants {
		if may.stays && may.allows(c) && operation != "SignOut" && operation != "GetSession" {
			return true
		}
	}
	return false
}

// openTo gives the pages that stay open to the caller.
func (s *Server) openTo(ctx context.Context) (out []page.Link) {
	for _, l := range []struct {
		page.Link
		operation string
	}{
		{page.Link{Path: page.PathAccess, Name: "access"}, pageAccess},
		{page.Link{Path: page.PathEnding, Name: "return"}, pageEndings},
		{page.Link{Path: page.PathRequests, Name: "requests"}, pageRequests},
		{page.Link{Path: page.PathBreaches, Name: "breaches"}, pageBreaches},
		{page.Link{Path: page.PathServiceIncidents, Name: "incidents"}, pageIncidents},
		{page.Link{Path: page.PathMeData, Name: "own-data"}, pageOwnPrivacy},
		{page.Link{Path: page.PathMePrivacy, Name: "notice"}, pageOwnPrivacy},
	} {
		if callerOf(ctx).account != nil && s.may(ctx, l.operation) {
			out = append(out, l.Link)
		}
	}
	return out
}
