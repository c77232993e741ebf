package main

import (
	"strings"
	"testing"

	"tikklok/ingest/tenant"
)

func TestAPlaceOutsideTheContractStopsTheStartWithItsReason(t *testing.T) { // OB-P9
	acme := tenant.Tenant{ID: 3, Name: "Acme"}
	for _, c := range []struct {
		profile  tenant.ProfileName
		declared map[string]string
		want     string // "": it starts
	}{
		{tenant.Planning, map[string]string{"database": "NL/NL", "backups": "NL/EU"}, ""},
		{tenant.Planning, map[string]string{"backups": "EU/NL"}, "tenant 3 (Acme): backups stands in EU, and the contract allows NL only"},
		{tenant.WinBase, map[string]string{"backups": "EU/NL"}, ""},
		{tenant.WinBase, map[string]string{"broker": "EEA/EU"}, "broker stands in EEA"},
		{tenant.Direct, map[string]string{"broker": "EEA/EEA"}, ""},
		{tenant.Direct, map[string]string{"database": "NL/other"}, "the operator of database stands under the law of a country elsewhere"},
		{tenant.Direct, nil, ""},
	} {
		terms, _ := tenant.ProfileOf(c.profile)
		places, err := placesOf(c.declared)
		if err == nil {
			err = fitting(acme, tenant.Agreement{Version: 1, Terms: terms}, places)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v", c.profile, c.declared, err)
		}
	}
}

func TestAPlaceThatNobodyCanReadIsRefused(t *testing.T) {
	for _, declared := range []map[string]string{{"cellar": "NL/NL"}, {"backups": "NL"}, {"backups": "nl/nl"}, {"backups": "/"}, {"backups": "NL/US"}} {
		if places, err := placesOf(declared); err == nil {
			t.Errorf("%v is read as %+v", declared, places)
		}
	}
}
