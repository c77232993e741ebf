package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tikklok/gateway"
	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// clockBox is one gateway of an office with an EM4100 reader.
type clockBox struct {
	*office
	dir, port string
	reader    *os.File
	id        int64
}

func (o *office) clockBox(name string) *clockBox {
	o.t.Helper()
	b := &clockBox{office: o, dir: o.t.TempDir()}
	var code fleet.Code
	b.id, code = o.gateway(name)
	_, err := o.enrol(b.dir, code.Code)
	o.must(err)
	b.reader, b.port = rawLine(o.t)
	return b
}

// power starts the gateway; without a network it reaches nobody.
func (b *clockBox) power(network bool) (stop func()) {
	b.t.Helper()
	file := filepath.Join(b.dir, "enrolment.json")
	e, err := gateway.LoadEnrolment(file)
	b.must(err)
	if !network {
		e.Broker = "mqtts://127.0.0.1:1"
	}
	return b.run(func(ctx context.Context) error {
		return gateway.Run(ctx, gateway.Config{Enrolment: e, File: file, Journal: filepath.Join(b.dir, "journal"), Software: "test",
			Ports: []gateway.Port{{Path: b.port, Protocol: "em4100", Name: "door"}}, Log: slog.New(slog.DiscardHandler),
			Machine: gateway.Machine{Disciplined: func() (uint32, bool) { return 100, true }}})
	})
}

// tap holds a fob to the reader: RDM6300, ten digits and their sum.
func (b *clockBox) tap(fob byte) {
	b.t.Helper()
	_, err := fmt.Fprintf(b.reader, "\x0200000000%02X%02X\x03", fob, fob)
	b.must(err)
}

func (b *clockBox) arrived(n int) {
	b.t.Helper()
	b.until(fmt.Sprintf("%d taps of gateway %d", n, b.id), "(SELECT FROM registration WHERE origin = $1 HAVING count(*) = $2) x", b.id, n)
}

func fobNumber(n byte) wire.Fob {
	return wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: []byte{0, 0, 0, 0, n}}
}

// resolved says how many taps have a fob of that label.
func (o *office) resolved(label string, taps int) {
	o.t.Helper()
	o.until(fmt.Sprintf("%d taps of fob %s", taps, label), `(SELECT FROM registration r
		JOIN fob_token t ON t.tenant_id = r.tenant_id AND t.key_version = r.key_version AND t.token = r.token
		JOIN fob f ON f.tenant_id = t.tenant_id AND f.fob_id = t.fob_id AND f.label = $1 HAVING count(*) = $2) x`, label, taps)
}

// The token key is replaced while one gateway is connected and another has no
// network from before its start to after its end: not one tap is lost, and
// every tap of a registered fob still says whose it is (I7).
func TestTheTokenKeyIsReplacedWithoutLosingATap(t *testing.T) { // I7
	t.Parallel()
	o := newOffice(t)
	hall, shed := o.clockBox("Hall"), o.clockBox("Shed")
	o.in(func(ctx context.Context, tx pg.Tx) error { // known under key 1 only, as before any rotation
		key, err := tenant.Key(ctx, tx)
		o.must(err)
		for _, n := range []byte{1, 2} {
			if _, err := fleet.AddFob(ctx, tx, operator, fmt.Sprint("fob ", n), key.Version, []wire.Token{key.Token(fobNumber(n))}); err != nil {
				return err
			}
		}
		return nil
	})
	hall.power(true)
	cut := shed.power(false)
	hall.tap(1)
	hall.arrived(1)

	o.in(func(ctx context.Context, tx pg.Tx) error { return tenant.StartRotation(ctx, tx, operator, time.Now()) })
	o.until("the next key at the hall", "gateway_desired WHERE gateway_id = $1 AND reported_key = 2 AND reported = version", hall.id)
	hall.tap(2)
	hall.arrived(2)
	shed.tap(1)
	shed.tap(9) // nobody registered it yet
	finish := func(leave bool) (unseen []fleet.Fob, err error) {
		err = o.app.InTenant(t.Context(), o.tenant, func(tx pg.Tx) (err error) {
			unseen, err = fleet.FinishRotation(t.Context(), tx, operator, time.Now(), leave)
			return err
		})
		return unseen, err
	}
	if unseen, err := finish(false); !errors.Is(err, fleet.ErrUnseen) || len(unseen) != 1 || unseen[0].Label != "fob 1" {
		t.Errorf("finish: %v with %+v unseen, want fob 1", err, unseen)
	}
	_, err := finish(true)
	o.must(err)
	o.until("the new key at the hall", "gateway_desired WHERE gateway_id = $1 AND reported = version", hall.id)
	hall.tap(1) // under key 2; the hall has key 1 too, and tells whose it is
	hall.arrived(3)
	o.resolved("fob 1", 2)
	o.resolved("fob 2", 1)

	cut()
	shed.power(true) // what it kept comes under key 1
	shed.arrived(2)
	o.resolved("fob 1", 3)
	o.until("the new key in the shed", "gateway_desired WHERE gateway_id = $1 AND reported_key = 2 AND reported = version", shed.id)
	shed.tap(9)
	shed.arrived(3)
	o.in(func(ctx context.Context, tx pg.Tx) error { // registered by its tap under key 2: that under key 1 is its own too
		ring, _, err := tenant.Ring(ctx, tx)
		o.must(err)
		key, _ := ring.Key(2)
		_, err = fleet.Register(ctx, tx, operator, "fob 9", 2, []wire.Token{key.Token(fobNumber(9))})
		return err
	})
	o.resolved("fob 9", 2)
	if n := o.exec("SELECT count(*) FROM twin_conflict"); n != 0 {
		t.Errorf("%d contradictions", n)
	}
}

// A fob that was lost is known at a gateway that is connected after the next
// round; rounds are 10 s apart where people use them (OB-C5).
func TestAGatewayThatIsConnectedKnowsABlockedFobSoon(t *testing.T) { // OB-C5
	t.Parallel()
	o := newOffice(t)
	hall := o.clockBox("Hall")
	hall.power(true)
	o.until("online, with settings", "gateway_desired WHERE gateway_id = $1 AND reported = version", hall.id)
	o.in(func(ctx context.Context, tx pg.Tx) error {
		fob, err := fleet.RegisterNumber(ctx, tx, operator, "fob 1", fobNumber(1))
		o.must(err)
		return fleet.Return(ctx, tx, operator, fob.ID, time.Now(), string(fleet.StatusLost))
	})
	o.until("a new version", "gateway_desired WHERE gateway_id = $1 AND reported < version", hall.id)
	o.until("in use at the gateway", "gateway_desired WHERE gateway_id = $1 AND reported = version", hall.id)
}
