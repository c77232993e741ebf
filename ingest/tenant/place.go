package tenant

import (
	"fmt"
	"slices"
	"strings"
)

// Place is something that keeps data or that data goes to, as whoever runs it
// declared (OB-P9).
type Place struct {
	Name     string // of PlaceNames, or ChannelPlace and a kind
	Region   Region // where it stands; "": not declared
	Operator Region // under whose law its operator stands; "": not declared
}

// ChannelPlace begins the name of a delivery channel's place; its kind follows.
const ChannelPlace = "the delivery channel "

// PlaceNames gives what a server declares.
func PlaceNames() []string { return []string{"database", "files", "backups", "broker", "mail"} }

// Declared says whether both are.
func (p Place) Declared() bool { return p.Region != "" && p.Operator != "" }

// ParsePlace reads REGION/OPERATOR, as in NL/EU.
func ParsePlace(name, text string) (Place, error) {
	region, operator, both := strings.Cut(text, "/")
	p := Place{name, Region(region), Region(operator)}
	known := []Region{NL, EU, EEA, World}
	switch {
	case !slices.Contains(PlaceNames(), name):
		return Place{}, fmt.Errorf("the place %q is unknown; declare %s", name, strings.Join(PlaceNames(), ", "))
	case !both || !slices.Contains(known, p.Region) || !slices.Contains(known, p.Operator):
		return Place{}, fmt.Errorf("%s is declared as %q; write where it stands and under whose law its operator does, as in NL/EU (NL, EU, EEA or other)", name, text)
	}
	return p, nil
}

// Refusal says why a place may not have a tenant's data; "": it may, or nothing
// was declared. Its operator stands under the law of a member of the Union
// (C-D4), or of the area where that is what was agreed.
func (p Profile) Refusal(place Place) string {
	law := Profile{Regions: append([]Region{EU}, p.Regions...)}
	switch {
	case place.Region != "" && !p.Covers(place.Region):
		return fmt.Sprintf("%s stands in %s, and the contract allows %s only; move it, or agree otherwise in writing", place.Name, said(place.Region), p.regions())
	case place.Operator != "" && !law.Covers(place.Operator):
		return fmt.Sprintf("the operator of %s stands under the law of %s; take one under that of the European Union (C-D4)", place.Name, said(place.Operator))
	}
	return ""
}

func said(r Region) string {
	if r == World {
		return "a country elsewhere"
	}
	return string(r)
}

func (p Profile) regions() string {
	var all []string
	for _, r := range p.Regions {
		all = append(all, string(r))
	}
	return strings.Join(all, ", ")
}
