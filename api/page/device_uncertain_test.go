package page

import "time"

// sampleUncertain is a reader that lost power, and one with a clock nobody set.
func sampleUncertain() DeviceUncertain {
	problem := Say("problem.datetime")
	return DeviceUncertain{
		MayDecide: true, More: true,
		Groups: []UncertainGroup{
			{Key: "g1", Reader: "Lezer 7", Site: "Haarlem", Why: "power", Taps: []UncertainTap{
				{Tap: "100000005/00000000000000a1/412", Employee: 1, Name: "Bakker, Joris", Number: "10412", Day: on(12, 0, 0), Shown: on(12, 7, 31), Uncertainty: 22 * 60_000,
					Arrived: on(12, 9, 2), Device: on(12, 7, 40), Estimate: on(12, 7, 40), Basis: "device", At: "2026-11-12T07:40:00", Chosen: true},
				{Tap: "100000005/00000000000000a1/413", Employee: 2, Name: "Van der Heijden-Oosterhuis, Annemarie", Number: "10413", Day: on(12, 0, 0), Shown: on(12, 7, 36), Uncertainty: 21 * 60_000,
					Arrived: on(12, 9, 2), Estimate: on(12, 7, 36).Add(12 * time.Second), Basis: "estimate", At: "2026-11-12T07:36:12", Chosen: true},
			}},
			{Key: "g2", Reader: "Voordeur", Site: "Amsterdam", Why: "unset", Taps: []UncertainTap{
				{Tap: "2/00000000000000b2/9", Employee: 3, Name: "El Amrani, Yusuf", Number: "10455", Day: on(13, 0, 0), Shown: on(13, 9, 30), Uncertainty: -1, Arrived: on(13, 9, 30), Problem: &problem},
			}},
		},
		Clocks: []DoubtfulClock{{Device: "Gateway Amsterdam", Doubt: "future", Times: 3, At: on(13, 9, 31)}},
	}
}
