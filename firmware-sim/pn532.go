package sim

import (
	"context"
	"slices"
	"sync"
	"time"
)

// PN532 is the chip as a gateway sees it on its HSU line (UM0701-02, firmware
// 1.6), with the cards in its field. It sleeps until it is woken, and a host
// must configure its SAM first. It is safe for concurrent use.
type PN532 struct {
	// Plain chips know no InAutoPoll, as PN531 and some copies.
	Plain bool

	mu      sync.Mutex
	port    *Port
	awake   bool
	ready   bool // SAMConfiguration came
	field   bool
	rats    bool // cards that speak ISO 14443-4 are asked for their ATS
	retries byte // of an activation; FF: for ever
	cards   []*pn532Card
	waiting *pn532Search
	reply   []byte // last frame, for NACK
	garble  int    // replies to damage
	line    pn532Line
}

// NewPN532 gives a chip that has just got power.
func NewPN532() *PN532 {
	c := &PN532{}
	c.powerOn()
	return c
}

func (c *PN532) powerOn() {
	c.awake, c.ready, c.field, c.rats, c.retries = false, false, false, true, 0xFF
	c.waiting, c.reply, c.line = nil, nil, pn532Line{}
	c.darken()
}

// Card is an ISO 14443 A card.
type Card struct {
	Number []byte // 4, 7 or 10 bytes
	SEL    byte   // SEL_RES; 20: it speaks ISO 14443-4
	ATS    []byte // without its length
}

// pn532Card is a card in the field. One that is selected does not hear a
// request again before it loses power or is halted, and then only a wake-up.
type pn532Card struct {
	Card
	selected, halted bool
	told             bool // to a host
}

func (c Card) blocks() bool { return c.SEL&0x20 != 0 }

// Put brings a card into the field, where it stays until Take.
func (c *PN532) Put(card Card) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cards = append(c.cards, &pn532Card{Card: card})
}

// Take takes all cards away.
func (c *PN532) Take() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cards = nil
}

// Present holds a card before the chip for a while.
func (c *PN532) Present(card Card, held time.Duration) {
	c.Put(card)
	time.Sleep(held)
	c.Take()
}

// Offer holds a card before the chip until a host was told of it, as a person
// does who waits for a light, but no longer than most. It says whether one was.
func (c *PN532) Offer(card Card, most time.Duration) (told bool) {
	offered := &pn532Card{Card: card}
	c.mu.Lock()
	c.cards = append(c.cards, offered)
	c.mu.Unlock()
	for end := time.Now().Add(most); !told && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
		c.mu.Lock()
		told = offered.told
		c.mu.Unlock()
	}
	c.Take()
	return told
}

// Restart takes the chip's power away for a moment: it forgets all settings
// and sleeps, and nobody is told.
func (c *PN532) Restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powerOn()
}

// Garble damages the next replies on their way.
func (c *PN532) Garble(replies int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.garble = replies
}

// Run lives at a port until ctx ends.
func (c *PN532) Run(ctx context.Context, port *Port) {
	c.mu.Lock()
	c.port = port
	c.mu.Unlock()
	buffer := make([]byte, 512)
	for ctx.Err() == nil {
		got := port.Receive(buffer)
		c.mu.Lock()
		c.hear(got, time.Now())
		c.search(time.Now())
		c.mu.Unlock()
	}
}

// hear takes bytes of the host.
func (c *PN532) hear(p []byte, now time.Time) {
	for _, b := range p {
		if !c.awake {
			c.awake = b == 0x55 // the edges wake it; the byte is lost
			continue
		}
		switch kind, data := c.line.take(b); kind {
		case pn532Command:
			c.command(data, now)
		case pn532AckFrame:
			c.waiting = nil
		case pn532NackFrame:
			c.send(c.reply)
		case pn532Broken:
			c.send(pn532Short(0xFF))
		}
	}
}

func (c *PN532) send(frame []byte) {
	if c.port != nil && len(frame) > 0 {
		c.port.Send(frame)
	}
}

// answer sends a reply: command plus 1, and what it says.
func (c *PN532) answer(command byte, data ...byte) {
	c.reply = pn532Frame(append([]byte{0xD5, command + 1}, data...))
	frame := slices.Clone(c.reply)
	if c.garble > 0 {
		c.garble--
		frame[len(frame)-2] ^= 0x5A
	}
	c.send(frame)
}

// pn532Search is a command that waits for cards.
type pn532Search struct {
	command byte
	most    int       // cards
	kinds   []byte    // InAutoPoll
	until   time.Time // zero: for ever
}

// search ends a command that waits, when cards came or its time is over.
func (c *PN532) search(now time.Time) {
	s := c.waiting
	if s == nil {
		return
	}
	found := c.find(s)
	if len(found) == 0 && (s.until.IsZero() || now.Before(s.until)) {
		return
	}
	c.waiting = nil
	data := []byte{byte(len(found))}
	for i, card := range found {
		card.selected, card.told = true, true
		one := card.describe(byte(i+1), c.rats)
		if s.command == 0x60 {
			data = append(data, card.kind(), byte(len(one)))
		}
		data = append(data, one...)
	}
	c.answer(s.command, data...)
}

// find gives the cards that answer a request of the search's kinds.
func (c *PN532) find(s *pn532Search) (found []*pn532Card) {
	for _, card := range c.cards {
		deaf := card.halted || card.selected && (card.blocks() || c.retries == 0)
		wanted := s.command == 0x4A || slices.Contains(s.kinds, 0x00) || slices.Contains(s.kinds, card.kind())
		if !deaf && wanted && len(found) < s.most {
			found = append(found, card)
		}
	}
	return found
}

// kind is the card's type as InAutoPoll gives it.
func (c Card) kind() byte {
	if c.blocks() {
		return 0x20
	}
	return 0x10
}

// describe gives Tg, SENS_RES, SEL_RES, NFCID1 with its length, and ATS.
func (c Card) describe(tg byte, rats bool) []byte {
	sens := map[int]byte{4: 0x04, 7: 0x44, 10: 0x84}[len(c.Number)]
	b := append([]byte{tg, 0x00, sens, c.SEL, byte(len(c.Number))}, c.Number...)
	if c.blocks() && rats {
		b = append(append(b, byte(len(c.ATS)+1)), c.ATS...)
	}
	return b
}

// darken switches the field off: cards lose their power and their state.
func (c *PN532) darken() {
	c.field = false
	for _, card := range c.cards {
		card.selected, card.halted = false, false
	}
}

// halt does to selected cards what InDeselect and InRelease do.
func (c *PN532) halt() {
	for _, card := range c.cards {
		card.halted = card.halted || card.selected
		card.selected = false
	}
}
