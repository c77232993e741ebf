package main

import (
	"maps"

	"tikklok/firmware-sim"
)

// worked is the kind of a line whose minutes were worked.
const worked = "worked"

// compareBeside counts what stands beside the minutes worked: travel on each
// day at the hirer's, and nothing else.
func (v *verdict) compareBeside(what string, x explanation, truth []sim.Shift) {
	off := map[string]int{}
	for _, s := range truth {
		if s.Lines[0].Reader == yardName {
			off[travelCode] = travelMinutes // once a day
		}
	}
	for _, l := range x.Lines {
		if l.Kind != worked {
			off[l.Code] -= l.Minutes
		}
	}
	for code, n := range off {
		if n != 0 {
			v.wrong += abs(n)
			v.note("%s: code %s is off by %d minutes", what, code, n)
		}
	}
}

// compareWeek counts overtime again, from the sum of a week: above forty hours
// and the grace it is overtime, above the contract and the grace more hours. A
// week with minutes of a premium that is higher than those keeps them, so it is
// left out.
func (v *verdict) compareWeek(what string, codes map[string]int, pattern sim.Pattern) {
	if codes["200"]+codes["200F"] > 0 {
		return
	}
	sum := 0
	for n := range maps.Values(codes) {
		sum += n
	}
	overtime := max(0, sum-fullTimeWeek-grace)
	v.compareCode(what, codes, overtimeCode, overtime)
	contract := map[sim.Pattern]int{sim.PartTime: 24 * 60, sim.Split: 36 * 60}[pattern]
	if contract > 0 && codes["120"]+codes["140"] == 0 {
		v.compareCode(what, codes, moreCode, max(0, sum-overtime-contract-grace))
	}
}

func (v *verdict) compareCode(what string, codes map[string]int, code string, want int) {
	if off := codes[code] - want; off != 0 {
		v.wrong += abs(off)
		v.note("%s: %d minutes of code %s, truly %d", what, codes[code], code, want)
	}
}
