package cmd_test

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

// unfuzzed are readers of text and bytes that need no fuzz target, and why.
var unfuzzed = map[string]string{
	"firmware-sim.ReadLedger":    "it reads what the simulator itself wrote",
	"gateway/reader.ParseEM4100": "FuzzParsePort reaches it", "gateway/reader.ParseLine": "FuzzParsePort reaches it",
	"gateway/reader.ParseNone": "FuzzParsePort reaches it", "gateway/reader.ParseOSDP": "FuzzParsePort reaches it",
	"gateway/reader.ParsePN532": "FuzzParsePort reaches it",
	"ingest/pg.ReadMasters":     "it asks the database", "ingest/privacy.ReadOnly": "it asks the database",
}

var decoder = regexp.MustCompile(`^(Decode|Parse|Read)[A-Z]`)

// TestEveryDecoderHasAFuzzTarget: whatever reads bytes or text of others is
// called by a fuzz target of its own room; `make fuzz` finds those by itself.
func TestEveryDecoderHasAFuzzTarget(t *testing.T) {
	fuzzed := map[string]string{} // what the fuzz targets of a room say
	for _, f := range sources(t) {
		if !strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Fuzz") {
				fuzzed[f.room] += f.text[f.fset.Position(fn.Pos()).Offset:f.fset.Position(fn.End()).Offset]
			}
		}
	}
	for _, f := range sources(t) {
		if strings.HasSuffix(f.path, "_test.go") || f.room == "cmd" {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !decoder.MatchString(fn.Name.Name) {
				continue
			}
			if name := f.room + "." + fn.Name.Name; unfuzzed[name] == "" && !strings.Contains(fuzzed[f.room], fn.Name.Name+"(") {
				t.Errorf("%s (%s) has no fuzz target", name, f.path)
			}
		}
	}
}
