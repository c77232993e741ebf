// Command bill writes what is in the programs that it is given: for each a bill
// of materials (CycloneDX 1.6, JSON), and for all of them one file with the
// licences of others' work (OB-C13). It reads the modules from the programs
// themselves, so it names what was linked and no more. A module without a
// licence, or with one that nobody looked at, ends it with an error.
//
// The same programs give the same bytes; the time is $SOURCE_DATE_EPOCH.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: bill OUT VERSION PROGRAM…")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "bill:", err)
		os.Exit(1)
	}
}

// module is what a program holds of others.
type module struct {
	path, version string
	sum           string // of go.sum, "h1:…"
	terms         terms
}

// write puts PROGRAM.cdx.json for each program, and LICENCES.txt, in out.
func write(out, version string, programs []string) error {
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return errors.New("SOURCE_DATE_EPOCH names no second")
	}
	all := map[string]module{}
	for _, program := range programs {
		modules, err := describe(out, version, program, time.Unix(epoch, 0).UTC())
		if err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
		for _, m := range modules {
			m.terms = m.terms.with(all[m.path+"@"+m.version].terms)
			all[m.path+"@"+m.version] = m
		}
		fmt.Printf("%-18s %3d modules\n", filepath.Base(program), len(modules))
	}
	return os.WriteFile(filepath.Join(out, "LICENCES.txt"), licences(all), 0o644)
}

// describe writes the bill of one program and gives its modules.
func describe(out, version, program string, at time.Time) ([]module, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	modules, err := modulesOf(info)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(program)
	return modules, writeBill(filepath.Join(out, name+".cdx.json"), bill(name, version, content, modules, at))
}

// modulesOf gives the modules in a program, and Go's own library, by path. The
// licences are those beside the packages of the program, up to their modules'
// tops: a part of a module may be somebody else's.
func modulesOf(info *debug.BuildInfo) ([]module, error) {
	said, err := goSays("env", "GOROOT")
	if err != nil {
		return nil, err
	}
	own, err := termsIn(strings.TrimSpace(said), nil)
	if err != nil {
		return nil, fmt.Errorf("the standard library: %w", err)
	}
	found, err := foldersOf(info.Path)
	if err != nil {
		return nil, err
	}
	out := []module{{path: "std", version: strings.TrimPrefix(info.GoVersion, "go"), terms: own}}
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		at, ok := found[d.Path+"@"+d.Version]
		if !ok {
			return nil, fmt.Errorf("%s@%s is in the program, and not in what it is built from now", d.Path, d.Version)
		}
		t, err := termsIn(at.top, at.packages)
		if err != nil {
			return nil, fmt.Errorf("%s@%s: %w", d.Path, d.Version, err)
		}
		out = append(out, module{d.Path, d.Version, d.Sum, t})
	}
	slices.SortFunc(out, func(a, b module) int { return cmp.Compare(a.path, b.path) })
	return out, nil
}

// folders are where a module lies, and where those of its packages that a
// program holds.
type folders struct {
	top      string
	packages []string
}

// foldersOf lists the modules behind a program's package, as path@version.
func foldersOf(program string) (map[string]folders, error) {
	said, err := goSays("list", "-deps", "-f", `{{with .Module}}{{with .Replace}}{{.Path}}@{{.Version}}{{else}}{{.Path}}@{{.Version}}{{end}}|{{.Dir}}{{end}}|{{.Dir}}`, program)
	if err != nil {
		return nil, err
	}
	out := map[string]folders{}
	for line := range strings.Lines(said) {
		part := strings.Split(strings.TrimSpace(line), "|")
		if len(part) != 3 {
			continue // of the standard library
		}
		f := out[part[0]]
		out[part[0]] = folders{part[1], append(f.packages, part[2])}
	}
	return out, nil
}

func goSays(args ...string) (string, error) {
	out, err := exec.Command("go", args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("go %s: %s", args[0], bytes.TrimSpace(failed.Stderr))
	}
	return string(out), err
}

// bill is a program's bill of materials. Its serial number is made from the
// program's bytes.
func bill(name, version string, content []byte, modules []module, at time.Time) *cdx.BOM {
	sum := sha256.Sum256(content)
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // a UUID of version 8 (RFC 9562 §5.8)
	b := cdx.NewBOM()
	b.SerialNumber = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	whole := sha256.Sum256(content)
	b.Metadata = &cdx.Metadata{Timestamp: at.Format(time.RFC3339), Component: &cdx.Component{BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Version: version,
		Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(whole[:])}}}}
	var components []cdx.Component
	var refs []string
	for _, m := range modules {
		c := cdx.Component{Type: cdx.ComponentTypeLibrary, Name: m.path, Version: m.version, PackageURL: "pkg:golang/" + m.path + "@" + m.version}
		c.BOMRef = c.PackageURL
		if raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.sum, "h1:")); err == nil && len(raw) == sha256.Size {
			c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}} // of the module's files, as go.sum has it
		}
		ids := cdx.Licenses{}
		for _, name := range m.terms.names {
			ids = append(ids, cdx.LicenseChoice{License: &cdx.License{ID: name}})
		}
		c.Licenses = &ids
		components, refs = append(components, c), append(refs, c.BOMRef)
	}
	b.Components, b.Dependencies = &components, &[]cdx.Dependency{{Ref: name, Dependencies: &refs}}
	return b
}

func writeBill(path string, b *cdx.BOM) error {
	var out bytes.Buffer
	if err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(b, cdx.SpecVersion1_6); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// licences is the text that goes with the programs: each module with the words
// under which it is used.
func licences(all map[string]module) []byte {
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b bytes.Buffer
	b.WriteString("Tikklok holds work of others, under these licences. The source of\neach is the module of that name and version, at https://proxy.golang.org.\n\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "  %s  (%s)\n", k, strings.Join(all[k].terms.names, ", "))
	}
	for _, k := range keys {
		fmt.Fprintf(&b, "\n%s\n%s\n\n", strings.Repeat("=", 78), k)
		for _, f := range all[k].terms.files {
			fmt.Fprintf(&b, "--- %s\n\n%s\n", f.name, bytes.TrimSpace(f.text))
		}
	}
	return b.Bytes()
}
