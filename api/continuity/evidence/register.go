package evidence

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

//go:embed register.json
var registerFile []byte

// Load gives the register of the 60 obligations.
func Load() (Register, error) {
	var r Register
	if err := json.Unmarshal(registerFile, &r); err != nil {
		return Register{}, fmt.Errorf("reading the register of obligations: %w", err)
	}
	return r, nil
}

// Find gives an obligation by its ID.
func (r Register) Find(id string) (Obligation, bool) {
	i := slices.IndexFunc(r.Obligations, func(o Obligation) bool { return o.ID == id })
	if i < 0 {
		return Obligation{}, false
	}
	return r.Obligations[i], true
}

// Tests gives the tests that controls are proved by, as PACKAGE.TEST.
func (r Register) Tests() (all []string) {
	for _, o := range r.Obligations {
		for _, c := range o.Controls {
			for _, proof := range c.Proofs {
				if name, ok := strings.CutPrefix(proof, testPrefix); ok {
					all = append(all, name)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TakesRecord says whether people prove a part of the obligation.
func (o Obligation) TakesRecord() bool {
	return slices.ContainsFunc(o.Controls, func(c Control) bool { return slices.Contains(c.Proofs, recordProof) })
}

// about gives how a finding is told of: never by a sentence that says that it
// holds where it doesn't.
func (r Register) about(f Finding) Proof {
	name, test := strings.CutPrefix(f.Proof, testPrefix)
	p := r.Proofs[f.Proof]
	switch {
	case test && !f.Holds:
		p = Proof{Kind: Test, Text: Text{NL: "Mislukt in versie {0} (" + name + ")", EN: "Failed in version {0} (" + name + ")"}}
	case test:
		p = Proof{Kind: Test, Text: Text{NL: "Geslaagd in versie {0} (" + name + ")", EN: "Passed in version {0} (" + name + ")"}}
	case strings.HasPrefix(f.Proof, recordProof+":"):
		p = Proof{Kind: Record, Text: Text{NL: "{0}", EN: "{0}"}, Link: "/service/evidence"}
	case p.Claims && !f.Holds:
		p.Text = Text{NL: "Bekeken: {0}. Niet alles is zoals het moet zijn", EN: "Looked at: {0}. Not all is as it has to be"}
	}
	return p.but(". Zonder verse controle van zichzelf: ", ". Without a fresh check of its own: ", f.Lacks).
		but(". Niet elke dag bekeken: ", ". Not looked at every day: ", f.Holes)
}

// but adds to a sentence whom it is not true of.
func (p Proof) but(nl, en string, names []string) Proof {
	if len(names) > 0 {
		list := strings.Join(names, ", ")
		p.NL, p.EN = p.NL+nl+list, p.EN+en+list
	}
	return p
}
