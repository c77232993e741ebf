package main

import (
	"crypto/tls"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

// enrolled is what enrolment gave one gateway.
type enrolled struct {
	id          int64
	tls         tls.Certificate
	fingerprint [32]byte
}

// issueAll makes keys and certificates on all cores.
func issueAll(authority *fleet.Authority, all []enrolled) error {
	var work sync.WaitGroup
	errs := make(chan error, runtime.NumCPU())
	for core := range runtime.NumCPU() {
		work.Go(func() {
			for i := core; i < len(all); i += runtime.NumCPU() {
				if err := all[i].issue(authority); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	work.Wait()
	close(errs)
	return <-errs
}

func (e *enrolled) issue(authority *fleet.Authority) error {
	certificate, key, fingerprint, err := authority.IssueGateway(uint32(e.id))
	if err != nil {
		return err
	}
	e.fingerprint = fingerprint
	e.tls, err = tls.X509KeyPair(certificate, key)
	return err
}

// gateways makes the gateways as they are when the outage ends, with the live
// taps that they are going to have.
func (s *storm) gateways(all []enrolled, authority *fleet.Authority, address string, tally *stormTally, ended time.Time) []*stormGateway {
	roots, fleet := authority.Pool(), make([]*stormGateway, len(all))
	for i, e := range all {
		g := &stormGateway{id: uint32(e.id), address: address, tally: tally, random: rand.New(rand.NewPCG(s.Seed, uint64(i))),
			tls: &tls.Config{Certificates: []tls.Certificate{e.tls}, RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13,
				NextProtos: []string{wire.ProtocolMQTT}, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256}}}
		g.outage(s.Backlog, ended)
		for range s.Live {
			g.moments = append(g.moments, ended.Add(time.Duration(g.random.Int64N(int64(s.During)))))
		}
		sortTimes(g.moments)
		fleet[i] = g
	}
	return fleet
}
