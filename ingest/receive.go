package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tikklok/gateway/wire"
)

// receiver takes messages off a broker and puts them where they are worked on.
type receiver struct {
	gateways *gateways
	renew    *renewals
	flood    *allowances
	queues   queues
	states   *states
	log      *slog.Logger
	hearsay  *hearsay
}

// stateMessage is what a gateway says of itself.
type stateMessage struct {
	from  gateway
	state wire.State
}

// receive takes one message; the broker has seen to it that the topic's
// gateway sent it. It blocks its caller, and so the sender's connection, while
// there is no room, for some seconds at most. What it lets go is not answered.
func (r *receiver) receive(ctx context.Context, topic string, payload []byte) {
	id, kind, ok := parseTopic(topic)
	if !ok {
		return
	}
	from, err := r.gateways.find(ctx, id)
	if errors.Is(err, errUnknownGateway) {
		r.hearsay.warn(time.Now(), "a message of an unknown or revoked gateway was left alone", "gateway", id)
		return
	}
	if err != nil {
		r.log.Warn("a message could not be taken in; its gateway will send it again", "gateway", id, "error", err)
		return
	}
	switch kind {
	case topicUp:
		r.gateways.heard(id, time.Now())
		m := newMessage(from, payload)
		if m.fault != "" {
			r.flood.charge(id, faultCost)
		}
		if len(m.batch.Renewal) > 0 {
			r.renew.ask(from, m.batch.Renewal)
		}
		if !r.queues.of(m).put(ctx, m) && ctx.Err() == nil {
			r.log.Warn("the queue is full; a gateway will send its batch again", "gateway", id)
		}
	case topicState:
		r.receiveState(from, payload)
	}
}

func (r *receiver) receiveState(from gateway, payload []byte) {
	s, err := wire.DecodeState(payload)
	if err != nil {
		r.log.Warn("a gateway's state could not be read", "gateway", from.id, "error", err)
		return
	}
	r.gateways.shows(from.id, s.Online)
	if s.Online { // a last will is no sign of life
		r.gateways.heard(from.id, time.Now())
	}
	r.renew.told(from, s.CertificateUntil)
	r.states.put(stateMessage{from, s})
}
