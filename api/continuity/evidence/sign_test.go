package evidence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/pg/vault"
)

func aPack(t *testing.T) (Pack, ed25519.PrivateKey, []byte) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := Pack{Form: 2, Tenant: "Van Dam & <zonen>", Month: "2026-10", MadeAt: day(31), Obligations: loaded(t).Judge(nil, Moment{At: day(31)})}
	s, err := Sign(p, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return p, key, raw
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return ed25519.PublicKey(k[32:]) }

func TestAPackVerifiesAlsoWhenItsSpacesChanged(t *testing.T) {
	p, key, raw := aPack(t)
	var narrow bytes.Buffer
	if err := json.Compact(&narrow, raw); err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{raw, narrow.Bytes()} {
		got, _, err := Verify(b, public(key))
		if err != nil || got.Tenant != p.Tenant || len(got.Obligations) != 60 {
			t.Errorf("%v: %s, %d obligations", err, got.Tenant, len(got.Obligations))
		}
	}
}

func TestAPackThatWasChangedIsForged(t *testing.T) {
	_, key, raw := aPack(t)
	_, other, _ := aPack(t)
	if _, _, err := Verify(raw, public(other)); !errors.Is(err, ErrForged) {
		t.Errorf("of another key: %v", err)
	}
	for name, from := range map[string][2]string{
		"a state":     {`"state": "missing"`, `"state": "met"`},
		"the month":   {`"month": "2026-10"`, `"month": "2026-11"`},
		"a signature": {`"signature": "`, `"signature": "AAAA`},
		"the hash":    {`"sha256": "`, `"sha256": "00`},
		"the key":     {`"key": "`, `"key": "00`},
	} {
		changed := strings.Replace(string(raw), from[0], from[1], 1)
		if changed == string(raw) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, _, err := Verify([]byte(changed), public(key)); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"pack":{},"sha256":"","key":"","signature":""}`))
	f.Add([]byte(`{"pack":null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _, err := Verify(raw, make(ed25519.PublicKey, ed25519.PublicKeySize))
		if !errors.Is(err, ErrForged) && !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", raw, err)
		}
	})
}

func TestAFileVerifiesByWhatStandsBesideIt(t *testing.T) {
	_, key, _ := aPack(t)
	sig, err := SignFile("pack.pdf", []byte("%PDF"), key)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := VerifyFile([]byte("%PDF"), sig, public(key)); err != nil || s.File != "pack.pdf" {
		t.Errorf("%+v: %v", s, err)
	}
	if _, err := VerifyFile([]byte("%PDG"), sig, public(key)); !errors.Is(err, ErrForged) {
		t.Errorf("changed: %v", err)
	}
	if _, err := VerifyFile([]byte("%PDF"), []byte("x"), public(key)); !errors.Is(err, ErrInvalid) {
		t.Errorf("no signature: %v", err)
	}
}

func TestTheKeyStaysTheSameAcrossMasterKeysAndOpensUnderNoOther(t *testing.T) {
	first, second := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	keys := func(all ...[]byte) *vault.Keys {
		k, err := vault.NewKeys(all...)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	f := KeyFile{Path: filepath.Join(t.TempDir(), "evidence.key"), Keys: keys(first)}
	if _, err := f.Public(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("before the first pack: %v", err)
	}
	made, err := f.Private()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(f.Path)
	if err != nil || bytes.Contains(raw, made.Seed()) {
		t.Errorf("the key stands open: %v", err)
	}
	former := f.Keys.Current()
	f.Keys = keys(second, first)
	again, err := f.Private()
	if err != nil || !again.Equal(made) || f.Needs(former) || !f.Needs(f.Keys.Current()) {
		t.Errorf("after the master key was replaced: %v", err)
	}
	f.Keys = keys(first)
	if _, err := f.Private(); !errors.Is(err, vault.ErrOtherKey) {
		t.Errorf("under another master key: %v", err)
	}
	if pub, err := f.Public(); err != nil || !pub.Equal(public(made)) {
		t.Errorf("the public half: %v", err)
	}
	if err := os.WriteFile(f.Path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Private(); !errors.Is(err, ErrInvalid) || !f.Needs(former) {
		t.Errorf("damaged: %v", err)
	}
}

func TestOnlyNamedTestsThatRanAreKept(t *testing.T) {
	lines := `{"Time":"2026-10-05T12:00:00Z","Action":"run","Package":"tikklok/api","Test":"TestA"}
{"Time":"2026-10-05T12:00:01Z","Action":"fail","Package":"tikklok/api","Test":"TestA"}
{"Time":"2026-10-05T12:00:02Z","Action":"pass","Package":"tikklok/api","Test":"TestA"}
{"Time":"2026-10-05T12:00:02Z","Action":"skip","Package":"tikklok/api","Test":"TestB"}
{"Time":"2026-10-05T12:00:02Z","Action":"pass","Package":"tikklok/api","Test":"TestC"}
{"Time":"2026-10-05T12:00:02Z","Action":"pass","Package":"tikklok/api"}`
	ran, err := ReadTests(strings.NewReader(lines), "tikklok", []string{"api.TestA", "api.TestB", "api.TestD"})
	if err != nil || len(ran.All) != 1 || ran.All[0].Name != "api.TestA" || !ran.All[0].Passed || ran.Version != "" {
		t.Errorf("%+v: %v", ran, err)
	}
	if failed, absent := ran.Lacking([]string{"api.TestA", "api.TestB"}); len(failed) > 0 || len(absent) != 1 {
		t.Errorf("failed %v, absent %v", failed, absent)
	}
}

func TestWhatATestFileSaysOfItsVersionIsKnown(t *testing.T) {
	const pass = `{"Time":"2026-10-05T12:00:02Z","Action":"pass","Package":"tikklok/api","Test":"TestA"}`
	for lines, version := range map[string]string{
		`{"Version":"v1.4"}` + "\n" + pass:                 "v1.4",
		`{"Version":"v1.4"}` + "\n" + `{"Version":"v1.4"}`: "v1.4", // two files, one after the other
		`{"Version":"v1.4"}` + "\n" + `{"Version":"v1.5"}`: "refused",
		`{"Version":"` + strings.Repeat("v", 101) + `"}`:   "refused",
		pass:       "",
		"PASS\nok": "refused",
		`{"Action":"pass","Package":"tikklok/api","Test":"TestA"}`: "refused", // nobody knows when
	} {
		ran, err := ReadTests(strings.NewReader(lines), "tikklok", []string{"api.TestA"})
		if refused := errors.Is(err, ErrInvalid); refused != (version == "refused") || !refused && ran.Version != version {
			t.Errorf("%s\n%+v: %v", lines, ran, err)
		}
	}
}
