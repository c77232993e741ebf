package refusal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWhatMayNeverBeKeptIsKnownByName(t *testing.T) { // OB-P2
	for what, names := range map[What][]string{
		National:   {"BSN", "bsn", "BSN-nummer", "bsn_nr", "burgerServiceNummer", "Burgerservicenummer", "sofinummer", "Sofi-nr.", "SSN", "social_security_number", "PESEL", "numer PESEL", "CNP", "Cod numeric personal", "Sozialversicherungsnummer", "Steuer-ID", "employeeBsn"},
		Identity:   {"paspoort", "Paspoortnummer", "kopie paspoort", "ID-kaart", "identiteitsbewijs", "passport_no", "id_card", "Personalausweis", "dowód osobisty", "Carte de identitate", "rijbewijsnummer", "Führerschein", "residence permit"},
		Photo:      {"foto", "Pasfoto", "fotoUrl", "photo", "profile_picture", "zdjęcie", "Passbild", "selfie", "avatar"},
		Biometrics: {"vingerafdruk", "fingerprint", "Fingerabdruck", "odcisk palca", "amprentă", "biometric_template", "Biometrie", "face_id", "irisscan", "gezichtsherkenning"},
		Special:    {"ziekte", "Ziekmelding", "reden ziek", "diagnose", "health", "Krankheit", "choroba", "boală", "religie", "geloof", "Konfession", "wyznanie", "etniciteit", "ras", "vakbond", "trade union", "Gewerkschaft", "strafblad", "VOG", "seksuele voorkeur"},
	} {
		for _, name := range names {
			if got, refused := Named(name); !refused || got != what {
				t.Errorf("%q is taken for %q, want %q", name, got, what)
			}
		}
		if !slices.Contains(All(), what) || what.Why() == "" {
			t.Errorf("%s has no reason", what)
		}
	}
}

func TestOrdinaryNamesAreNotRefused(t *testing.T) {
	for _, name := range []string{"", "personeelsnummer", "achternaam", "voornaam", "surname", "email", "contract", "uren vanaf", "kostenplaats", "cost centre", "datum", "pauze", "site", "vestiging", "afwezig", "absence",
		"geboortedatum", "opmerking", "surface", "interface", "terras", "tracer", "adres", "telefoon", "nipper", "verzekering", "idee", "grid", "component", "betekenis", "ploeg", "afdeling"} {
		if what, refused := Named(name); refused {
			t.Errorf("%q is refused as %q", name, what)
		}
	}
}

func TestCitizenServiceNumbersPassTheElevenTest(t *testing.T) {
	for text, want := range map[string]bool{
		"123456782": true, "249566758": true, "111222333": true, "1234.56.782": true, " 123456782 ": true, "10000008": numberOf("010000008"),
		"123456789": false, "000000000": false, "00000000": false, "12345678": numberOf("012345678"), "1234567": false, "1234567820": false, "12345678a": false, "": false, "١٢٣٤٥٦٧٨٢": false,
	} {
		if got := IsBSN(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

// numberOf is the eleven-test once more, in the other direction.
func numberOf(text string) bool {
	sum := 0
	for i := range 8 {
		sum += (9 - i) * int(text[i]-'0')
	}
	return sum%11 == int(text[8]-'0')
}

// passing gives numbers that pass the test, from one on.
func passing(n int) (all []string) {
	for i := 200000000; len(all) < n; i++ {
		if text := fmt.Sprint(i); IsBSN(text) {
			all = append(all, text)
		}
	}
	return all
}

func TestAColumnOfCitizenServiceNumbersIsFoundWhateverItIsCalled(t *testing.T) {
	bsn := passing(40)
	for name, c := range map[string]struct {
		values []string
		found  bool
	}{
		"numbers that all pass":           {bsn, true},
		"the same with blanks and a typo": {append(append([]string{"", " "}, bsn...), "123456789"), true},
		"three of them":                   {bsn[:3], false},
		"one of them, many times":         {slices.Repeat(bsn[:1], 50), false},
		"numbers of nine digits in order": {inOrder(100000000, 200), false},
		"numbers of eight digits":         {inOrder(20260101, 200), false},
		"a few among names":               {append([]string{"Jansen", "Bakker", "Visser", "Smit", "Mulder", "Bos"}, bsn[:4]...), false},
		"nothing":                         {nil, false},
	} {
		var w Watch
		for _, v := range c.values {
			w.Note([]string{"vast", v})
		}
		if got := w.Found(); len(got) > 0 != c.found || c.found && !slices.Equal(got, []int{1}) {
			t.Errorf("%s: found %v", name, got)
		}
	}
}

func inOrder(from, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(from+i))
	}
	return all
}

func FuzzNamed(f *testing.F) {
	for _, name := range []string{"BSN", "dowód osobisty", "kopieID", "\xff", "ß", strings.Repeat("a", 1000)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		what, refused := Named(name)
		if refused != (what.Why() != "") {
			t.Errorf("%q: %q, %t", name, what, refused)
		}
		if again, _ := Named(strings.ToUpper(name)); refused && strings.ToLower(strings.ToUpper(name)) == name && again != what {
			t.Errorf("%q is %q, in capitals %q", name, what, again)
		}
	})
}
