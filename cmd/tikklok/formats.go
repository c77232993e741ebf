package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"tikklok/payroll/format"
)

type formatsCommand struct {
	JSON bool `name:"json" help:"As JSON, with the settings."`
}

// Help says what is listed.
func (formatsCommand) Help() string {
	return `Lists the formats that runs can be written in: the document that each follows,
and how far it is proved.

  tikklok formats
  tikklok formats --json`
}

// Run lists the formats (OB-H5).
func (c formatsCommand) Run() error {
	if c.JSON {
		return c.printJSON()
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FORMAT\tFOR\tPROVED\tSOURCE")
	for _, f := range format.Formats() {
		a := f.About()
		fmt.Fprintf(w, "%s\t%s: %s\t%s\t%s\n", f.Name(), a.Title, a.For, proved(a.Proof), a.Source)
	}
	return w.Flush()
}

// proved puts a proof in words.
func proved(p format.Proof) string {
	switch p {
	case format.ProofSchema:
		return "passes the official schema and rules"
	case format.ProofDocument:
		return "written from the vendor's or standard's document"
	}
	return "layout tested, not accepted by the vendor"
}

func (formatsCommand) printJSON() error {
	type listed struct {
		Name string `json:"name"`
		format.About
		Settings []format.Setting `json:"settings"`
	}
	var all []listed
	for _, f := range format.Formats() {
		all = append(all, listed{f.Name(), f.About(), f.Schema()})
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
