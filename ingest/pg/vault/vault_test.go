package vault_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"tikklok/ingest/pg/vault"
)

func keys(t testing.TB, all ...string) *vault.Keys {
	t.Helper()
	var raw [][]byte
	for _, text := range all {
		raw = append(raw, bytes.Repeat([]byte(text), 32))
	}
	k, err := vault.NewKeys(raw...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// literal reads what a store puts in front of sealed bytes.
func literal(t testing.TB, sql string) []byte {
	t.Helper()
	digits := strings.TrimSuffix(strings.TrimPrefix(sql, `'\x`), `'::bytea`)
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func shown(t testing.TB, form string, row int64, parts ...[]byte) []byte {
	b := binary.BigEndian.AppendUint64(literal(t, form), uint64(row))
	return append(b, bytes.Join(parts, nil)...)
}

func TestAFieldOpensInItsPlaceOnly(t *testing.T) {
	k := keys(t, "a")
	box, _, err := k.NewBox(1)
	if err != nil {
		t.Fatal(err)
	}
	person, own, err := box.NewPerson(7)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := k.NewBox(2)
	if err != nil {
		t.Fatal(err)
	}
	_, others, err := box.NewPerson(8)
	if err != nil {
		t.Fatal(err)
	}
	name := person.Seal("first_name", "Joris")
	right := shown(t, vault.PersonForm("first_name"), 7, own, name)
	if got, err := box.Open(right); err != nil || got != "Joris" {
		t.Fatalf("%q, %v", got, err)
	}
	altered := bytes.Clone(right)
	altered[len(altered)-1] ^= 1
	for what, try := range map[string]struct {
		box   vault.Box
		shown []byte
	}{
		"another tenant's box": {other, right},
		"another person":       {box, shown(t, vault.PersonForm("first_name"), 8, own, name)},
		"another's key":        {box, shown(t, vault.PersonForm("first_name"), 7, others, name)},
		"another column":       {box, shown(t, vault.PersonForm("birth_date"), 7, own, name)},
		"an altered byte":      {box, altered},
		"a secret's form":      {box, shown(t, vault.SecretForm("first_name"), 7, own, name)},
		"half of it":           {box, right[:40]},
		"its head":             {box, right[:5]},
		"an unknown form":      {box, []byte{9, 9, 9}},
	} {
		if got, err := try.box.Open(try.shown); !errors.Is(err, vault.ErrSealed) || got != "" {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	if _, err := (vault.Box{}).Open(right); !errors.Is(err, vault.ErrNoMaster) {
		t.Errorf("without a key: %v", err)
	}
}

func TestWhatWasNeverSealedIsRead(t *testing.T) {
	for shown, want := range map[string]string{"": "", "\x00": "", "\x00Joris": "Joris"} {
		if got, err := (vault.Box{}).Open([]byte(shown)); err != nil || got != want {
			t.Errorf("%q: %q, %v", shown, got, err)
		}
	}
}

func TestASecretIsBoundToItsRow(t *testing.T) {
	box, _, err := keys(t, "a").NewBox(1)
	if err != nil {
		t.Fatal(err)
	}
	sealed := box.SealSecret("token_key", 1, []byte("secret"))
	if got, err := box.Open(shown(t, vault.SecretForm("token_key"), 1, sealed)); err != nil || got != "secret" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := box.Open(shown(t, vault.SecretForm("token_key"), 2, sealed)); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("as another version: %v", err)
	}
}

func TestADataKeyOpensUnderItsMasterKeyOnly(t *testing.T) {
	before, after, both := keys(t, "a"), keys(t, "b"), keys(t, "b", "a")
	_, sealed, err := before.NewBox(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := after.Box(1, sealed); !errors.Is(err, vault.ErrOtherKey) {
		t.Errorf("under another: %v", err)
	}
	if _, err := before.Box(2, sealed); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("as another tenant's: %v", err)
	}
	renewed, changed, err := both.Renew(1, sealed)
	if err != nil || !changed {
		t.Fatalf("%v, %v", changed, err)
	}
	if _, err := after.Box(1, renewed); err != nil {
		t.Errorf("sealed anew: %v", err)
	}
	if _, changed, err := both.Renew(1, renewed); changed || err != nil {
		t.Errorf("a second time: %v, %v", changed, err)
	}
	if both.Current() != after.Current() || !both.Has(before.Current()) || after.Has(before.Current()) {
		t.Error("fingerprints are mixed up")
	}
}

func FuzzOpen(f *testing.F) {
	box, _, err := keys(f, "a").NewBox(1)
	if err != nil {
		f.Fatal(err)
	}
	person, own, err := box.NewPerson(7)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shown(f, vault.PersonForm("first_name"), 7, own, person.Seal("first_name", "Joris")))
	f.Add([]byte{1, 200})
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, shown []byte) {
		got, err := box.Open(shown)
		if err != nil && got != "" {
			t.Errorf("%q beside %v", got, err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	box, _, err := keys(b, "a").NewBox(1)
	if err != nil {
		b.Fatal(err)
	}
	person, own, err := box.NewPerson(7)
	if err != nil {
		b.Fatal(err)
	}
	name := shown(b, vault.PersonForm("first_name"), 7, own, person.Seal("first_name", "Joris"))
	for b.Loop() {
		if _, err := box.Open(name); err != nil {
			b.Fatal(err)
		}
	}
}
