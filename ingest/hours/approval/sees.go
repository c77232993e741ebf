package approval

import "slices"

// SeesSite says whether an account may know of a site: who approves for some
// hirers only knows those hirers' sites.
func (o *Office) SeesSite(account, site int64) bool {
	p := o.people[account]
	return slices.ContainsFunc(append([]Person{p}, p.For...), func(as Person) bool {
		return len(as.Hirers) == 0 || slices.Contains(as.Hirers, o.hirers[site])
	})
}
