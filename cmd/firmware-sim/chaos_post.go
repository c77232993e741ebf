package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"tikklok/firmware-sim"
)

// post is a place with readers and a gateway. When the gateway dies for good
// another one takes its place.
type post struct {
	number  int
	devices []*device
	guests  []*sim.Port // of other posts' readers that this gateway hears too

	busy sync.Mutex // held while something is done to gateway, journal or ports

	mu    sync.Mutex
	box   *box
	up    bool // the gateway reads its ports
	quiet bool // nobody taps at readers without memory
	gaps  []span
}

// isDesk says whether a post has readers without memory.
func (c *chaosRun) isDesk(post int) bool { return post < c.posts().Desks }

func (c *chaosRun) posts() sim.Posts {
	desks := (c.Gateways + 2) / 3
	return sim.Posts{Desks: desks, Others: c.Gateways - desks}
}

// openPosts makes the places, their readers and ports. The first reader of
// every post but the desks is heard by the gateway of the next such post too.
func (c *chaosRun) openPosts(ctx context.Context) error {
	n := 0
	for i := range c.Gateways {
		p := &post{number: i}
		kinds := []string{kindLink, kindLink, kindLink}
		if c.isDesk(i) {
			kinds = []string{kindLink, kindEM4100, kindLine, kindPN532, kindOSDP}
		}
		for k, kind := range kinds {
			d := &device{name: fmt.Sprintf("p%d-%s-%d", i, kind, k), kind: kind, post: p, random: rand.New(rand.NewPCG(c.Seed, uint64(n)))}
			var err error
			if d.port, err = sim.OpenPort(c.path("sim", d.name)); err != nil {
				return err
			}
			p.devices = append(p.devices, d)
			c.switchOn(d, n)
			n++
		}
		c.all = append(c.all, p)
	}
	if err := c.openGuests(); err != nil {
		return err
	}
	for i, p := range c.all {
		b, err := c.enrolBox(ctx, i)
		if err != nil {
			return err
		}
		p.move(b)
	}
	return nil
}

func (c *chaosRun) openGuests() (err error) {
	others := c.all[c.posts().Desks:]
	for i, p := range others {
		if len(others) < 2 {
			return nil
		}
		d, host := p.devices[0], others[(i+1)%len(others)]
		if d.second, err = sim.OpenPort(c.path("sim", d.name+"-second")); err != nil {
			return err
		}
		host.guests = append(host.guests, d.second)
	}
	return nil
}

// move puts a gateway at the post.
func (p *post) move(b *box) {
	var ports []string
	for _, g := range p.guests {
		ports = append(ports, g.Path()+"="+kindLink)
	}
	for _, d := range p.devices {
		ports = append(ports, d.setting())
	}
	b.program(ports)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.box = b
}

func (p *post) gateway() *box {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.box
}

// reads says whether a tap on a reader without memory can be kept.
func (p *post) reads() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.up
}

func (p *post) hush(quiet bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet = quiet
}

func (p *post) hushed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.quiet
}

// start starts the gateway and waits until it reads its ports.
func (p *post) start(ctx context.Context) error {
	b := p.gateway()
	if err := b.process.start(); err != nil {
		return err
	}
	err := until(ctx, fmt.Sprintf("post %d to open its ports", p.number), 60*time.Second, func() (bool, error) {
		select {
		case <-b.process.gone():
			return true, b.process.diedOf()
		default:
		}
		return p.holdsAll()
	})
	if err != nil {
		return err
	}
	sleepFor(ctx, settle)
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up = true
	for i := range p.gaps {
		if p.gaps[i].to.IsZero() {
			p.gaps[i].to = now
		}
	}
	return nil
}

// settle is how long after opening a port a gateway may drop what waited there,
// and how long a reader that searches takes to be told to.
const settle = 500 * time.Millisecond

// holdsAll says whether all ports that are there are open.
func (p *post) holdsAll() (bool, error) {
	for _, d := range p.devices {
		d.mu.Lock()
		away := d.away
		d.mu.Unlock()
		if away {
			continue
		}
		if open, err := p.box.process.holds(d.port.Path()); !open {
			return false, err
		}
	}
	return true, nil
}

// kill ends the gateway at once, as a power cut would.
func (p *post) kill() error {
	p.mu.Lock()
	p.up = false
	p.gaps = append(p.gaps, span{from: time.Now()})
	b := p.box
	p.mu.Unlock()
	b.process.kill()
	ports := p.guests
	for _, d := range p.devices {
		ports = append(ports[:len(ports):len(ports)], d.port)
	}
	for _, port := range ports {
		if err := port.Reset(); err != nil {
			return err
		}
	}
	return nil
}

// gap notes a time in which taps could not be stored, of one device or, with
// nil, of all.
func (p *post) gap(d *device, s span) {
	if d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.gaps = append(d.gaps, s)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gaps = append(p.gaps, s)
}

// deaf gives the times in which nobody could store a device's taps.
func (d *device) deaf() []span {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.post.mu.Lock()
	defer d.post.mu.Unlock()
	return append(append([]span(nil), d.gaps...), d.post.gaps...)
}

// sleepFor waits, but not longer than ctx lives.
func sleepFor(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
