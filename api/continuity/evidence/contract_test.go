package evidence

import (
	"regexp"
	"strings"
	"testing"

	"tikklok/ingest/tenant"
)

func TestAContractHoldsTheClausesOfItsOwnDocument(t *testing.T) {
	for source, want := range map[string]map[tenant.ProfileName]string{
		"N-B4.12, B7, B8":                {tenant.Nedap: "N-B4.12, B7, B8", tenant.WinBase: "", tenant.Strict: "N-B4.12, B7, B8"},
		"W-3.3; P-A3.4":                  {tenant.WinBase: "W-3.3", tenant.Planning: "P-A3.4", tenant.Nedap: ""},
		"P-1.5, N-C Annex 1, D-4.7, W-1": {tenant.Planning: "P-1.5", tenant.Nedap: "N-C Annex 1", tenant.Direct: "D-4.7", tenant.WinBase: "W-1"},
		"N-C4.6, 6.3, 7.1; D-4.2; P-9.5": {tenant.Nedap: "N-C4.6, 6.3, 7.1", tenant.Direct: "D-4.2", tenant.Planning: "P-9.5"},
		"C-D6":                           {tenant.Nedap: "", tenant.Direct: "", tenant.Planning: "", tenant.WinBase: "", tenant.Strict: "C-D6"},
	} {
		for profile, clauses := range want {
			if got := Yours(source, profile); got != clauses {
				t.Errorf("%s, %s: %q", source, profile, got)
			}
		}
	}
}

func TestEveryClauseBelongsToOneDocument(t *testing.T) {
	known := regexp.MustCompile(`^[NWDPC]-`)
	for _, o := range loaded(t).Obligations {
		if !known.MatchString(o.Source) {
			t.Errorf("%s: %q names no document", o.ID, o.Source)
		}
		n := 0
		for profile := range documents {
			if own := Yours(o.Source, profile); own != "" {
				n += strings.Count(own, ",") + 1
			}
		}
		code := len(regexp.MustCompile(`(^|[ ,;])C-`).FindAllString(o.Source, -1))
		if all := strings.Count(o.Source, ",") + strings.Count(o.Source, ";") + 1; n+code != all {
			t.Errorf("%s: %d of the %d clauses of %q are somebody's", o.ID, n+code, all, o.Source)
		}
	}
}
