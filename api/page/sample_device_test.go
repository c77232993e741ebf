package page

import (
	"math"
	"time"

	"tikklok/ingest/fleet"
)

// sampleChain judges invented facts, so that the samples say what the product
// would.
func sampleChain(change func(*fleet.Facts)) Chain {
	now := on(13, 14, 12)
	ago := func(d time.Duration) *time.Time { t := now.Add(-d); return &t }
	f := fleet.Facts{
		Gateway:  fleet.Gateway{ID: 1, Online: true, Clock: "disciplined", LastHeard: ago(time.Minute), CertificateUntil: ago(-400 * 24 * time.Hour)},
		Told:     fleet.Told{At: ago(time.Minute), Settings: 7, KeyVersion: 1, Uptime: 9, MachineUptime: 9, Booted: ago(400 * time.Hour), Signal: -79},
		Enrolled: true, SettingsWanted: 7, KeyWanted: 1, Readers: []fleet.Reader{{Name: "Poort", Key: "gate", Health: "ok"}},
		Servers: []fleet.Heartbeat{{At: now.Add(-9 * time.Second), Hears: true}}, BrokerCertificateUntil: ago(-200 * 24 * time.Hour),
	}
	change(&f)
	found := fleet.Diagnose(f, now)
	c := Chain{Verdict: string(found.Verdict), Remedy: Remedy(found.Remedy)}
	for _, s := range found.Chain {
		link := ChainLink{Name: string(s.Link), Verdict: string(s.Verdict), Remedy: Remedy(s.Remedy)}
		for _, e := range s.Evidence {
			link.Evidence = append(link.Evidence, Found(e, now))
		}
		c.Links = append(c.Links, link)
		if len(found.Culprits) > 0 && s.Link == found.Culprits[0] {
			c.Causes = link.Evidence
		}
	}
	return c
}

func healthyChain() Chain { return sampleChain(func(*fleet.Facts) {}) }

func noisyChain() Chain {
	return sampleChain(func(f *fleet.Facts) {
		since := on(13, 11, 40)
		f.Readers = append(f.Readers, fleet.Reader{Name: "Kantine", Key: "k", Health: "41 damaged frames: check cable and earth", HealthSince: &since})
	})
}

// brokenChain is a gateway that is away after weak radio.
func brokenChain() Chain {
	return sampleChain(func(f *fleet.Facts) {
		since := on(13, 9, 31)
		f.Online, f.OfflineSince, f.OfflineHow, f.LastHeard, f.Signal, f.Lost = false, &since, fleet.OfflineWill, &since, -109, "i/o timeout"
		f.Others = []fleet.Neighbour{{Online: true}, {Online: true}}
	})
}

func sampleChart(low, high, mark float64, bars bool, value func(day int) float64) Chart {
	c := Chart{From: on(13, 14, 12).AddDate(0, 0, -30), To: on(13, 14, 12), Low: low, High: high, Mark: mark, Bars: bars, Step: 24 * time.Hour}
	for day := range 30 {
		if day < 18 || day > 20 { // three days of silence
			c.Points = append(c.Points, Point{At: c.From.AddDate(0, 0, day), Value: value(day)})
		}
	}
	return c
}

func sampleGateway(lang string) *GatewayDetail {
	devices := sampleDevices(lang)
	v := &GatewayDetail{
		Frame: sampleFrame(lang, "/devices/gateways/2"), Gateway: devices.Sites[1].Gateways[0], Site: "Amsterdam", SiteID: 2, MayManage: true,
		Facts:    GatewayFacts{Told: on(13, 9, 31), Booted: on(2, 7, 12), CertificateUntil: on(13, 0, 0).AddDate(1, 3, 0), MonthBytes: 812_400, Signal: -109},
		Readers:  devices.Sites[1].Readers,
		Signal:   sampleChart(-120, -50, -105, false, func(d int) float64 { return -85 - 20*math.Abs(math.Sin(float64(d)/4)) }),
		Connects: sampleChart(0, 0, 0, true, func(d int) float64 { return float64(1 + d*d%7) }),
		Unsent:   sampleChart(0, 0, 0, false, func(d int) float64 { return float64(d * d % 40) }),
		Bytes:    sampleChart(0, 0, 0, true, func(d int) float64 { return float64(30_000 + d*d%9*4000) }),
		Outages:  []Outage{{Since: on(12, 22, 10), Until: on(12, 23, 2), Cause: "network"}, {Since: on(2, 3, 0), Until: on(2, 7, 13), Cause: "power"}},
		Served:   []Hardware{{ID: 1, Kind: "gateway", Label: "Gateway Amsterdam", Place: "defective", Reason: "schijf stuk", Since: on(1, 10, 0)}},
		Sites:    []Option{{Value: "1", Label: "Haarlem"}, {Value: "2", Label: "Amsterdam", Chosen: true}},
		Spares:   []Option{{Label: "–"}, {Value: "3", Label: "GW-0042"}},
	}
	v.Enrolment.Until = v.Facts.CertificateUntil
	return v
}

func sampleReader(lang string) *ReaderDetail {
	return &ReaderDetail{
		Frame: sampleFrame(lang, "/devices/readers/3"), Reader: sampleDevices(lang).Sites[0].Readers[2], Site: "Haarlem", SiteID: 1, Memory: true, MayManage: true,
		Battery:  sampleChart(0, 100, 20, false, func(d int) float64 { return 34 - float64(d)*.75 }),
		Radio:    sampleChart(-120, -40, 0, false, func(d int) float64 { return -70 - 9*math.Abs(math.Cos(float64(d))) }),
		Kept:     Chart{From: on(1, 0, 0), To: on(13, 0, 0)},
		Replaces: &RetiredDevice{Kind: "reader", ID: 8, Name: "Kantine", At: on(1, 9, 0)},
		Sites:    []Option{{Value: "1", Label: "Haarlem", Chosen: true}}, Others: []Option{{Value: "9", Label: "100000009 · Haarlem"}},
		FormFor: "retire", Form: Form{Values: map[string]string{"place": "lost"}, Problems: map[string]Message{"reason": Say("problem.reason")}},
	}
}

// sampleRetired is a reader without memory that somebody took out of use.
func sampleRetired(lang string) *ReaderDetail {
	return &ReaderDetail{
		Frame: sampleFrame(lang, "/devices/readers/6"), Reader: Reader{ID: 6, Name: "Magazijn", Gateway: "Gateway Haarlem", Protocol: "em4100", Mode: "toggle", Health: "ok"},
		Site: "Haarlem", SiteID: 1, GatewayID: 1, MayManage: true, Retired: &RetiredDevice{At: on(9, 16, 2), By: "Ilse Verhoeven", Reason: "poort weggehaald"},
	}
}

func sampleStock() DeviceStock {
	return DeviceStock{
		Gateways: StockLine{InUse: 2, Spare: 1, Defective: 1}, Readers: StockLine{InUse: 5, Spare: 3, Returned: 1},
		Shelf: []Hardware{
			{ID: 3, Kind: "gateway", Label: "GW-0042", Place: "spare", Since: on(1, 9, 0)},
			{ID: 1, Kind: "gateway", Label: "Gateway Amsterdam", Place: "defective", Reason: "schijf stuk", Since: on(1, 10, 0)},
		},
		Fobs:    []FobStock{{Design: 2, Out: 18, InStock: 4, Lost: 1, LostAYear: 1}, {Design: 1, Out: 6, InStock: 1, Lost: 5, Returned: 12, LostAYear: 2}},
		Retired: []RetiredDevice{{Kind: "reader", ID: 6, Name: "Magazijn", Site: "Haarlem", At: on(9, 16, 2), By: "Ilse Verhoeven", Reason: "poort weggehaald"}},
	}
}
