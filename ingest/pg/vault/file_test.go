package vault_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/pg/vault"
)

func place(t *testing.T) vault.Place {
	return vault.Place{File: filepath.Join(t.TempDir(), "state", "master.key")}
}

func made(t *testing.T) (vault.Place, *vault.Keys) {
	t.Helper()
	p := place(t)
	if err := p.Make(); err != nil {
		t.Fatal(err)
	}
	k, err := p.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p, k
}

func TestAKeyIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	p := place(t)
	if _, err := p.Load(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	p, k := made(t)
	if at, err := os.Stat(p.File); err != nil || at.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", at, err)
	}
	if err := p.Make(); err != nil {
		t.Fatal(err)
	}
	if again, err := p.Load(); err != nil || again.Current() != k.Current() {
		t.Errorf("made a second time: %v", err)
	}
}

func TestAFileThatOthersMayReadIsRefusedWithTheRemedy(t *testing.T) {
	p, _ := made(t)
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o660, 0o602, 0o644} {
		if err := os.Chmod(p.File, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Load(); err == nil || !strings.Contains(err.Error(), "chmod 600 "+p.File) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if err := os.Chmod(p.File, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Load(); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
}

func TestTheEnvironmentGivesKeysInSeveralSpellings(t *testing.T) {
	a, b := strings.Repeat("a", 32), strings.Repeat("\xff", 32)
	for _, text := range []string{
		base64.StdEncoding.EncodeToString([]byte(a)) + "," + base64.RawURLEncoding.EncodeToString([]byte(b)),
		hex.EncodeToString([]byte(a)) + " \n# former\n" + strings.ToUpper(hex.EncodeToString([]byte(b))) + "\r\n",
	} {
		k, err := vault.Place{Value: text}.Load()
		if err != nil {
			t.Fatal(err)
		}
		if want := keys(t, "a", "\xff"); k.Fingerprints()[0] != want.Fingerprints()[0] || k.Fingerprints()[1] != want.Fingerprints()[1] {
			t.Errorf("%q gives other keys", text)
		}
	}
	for _, text := range []string{"", "#", "abc", strings.Repeat("a", 63), base64.StdEncoding.EncodeToString(make([]byte, 31)), base64.StdEncoding.EncodeToString(make([]byte, 33))} {
		if all, err := vault.Parse(text); err == nil {
			t.Errorf("%q gives %d keys", text, len(all))
		} else if len(text) > 3 && strings.Contains(err.Error(), text) {
			t.Errorf("the error tells the key: %v", err)
		}
	}
}

func TestAProgramThatRunsMeetsTheNextKeyInTheFile(t *testing.T) {
	p, running := made(t)
	if err := p.Add(); err != nil {
		t.Fatal(err)
	}
	other, err := p.Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(other.Fingerprints()) != 2 || other.Current() == running.Current() || other.Fingerprints()[1] != running.Current() {
		t.Fatalf("the file holds %v after %v", other.Fingerprints(), running.Fingerprints())
	}
	_, sealed, err := other.NewBox(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := running.Box(1, sealed); err != nil {
		t.Errorf("what was sealed under the next key: %v", err)
	}
	if running.Current() != other.Current() {
		t.Error("it goes on sealing under the former key")
	}
}

func TestOnlyKeysThatNothingStandsUnderAreForgotten(t *testing.T) {
	p, first := made(t)
	for range 2 {
		if err := p.Add(); err != nil {
			t.Fatal(err)
		}
	}
	all, err := p.Load()
	if err != nil {
		t.Fatal(err)
	}
	gone, err := p.Forget(func(f vault.Fingerprint) bool { return f == first.Current() })
	if err != nil || gone != 1 {
		t.Errorf("%d, %v", gone, err)
	}
	left, err := p.Load()
	if err != nil || len(left.Fingerprints()) != 2 || left.Current() != all.Current() || !left.Has(first.Current()) {
		t.Errorf("left %v, %v", left.Fingerprints(), err)
	}
}

func TestAKeyOfTheEnvironmentIsReplacedThere(t *testing.T) {
	p := vault.Place{Value: base64.StdEncoding.EncodeToString(make([]byte, 32))}
	if err := p.Add(); err == nil || !strings.Contains(err.Error(), "TIKKLOK_MASTER_KEY") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n# x\n")
	f.Add(hex.EncodeToString(make([]byte, 32)) + ",,")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := vault.Parse(text)
		if err == nil && len(all) == 0 {
			t.Error("no key and no error")
		}
		for _, key := range all {
			if len(key) != 32 {
				t.Errorf("a key of %d bytes", len(key))
			}
		}
	})
}
