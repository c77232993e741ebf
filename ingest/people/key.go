package people

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Scope is what an API key may do.
type Scope string

// The scopes.
const (
	ScopePayroll Scope = "payroll" // pull payroll runs
	ScopeManage  Scope = "manage"  // change what an administrator may change
	ScopeRead    Scope = "read"
)

// Key is an API key; its secret part is shown once and kept as a hash. After a
// rotation the former secret works beside the new one for a time.
type Key struct {
	ID, Tenant   int64
	Name         string // 1…100 characters
	Scopes       []Scope
	Networks     []netip.Prefix // where it may be used from; empty: from anywhere
	Destinations []int64        // of which it may pull, where its scope is payroll alone; empty: of all
	Created      time.Time
	Rotated      *time.Time // when its secret in use was made, if it was rotated
	LastUsed     *time.Time // to the minute
	FormerUntil  *time.Time // when the last of its former secrets stops working; nil: none works
	FormerUsed   *time.Time // when one of these was used last
	Refused      *time.Time // last shown from outside its networks
	Revoked      *time.Time
}

// Limits of keys.
const (
	MaxNetworks = 50
	MaxOverlap  = 90 * 24 * time.Hour // that a former secret may work on after a rotation
)

// What a key is refused with.
var (
	ErrUnknownKey = errors.New("the API key is unknown, was revoked, or was replaced and its time is over")
	ErrKeyAddress = errors.New("this API key may not be used from this network address; an administrator can add the address to the key's list")
)

// Has says whether the key has the scope.
func (k Key) Has(s Scope) bool { return slices.Contains(k.Scopes, s) }

// Reaches says whether the key may pull of a destination.
func (k Key) Reaches(destination int64) bool {
	return len(k.Destinations) == 0 || slices.Contains(k.Destinations, destination)
}

// From says whether the key may be used from an address. An address that is
// not known is on no list.
func (k Key) From(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	return len(k.Networks) == 0 || slices.ContainsFunc(k.Networks, func(p netip.Prefix) bool { return p.Contains(address) })
}

// ParseNetworks reads addresses and networks (203.0.113.7, 203.0.113.0/24,
// 2001:db8::/48), apart by commas or white space. The host part of a network
// must be zero, so that a typing error opens no network that nobody meant.
func ParseNetworks(text string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", ;\t\r\n", r) }) {
		p, err := parseNetwork(word)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	if len(all) > MaxNetworks {
		return nil, invalid("networks", fmt.Sprintf("a key has at most %d networks; put them together in larger ones", MaxNetworks))
	}
	return all, nil
}

func parseNetwork(word string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(word); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(word)
	switch {
	case err != nil || p.Addr().Is4In6():
		return netip.Prefix{}, invalid("networks", fmt.Sprintf("%q is no address and no network; write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48", word))
	case p.Masked() != p:
		return netip.Prefix{}, invalid("networks", fmt.Sprintf("%s has an address where a network should begin; write %s, or the address alone", word, p.Masked()))
	}
	return p, nil
}

// check tidies a key and says what is wrong with it.
func (k *Key) check() error {
	k.Name = strings.TrimSpace(k.Name)
	if !between(k.Name, 1, 100) {
		return invalid("name", "a name has 1 to 100 characters")
	}
	if len(k.Scopes) == 0 {
		return invalid("scope", "an API key has at least one scope")
	}
	for _, s := range k.Scopes {
		if s != ScopePayroll && s != ScopeManage && s != ScopeRead {
			return invalid("scope", fmt.Sprintf("the scope %q is unknown; use payroll, manage or read", s))
		}
	}
	k.Scopes = sortedSet(k.Scopes)
	k.Destinations = sortedSet(k.Destinations)
	if len(k.Destinations) > 0 && !slices.Equal(k.Scopes, []Scope{ScopePayroll}) {
		return invalid("destinations", "a key of some destinations pulls and does nothing else: give it the scope payroll alone")
	}
	return nil
}

func sortedSet[V ~int64 | ~string](all []V) []V {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}
