// Package refusal promises that what may never be kept about people is refused
// by name wherever it comes in, with the law that says so: a national number, an
// identity document, a picture, biometrics, and the special categories (OB-P2).
// It recognises what a column or field is called in the languages that customers
// write, and citizen service numbers in a column that is called something else.
package refusal

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What is something that is never kept.
type What string

// All that is refused.
const (
	National   What = "bsn"        // citizen service number, or another country's
	Identity   What = "identity"   // passport, identity card, a copy of one
	Photo      What = "photo"      // of a person
	Biometrics What = "biometrics" // fingerprint, face, iris
	Special    What = "special"    // health, origin, belief, trade union, criminal record
)

// All gives all.
func All() []What { return []What{National, Identity, Photo, Biometrics, Special} }

// Why gives the law's reason and the remedy.
func (w What) Why() string {
	switch w {
	case National:
		return "a national identification number is used only where a law prescribes it (UAVG article 46), and registering hours is not such a law; leave it out and use a personnel number"
	case Identity:
		return "an identity document is the employer's own wage administration to keep, and not needed to register hours (GDPR article 5(1)(c)); leave it out"
	case Photo:
		return "a picture of a person is not needed to register hours (GDPR article 5(1)(c), OB-P2); leave it out"
	case Biometrics:
		return "biometric data is prohibited where a fob does as well (GDPR article 9(1), UAVG article 29); leave it out"
	case Special:
		return "special categories of personal data and criminal records are prohibited here (GDPR articles 9(1) and 10); leave it out, an absence is only absent"
	}
	return ""
}

// Named says what is refused about a column, a field or a key, if anything is.
func Named(name string) (What, bool) {
	parts := words(name)
	whole := strings.Join(parts, "")
	for _, w := range All() {
		names := w.called()
		if slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(names.short, p) }) ||
			slices.ContainsFunc(names.long, func(stem string) bool { return strings.Contains(whole, stem) }) {
			return w, true
		}
	}
	return "", false
}

// words cuts a name where a letter's case, a sign or a digit does, in small
// letters without accents.
func words(name string) (parts []string) {
	var part strings.Builder
	end := func() {
		if part.Len() > 0 {
			parts = append(parts, part.String())
			part.Reset()
		}
	}
	before := ' '
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent
			continue
		case !unicode.IsLetter(r):
			end()
		default:
			if unicode.IsUpper(r) && unicode.IsLower(before) {
				end()
			}
			part.WriteString(plain(r))
		}
		before = r
	}
	end()
	return parts
}

// plain gives letters that have no accent to take away in plain ones.
func plain(r rune) string {
	switch r = unicode.ToLower(r); r {
	case 'ł':
		return "l"
	case 'ß':
		return "ss"
	case 'ı':
		return "i"
	}
	return string(r)
}

// names of what is refused: short ones stand as a word of their own, long ones
// anywhere in a name.
type names struct{ short, long []string }

// called is what things are called in Dutch, English, Polish, German and
// Romanian, the languages of the pages.
func (w What) called() names {
	switch w {
	case National:
		return names{
			short: []string{"bsn", "ssn", "sofi", "pesel", "cnp", "nip", "rvnr", "svnr", "niss", "insz"},
			long: []string{"burgerservice", "sofinummer", "sofinr", "bsnnummer", "bsnnr", "citizenservice", "socialsecurity", "nationalinsurance", "nationalid", "nationaalnummer", "rijksregister",
				"sozialversicherungsnummer", "steueridentifikation", "steuerid", "rentenversicherungsnummer", "numerpesel", "codnumericpersonal", "taxidentification", "fiscaalnummer"},
		}
	case Identity:
		return names{
			short: []string{"passport", "pasport", "paspoort", "buletin"},
			long: []string{"paspoort", "passport", "paszport", "pasaport", "reisepass", "identiteitsbewijs", "identiteitskaart", "idkaart", "idbewijs", "identitycard", "identitydocument", "idcard", "iddocument",
				"personalausweis", "ausweisnummer", "ausweiskopie", "dowodosobisty", "dowodu", "cartedeidentitate", "actdeidentitate", "rijbewijs", "driverslicen", "drivinglicen", "fuhrerschein", "prawojazdy",
				"permisdeconducere", "verblijfsvergunning", "residencepermit", "aufenthaltstitel", "identiteitskopie", "kopieid"},
		}
	case Biometrics:
		return names{
			short: []string{"iris", "face", "faceid", "gelaat", "gezicht", "gesicht", "twarz", "fata"},
			long: []string{"biometr", "vingerafdruk", "vingerscan", "fingerprint", "fingerscan", "fingerabdruck", "odciskpalca", "odciskipalcow", "odciski", "amprent", "gezichtsherkenning", "gezichtsscan", "facerecognition",
				"facialrecognition", "facetemplate", "gesichtserkennung", "rozpoznawanietwarzy", "recunoasterefaciala", "irisscan", "retina", "handpalm", "palmprint", "handvein", "stemherkenning", "voiceprint"},
		}
	case Photo:
		return names{
			short: []string{"pic", "selfie", "avatar", "zdjecie", "fotka", "poza", "bild", "lichtbild"},
			long:  []string{"foto", "photo", "picture", "portret", "portrait", "zdjecie", "fotografie", "passbild", "lichtbild", "profilbild", "pasfoto", "headshot"},
		}
	case Special:
		return names{
			short: []string{"ras", "race", "rasse", "rasa", "ziek", "sick", "krank", "boala", "boli", "geloof", "health", "disability", "vog"},
			long: []string{"ziekte", "ziekmelding", "verzuimreden", "gezondheid", "diagnos", "medisch", "medical", "sickness", "illness", "sickleave", "krankheit", "krankmeldung", "gesundheit", "choroba", "zdrowie", "zwolnienielekarskie",
				"sanatate", "handicap", "arbeidsongeschikt", "zwanger", "pregnan", "schwanger", "godsdienst", "religi", "levensovertuiging", "konfession", "wyznanie", "etnisch", "etniciteit", "ethnic", "etnic", "herkunft",
				"pochodzenieetniczne", "politieke", "political", "politisch", "vakbond", "tradeunion", "unionmember", "gewerkschaft", "zwiazekzawodowy", "sindicat", "seksuele", "sexual", "sexuell", "seksualn", "strafblad",
				"justitiele", "criminalrecord", "vorstrafen", "niekaraln", "cazierjudiciar"},
		}
	}
	return names{}
}
