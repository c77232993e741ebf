package fleet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// meanwhile runs second while the transaction of first is not committed yet,
// and gives its error: it waits for first, or is done before it.
func (h *house) meanwhile(first, second func(pg.Tx) error) error {
	h.Helper()
	done := make(chan error, 1)
	h.do(func(tx pg.Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		go func() { done <- h.try(second) }()
		for deadline := time.Now().Add(10 * time.Second); len(done) == 0 && !h.waits(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				h.Error("the second transaction neither waits nor ends")
				break
			}
		}
		return nil
	})
	return <-done
}

// waits says whether a transaction waits for another one's lock.
func (h *house) waits() bool {
	return pgtest.Exec(h, h.url, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
}

func (h *house) authority() *fleet.Authority {
	h.Helper()
	a := openAuthority(h.T, h.TempDir())
	h.do(func(tx pg.Tx) error {
		return fleet.RecordService(h.Context(), tx, fleet.CertificateAuthority, a.Certificate())
	})
	return a
}

func (h *house) request() *x509.CertificateRequest {
	h.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		h.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		h.Fatal(err)
	}
	r, err := fleet.ParseRequest(der, 0)
	if err != nil {
		h.Fatal(err)
	}
	return r
}

// enrolled makes a device the gateway by a code; its certificate is in use
// since long.
func (h *house) enrolled(a *fleet.Authority, id int64) (der []byte) {
	h.Helper()
	der = h.enrol(a, id)
	h.do(func(tx pg.Tx) error {
		return fleet.UseCertificate(h.Context(), tx, id, fleet.Seen{DER: der}, time.Now())
	})
	pgtest.Exec(h, h.url, "UPDATE gateway_certificate SET issued_at = now() - interval '1 year', used_at = now() - interval '1 year' RETURNING 1")
	return der
}

func (h *house) enrol(a *fleet.Authority, id int64) (der []byte) {
	h.Helper()
	h.do(func(tx pg.Tx) error {
		code, err := fleet.NewCode(h.Context(), tx, boss, id, time.Hour, time.Now())
		if err != nil {
			return err
		}
		der, err = fleet.Enrol(h.Context(), tx, a, id, code.Hash(), h.request(), time.Now())
		return err
	})
	return der
}

func (h *house) renew(a *fleet.Authority, id int64) func(pg.Tx) error {
	request := h.request()
	return func(tx pg.Tx) error {
		_, err := fleet.Renew(h.Context(), tx, a, id, request, time.Now())
		return err
	}
}

// good counts the certificates that a gateway may use.
func (h *house) good(id int64) int64 {
	return pgtest.Exec(h, h.url, "SELECT count(*) FROM gateway_certificate WHERE gateway_id = $1 AND ended_at IS NULL", id)
}

func TestWhatIsDoneTwiceAtOnceIsDoneOnce(t *testing.T) { // OB-H7
	for name, do := range map[string]func(h *house, gateway, reader, with int64) func(pg.Tx) error{
		"retire a reader": func(h *house, _, reader, _ int64) func(pg.Tx) error {
			return func(tx pg.Tx) error { return fleet.RetireReader(h.Context(), tx, reader, leave(fleet.PlaceLost)) }
		},
		"swap a reader": func(h *house, _, reader, with int64) func(pg.Tx) error {
			return func(tx pg.Tx) error {
				return fleet.SwapReader(h.Context(), tx, reader, fleet.ReaderSwap{With: with}, leave(fleet.PlaceLost))
			}
		},
		"retire a gateway": func(h *house, gateway, _, _ int64) func(pg.Tx) error {
			return func(tx pg.Tx) error { return fleet.RetireGateway(h.Context(), tx, gateway, leave(fleet.PlaceLost)) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			twice := do(h, h.gateway("Hal").ID, h.reader(memory+1, "", "Gate"), h.reader(memory+2, "", "New"))
			if err := h.meanwhile(twice, twice); !errors.Is(err, fleet.ErrRetired) {
				t.Errorf("the second one: %v, want %v", err, fleet.ErrRetired)
			}
			if all := h.shelf(); len(all) != 1 {
				t.Errorf("on the shelf: %+v", all)
			}
		})
	}
}

func TestADeviceThatLeavesGetsNoOtherCertificate(t *testing.T) { // OB-C11
	for name, leaves := range map[string]func(h *house, id int64) func(pg.Tx) error{
		"swapped": func(h *house, id int64) func(pg.Tx) error {
			return func(tx pg.Tx) error { return fleet.SwapGateway(h.Context(), tx, id, 0, leave(fleet.PlaceLost)) }
		},
		"revoked": func(h *house, id int64) func(pg.Tx) error {
			return func(tx pg.Tx) error { return fleet.RevokeGateway(h.Context(), tx, boss, id, time.Now()) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			for when, race := range map[string]func(h *house, leaves, renew func(pg.Tx) error){
				"asks before":         func(h *house, leaves, renew func(pg.Tx) error) { _ = h.meanwhile(renew, leaves) },
				"asks at that moment": func(h *house, leaves, renew func(pg.Tx) error) { _ = h.meanwhile(leaves, renew) },
				"asks afterwards": func(h *house, leaves, renew func(pg.Tx) error) {
					h.do(leaves)
					_ = h.try(renew)
				},
			} {
				t.Run(when, func(t *testing.T) {
					h := newHouse(t)
					a, g := h.authority(), h.gateway("Hal")
					h.enrolled(a, g.ID)
					race(h, leaves(h, g.ID), h.renew(a, g.ID))
					if n := h.good(g.ID); n != 0 {
						t.Errorf("%d of its certificates are good", n)
					}
				})
			}
		})
	}
}

// The device that was replaced may be connected for some seconds yet.
func TestAReplacedDeviceDoesNotComeBackByRenewing(t *testing.T) { // OB-C11
	h := newHouse(t)
	a, g := h.authority(), h.gateway("Hal")
	h.enrolled(a, g.ID)
	next := h.enrol(a, g.ID)
	pgtest.Exec(t, h.url, "UPDATE gateway_certificate SET issued_at = now() - interval '1 day' WHERE used_at IS NULL RETURNING 1") // set up elsewhere
	h.do(func(tx pg.Tx) error {
		return fleet.UseCertificate(t.Context(), tx, g.ID, fleet.Seen{DER: next}, time.Now())
	})
	if err := h.try(h.renew(a, g.ID)); !errors.Is(err, fleet.ErrTooSoon) {
		t.Errorf("asked right after another device took its place: %v", err)
	}
	if n := h.good(g.ID); n != 1 {
		t.Errorf("%d certificates are good, want the new device's", n)
	}
}

// A device that was set up beforehand is not locked out by the one it is to
// replace, whatever that one asks for.
func TestARenewalLeavesADeviceThatWaitsForItsPlaceAlone(t *testing.T) {
	h := newHouse(t)
	a, g := h.authority(), h.gateway("Hal")
	h.enrolled(a, g.ID)
	next := h.enrol(a, g.ID)
	pgtest.Exec(t, h.url, "UPDATE gateway_certificate SET issued_at = now() - interval '1 day' WHERE used_at IS NULL RETURNING 1")
	var renewed []byte
	request := h.request()
	h.do(func(tx pg.Tx) (err error) {
		renewed, err = fleet.Renew(t.Context(), tx, a, g.ID, request, time.Now())
		return err
	})
	for _, der := range [][]byte{renewed, next} {
		h.do(func(tx pg.Tx) error {
			return fleet.UseCertificate(t.Context(), tx, g.ID, fleet.Seen{DER: der}, time.Now())
		})
	}
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM gateway_certificate WHERE ended_at IS NULL AND certificate = $1", next); n != 1 || h.good(g.ID) != 1 {
		t.Errorf("the new device is locked out, or the old one let in: %d of %d", n, h.good(g.ID))
	}
}

// Behind an external broker a gateway only says when its certificate ends; two
// made in one second end together.
func TestAnEndThatTwoCertificatesShareSaysOfNeitherThatItIsUsed(t *testing.T) {
	h := newHouse(t)
	a, g := h.authority(), h.gateway("Hal")
	h.enrolled(a, g.ID)
	h.enrol(a, g.ID)
	until := time.Now().AddDate(1, 0, 0).Truncate(time.Second)
	pgtest.Exec(t, h.url, "UPDATE gateway_certificate SET not_after = $1 RETURNING 1", until)
	h.do(func(tx pg.Tx) error {
		return fleet.UseCertificate(t.Context(), tx, g.ID, fleet.Seen{Until: until}, time.Now())
	})
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM gateway_certificate WHERE ended_at IS NULL AND used_at IS NULL"); n != 1 || h.good(g.ID) != 2 {
		t.Errorf("%d wait for their first use, %d are good; want 1 and 2", n, h.good(g.ID))
	}
}
