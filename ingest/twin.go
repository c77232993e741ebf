package ingest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// What one gateway may have us remember: twins of fobs that nobody registered,
// and contradictions that nobody closed. More is left alone and logged; its
// taps are taken in all the same.
const (
	strangeTwins  = 20_000
	openConflicts = 1000
)

// twinClaim is one gateway saying that two tokens are one fob's (I7).
type twinClaim struct {
	tenant  int64
	gateway uint32
	wire.Twin
}

// twinFacts is what is known of the tokens of a claim.
type twinFacts struct {
	oldFob, newFob int64 // 0: of none
	newOf, oldOf   []byte
	strange        int // twins that its gateway has brought so far
}

// verdict says what becomes of a claim.
type verdict int

const (
	twinKnown verdict = iota
	twinAccepted
	twinContradicts
	twinTooMany
)

// judge holds a claim against what is known, the group's own earlier claims
// too. One token has one twin under another version; whoever says otherwise is
// not believed, nor that two fobs are one.
func (c twinClaim) judge(f twinFacts) verdict {
	switch {
	case bytes.Equal(f.newOf, c.New[:]) && bytes.Equal(f.oldOf, c.Old[:]):
		return twinKnown
	case f.newOf != nil || f.oldOf != nil, f.oldFob != 0 && f.newFob != 0 && f.oldFob != f.newFob:
		return twinContradicts
	case f.oldFob == 0 && f.newFob == 0 && f.strange >= strangeTwins:
		return twinTooMany
	}
	return twinAccepted
}

// settleTwins takes in what a group says of fobs under two keys: a fob known
// under one gets its token under the other, and of one that nobody registered
// both are remembered. Nothing here refuses a batch: its taps are good.
func (c *committer) settleTwins(ctx context.Context, tx pg.Tx, group []*message) error {
	claims := claimsOf(group)
	if len(claims) == 0 {
		return nil
	}
	tenants := tenantsOf(group)
	if err := fleet.LockTokens(ctx, tx, tenants); err != nil {
		return err
	}
	claims, err := c.inRotation(ctx, tx, claims)
	if err != nil {
		return err
	}
	for len(claims) > 0 { // pair of versions by pair, so that none rests on another of its own step
		n := slices.IndexFunc(claims, func(t twinClaim) bool { return !t.beside(claims[0]) })
		if n < 0 {
			n = len(claims)
		}
		if err := c.settlePair(ctx, tx, claims[:n]); err != nil {
			return err
		}
		claims = claims[n:]
	}
	return nil
}

// beside says whether two claims are of one tenant and pair of versions.
func (c twinClaim) beside(d twinClaim) bool {
	return c.tenant == d.tenant && c.OldVersion == d.OldVersion && c.NewVersion == d.NewVersion
}

// claimsOf gives the twins of a group, each once a gateway, sorted.
func claimsOf(group []*message) (claims []twinClaim) {
	for _, m := range group {
		for _, t := range m.batch.Twins {
			if t.OldVersion > t.NewVersion {
				t = wire.Twin{OldVersion: t.NewVersion, NewVersion: t.OldVersion, Old: t.New, New: t.Old}
			}
			claims = append(claims, twinClaim{m.from.tenant, m.from.id, t})
		}
	}
	slices.SortFunc(claims, func(a, b twinClaim) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.OldVersion, b.OldVersion), cmp.Compare(a.NewVersion, b.NewVersion),
			bytes.Compare(a.Old[:], b.Old[:]), bytes.Compare(a.New[:], b.New[:]), cmp.Compare(a.gateway, b.gateway))
	})
	return slices.Compact(claims)
}

// inRotation leaves out claims of keys that gateways should not have.
func (c *committer) inRotation(ctx context.Context, tx pg.Tx, claims []twinClaim) ([]twinClaim, error) {
	rings := map[int64]wire.KeyRing{}
	refused := map[uint32]int{}
	kept := claims[:0]
	for _, t := range claims {
		ring, asked := rings[t.tenant]
		if !asked {
			var err error
			if err = nameTenant(ctx, tx, t.tenant); err != nil {
				return nil, err
			}
			if ring, _, err = tenant.Ring(ctx, tx); err != nil && !errors.Is(err, tenant.ErrNoKey) {
				return nil, err
			}
			rings[t.tenant] = ring
		}
		_, old := ring.Key(t.OldVersion)
		_, new := ring.Key(t.NewVersion)
		if !old || !new {
			refused[t.gateway]++
			continue
		}
		kept = append(kept, t)
	}
	for id, n := range refused {
		c.log.Warn("twins under keys that no gateway should have were left alone", "gateway", id, "twins", n)
	}
	return kept, nil
}

// settlePair brings claims of one tenant and pair of versions to an end.
func (c *committer) settlePair(ctx context.Context, tx pg.Tx, claims []twinClaim) error {
	facts, err := queryTwinFacts(ctx, tx, claims)
	if err != nil {
		return err
	}
	sorted := sortTwins(claims, facts)
	for id, n := range sorted.tooMany {
		c.log.Error("a gateway tells of more fobs that nobody registered than are remembered", "gateway", id, "left_alone", n)
	}
	if err := insertTwins(ctx, tx, sorted.accepted); err != nil {
		return err
	}
	if err := adopt(ctx, tx, sorted.accepted); err != nil {
		return err
	}
	return c.alarmTwins(ctx, tx, sorted.contradict)
}

type sortedTwins struct {
	accepted, contradict []twinClaim
	tooMany              map[uint32]int // by gateway
}

// sortTwins judges claims of one pair of versions in their order, each knowing
// those before it.
func sortTwins(claims []twinClaim, facts []twinFacts) sortedTwins {
	out := sortedTwins{tooMany: map[uint32]int{}}
	strange := map[uint32]int{}
	newOf, oldOf := map[wire.Token]wire.Token{}, map[wire.Token]wire.Token{}
	for i, t := range claims {
		f := facts[i]
		f.strange += strange[t.gateway]
		if n, ok := newOf[t.Old]; ok {
			f.newOf = n[:]
		}
		if o, ok := oldOf[t.New]; ok {
			f.oldOf = o[:]
		}
		switch t.judge(f) {
		case twinAccepted:
			out.accepted = append(out.accepted, t)
			newOf[t.Old], oldOf[t.New] = t.New, t.Old
			strange[t.gateway]++
		case twinContradicts:
			out.contradict = append(out.contradict, t)
		case twinTooMany:
			out.tooMany[t.gateway]++
		}
	}
	return out
}

func adopt(ctx context.Context, tx pg.Tx, accepted []twinClaim) error {
	var tenants []int64
	var versions []int16
	var tokens [][]byte
	for _, t := range accepted {
		tenants = append(tenants, t.tenant, t.tenant)
		versions = append(versions, int16(t.OldVersion), int16(t.NewVersion))
		tokens = append(tokens, bytes.Clone(t.Old[:]), bytes.Clone(t.New[:]))
	}
	if len(tenants) == 0 {
		return nil
	}
	return fleet.AdoptTwins(ctx, tx, tenants, versions, tokens)
}

// alarmTwins keeps contradictions for a person, never silently: two fobs have
// one token, or a gateway lies.
func (c *committer) alarmTwins(ctx context.Context, tx pg.Tx, claims []twinClaim) error {
	if len(claims) == 0 {
		return nil
	}
	news, err := insertTwinConflicts(ctx, tx, claims)
	if err != nil {
		return err
	}
	for _, n := range news {
		c.log.Error("a gateway tells that two fobs are one", "tenant", claims[0].tenant, "gateway", n.gateway, "twins", n.count)
		if err := nameTenant(ctx, tx, claims[0].tenant); err != nil {
			return err
		}
		err := audit.Append(ctx, tx, audit.Entry{Action: "twin_conflict.found", SubjectKind: "twin_conflict", SubjectID: n.first,
			By: audit.Actor{Kind: audit.Gateway, ID: int64(n.gateway)}, Payload: map[string]any{"twins": n.count,
				"versions": fmt.Sprint(claims[0].OldVersion, " ", claims[0].NewVersion)}})
		if err != nil {
			return err
		}
	}
	return nil
}
