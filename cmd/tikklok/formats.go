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
	type setting struct {
		Key      string   `json:"key"`
		Default  string   `json:"default,omitempty"`
		Required bool     `json:"required,omitempty"`
		Choices  []string `json:"choices,omitempty"`
		Example  string   `json:"example,omitempty"`
	}
	type listed struct {
		Name     string       `json:"name"`
		Title    string       `json:"title"`
		For      string       `json:"for"`
		Source   string       `json:"source"`
		Proof    format.Proof `json:"proof"`
		Settings []setting    `json:"settings"`
	}
	var all []listed
	for _, f := range format.Formats() {
		a := f.About()
		l := listed{Name: f.Name(), Title: a.Title, For: a.For, Source: a.Source, Proof: a.Proof}
		for _, s := range f.Schema() {
			l.Settings = append(l.Settings, setting{s.Key, s.Default, s.Required, s.Choices, s.Example})
		}
		all = append(all, l)
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
