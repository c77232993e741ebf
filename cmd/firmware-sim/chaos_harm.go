package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

// stepClock sets the clock of a post's machine: from then on nobody disciplines
// it. After a while it is as before.
func (p *post) stepClock(ctx context.Context, f sim.Fault, to clockFile) error {
	b := p.gateway()
	to.Since = time.Now()
	if err := b.step(to); err != nil {
		return err
	}
	sleepFor(ctx, f.For)
	return b.step(b.clock)
}

// meddle lets the eavesdropper do harm for a while.
func (p *post) meddle(ctx context.Context, f sim.Fault, faults sim.TrafficFaults) error {
	e := p.gateway().eavesdropper
	e.Fail(faults)
	sleepFor(ctx, f.For)
	e.Fail(sim.TrafficFaults{})
	return nil
}

// swapBattery changes the battery of a reader with memory: a new epoch.
func (p *post) swapBattery(random *rand.Rand) string {
	var there []*device
	for _, d := range p.devices {
		if d.reader() != nil {
			there = append(there, d)
		}
	}
	if len(there) == 0 {
		return " (none is there yet)"
	}
	d := there[random.IntN(len(there))]
	d.reader().Swap(time.Now())
	return " (" + d.name + ")"
}

// unplug takes a reader's port away and brings it back. Readers without memory
// lose what is presented meanwhile.
func (p *post) unplug(ctx context.Context, f sim.Fault, random *rand.Rand) (string, error) {
	d := p.devices[random.IntN(len(p.devices))]
	d.setAway(true)
	from := time.Now()
	if err := d.port.Vanish(); err != nil {
		return "", err
	}
	sleepFor(ctx, f.For)
	if err := d.port.Return(); err != nil {
		return "", err
	}
	err := until(ctx, d.name+" to be opened again", 60*time.Second, func() (bool, error) {
		return p.gateway().process.holds(d.port.Path())
	})
	sleepFor(ctx, settle)
	p.gap(d, span{from: from, to: time.Now()})
	d.setAway(false)
	return " (" + d.name + ")", err
}

func (d *device) setAway(away bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = away
}

// reader gives the reader with memory; nil: it is another one, or not there yet.
func (d *device) reader() *sim.Reader {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.link
}

// fillDisk leaves no room for the journal for a while: no file of the gateway
// may grow.
func (p *post) fillDisk(ctx context.Context, f sim.Fault) (string, error) {
	from, b := time.Now(), p.gateway()
	if err := b.fileSize(0); err != nil {
		return "", err
	}
	sleepFor(ctx, f.For)
	err := b.fileSize(-1)
	sleepFor(ctx, settle)
	p.gap(nil, span{from: from, to: time.Now(), full: true})
	return " (by limiting the size of files)", err
}

// segments gives the files of a journal, oldest first.
func (b *box) segments() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(b.journal(), "*.log"))
	if err != nil {
		return nil, fmt.Errorf("journal of %s: %w", b.name, err)
	}
	slices.Sort(files)
	return files, nil
}

// tear kills the gateway and leaves its journal as a power cut would. At a desk
// half a record stands behind the last one, which nobody was told green for;
// where readers keep their taps, up to 600 bytes of the journal are gone, as
// when a disk lied (I2).
func (c *chaosRun) tear(ctx context.Context, p *post, random *rand.Rand) (string, error) {
	if _, err := c.killGateway(p); err != nil {
		return "", err
	}
	files, err := p.gateway().segments()
	if err != nil || len(files) == 0 {
		return "", c.orStart(ctx, p, err)
	}
	last := files[len(files)-1]
	what := ""
	if c.isDesk(p.number) {
		what, err = appendHalf(last, random)
	} else {
		what, err = cutTail(last, int64(1+random.IntN(600)))
	}
	return what, c.orStart(ctx, p, err)
}

// orStart starts the gateway again, unless something failed.
func (c *chaosRun) orStart(ctx context.Context, p *post, err error) error {
	if err != nil {
		return err
	}
	return p.start(ctx)
}

func appendHalf(path string, random *rand.Rand) (string, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return "", fmt.Errorf("tearing a journal: %w", err)
	}
	defer f.Close()
	half := make([]byte, 1+random.IntN(40))
	for i := range half {
		half[i] = byte(random.Uint32())
	}
	_, err = f.Write(half)
	return fmt.Sprintf(" (%d bytes of a record that was never whole)", len(half)), err
}

const segmentHead = 26 // bytes, as gateway/journal says

func cutTail(path string, bytes int64) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("tearing a journal: %w", err)
	}
	bytes = max(min(bytes, info.Size()-segmentHead), 0)
	return fmt.Sprintf(" (%d bytes gone)", bytes), os.Truncate(path, info.Size()-bytes)
}

// flip kills the gateway of a post whose readers all have memory and turns
// bits over in its journal.
func (c *chaosRun) flip(ctx context.Context, p *post, random *rand.Rand) (string, error) {
	if _, err := c.killGateway(p); err != nil {
		return "", err
	}
	files, err := p.gateway().segments()
	if err != nil || len(files) == 0 {
		return "", c.orStart(ctx, p, err)
	}
	path := files[random.IntN(len(files))]
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("flipping bits of a journal: %w", err)
	}
	flips := 1 + random.IntN(20)
	for range flips {
		content[random.IntN(len(content))] ^= 1 << random.IntN(8)
	}
	err = os.WriteFile(path, content, 0o600)
	return fmt.Sprintf(" (%d bits in %d bytes)", flips, len(content)), c.orStart(ctx, p, err)
}

// restoreImage makes an image of a desk's journal, lets people tap on, and when
// the server has all taps that only this journal could hold, puts the image
// back. What must not happen then: that a name is given again (I1).
func (c *chaosRun) restoreImage(ctx context.Context, p *post, f sim.Fault) (string, error) {
	b := p.gateway()
	image := b.journal() + ".image"
	if _, err := c.killGateway(p); err != nil {
		return "", err
	}
	if err := os.CopyFS(image, os.DirFS(b.journal())); err != nil {
		return "", fmt.Errorf("image of a journal: %w", err)
	}
	if err := p.start(ctx); err != nil {
		return "", err
	}
	sleepFor(ctx, f.For)
	p.hush(true)
	defer p.hush(false)
	for range restoreTries {
		c.quieten(ctx, p)
		if _, err := c.killGateway(p); err != nil {
			return "", err
		}
		left, _, err := c.onlyHere(b)
		if err != nil {
			return "", err
		}
		if left == 0 {
			return "", c.orStart(ctx, p, errors.Join(os.RemoveAll(b.journal()), os.Rename(image, b.journal())))
		}
		if err := p.start(ctx); err != nil {
			return "", err
		}
	}
	return " (not put back: taps that only this journal holds stayed uncommitted)", os.RemoveAll(image)
}

const restoreTries = 6

// quieten waits until nobody has tapped for a while, and no batch is under way.
func (c *chaosRun) quieten(ctx context.Context, p *post) {
	sleepFor(ctx, 4*time.Second)
	_ = until(ctx, "", 10*time.Second, func() (bool, error) { // what is still open then is found in the journal
		for _, d := range p.devices {
			if d.osdp != nil && d.osdp.Waiting() > 0 {
				return false, nil
			}
		}
		return len(c.flying(p.gateway())) == 0, nil
	})
}

// onlyHere counts the taps in a dead gateway's journal that no receipt covered;
// own are those that it named itself: nobody else holds them.
func (c *chaosRun) onlyHere(b *box) (own, others uint64, err error) {
	var file bytes.Buffer
	if _, err := journal.Export(b.journal(), &file, true); err != nil {
		return 0, 0, err
	}
	r, err := wire.NewExportReader(&file)
	if err != nil {
		return 0, 0, err
	}
	for {
		payload, err := r.Next()
		if errors.Is(err, io.EOF) {
			return own, others, nil
		}
		if err != nil {
			return 0, 0, err
		}
		batch, err := wire.DecodeBatch(payload)
		if err != nil {
			return 0, 0, err
		}
		for _, l := range batch.Logs {
			if l.Origin == uint64(b.enrolment.Gateway) {
				own += c.traffic.Uncommitted(l)
			} else {
				others += c.traffic.Uncommitted(l)
			}
		}
	}
}

// bury lets a gateway die for good with what it held, and puts a spare one in
// its place, at the same readers: they still hold all of it (I2).
func (c *chaosRun) bury(ctx context.Context, p *post) (string, error) {
	if len(c.spares) == 0 {
		return " (no spare is left)", nil
	}
	dead := p.gateway()
	if len(c.flying(dead)) == 0 {
		c.inFlight(ctx, dead, nil)
	}
	if _, err := c.killGateway(p); err != nil {
		return "", err
	}
	_, held, err := c.onlyHere(dead)
	if err != nil {
		return "", err
	}
	if err := os.RemoveAll(dead.journal()); err != nil {
		return "", fmt.Errorf("burying a gateway: %w", err)
	}
	c.mu.Lock()
	spare := c.spares[0]
	c.spares = c.spares[1:]
	c.boxes = append(c.boxes, spare)
	c.mu.Unlock()
	p.move(spare)
	return fmt.Sprintf(" (%s takes the place of %s; the server lacks %d taps of its journal, which its readers still hold)", spare.name, dead.name, held), p.start(ctx)
}
