package rule

import "slices"

// Codes gives every code that minutes may have by these rules, each once:
// those of work, premiums and what is paid besides; absence has its own.
func (r Rules) Codes() (out []string) {
	for _, u := range r.uses() {
		if !r.Absence(u.code) && !slices.Contains(out, u.code) {
			out = append(out, u.code)
		}
	}
	return out
}

// Absence says whether a code is that of absence, or of what an absence may be
// besides (TakeUpCodes).
func (r Rules) Absence(code string) bool {
	return code == r.absentCode() || slices.Contains(r.TakeUpCodes, code)
}
