package api

import (
	"context"
	"errors"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/delivery"
)

// ListChannels gives a destination's channels without their secrets.
func (o operations) ListChannels(ctx context.Context, r openapi.ListChannelsRequestObject) (openapi.ListChannelsResponseObject, error) {
	var all []delivery.Channel
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = delivery.Channels(ctx, tx, r.Id)
		return err
	})
	return openapi.ListChannels200JSONResponse{Items: each(all, channelView)}, err
}

// PutChannel makes or changes a channel.
func (o operations) PutChannel(ctx context.Context, r openapi.PutChannelRequestObject) (openapi.PutChannelResponseObject, error) {
	b := r.Body
	c := delivery.Channel{Destination: r.Id, Kind: delivery.Kind(r.Kind), Settings: delivery.Settings{
		URL: or(b.Url), Host: or(b.Host), Port: or(b.Port), User: or(b.User), Folder: or(b.Folder), HostKeys: or(b.HostKeys)},
		Region: tenant.Region(or(b.Region)), Operator: tenant.Region(or(b.Operator))}
	secrets := delivery.Secrets{Password: or(b.Password), PrivateKey: or(b.PrivateKey), Token: or(b.Token)}
	var shown string
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		c, shown, err = o.cfg.Delivery.Seal.PutChannel(ctx, tx, callerOf(ctx).actor(), c, secrets, o.cfg.Now())
		return err
	})
	return openapi.PutChannel200JSONResponse{Channel: channelView(c), Secret: some(shown)}, err
}

// DropChannel takes a channel out of use.
func (o operations) DropChannel(ctx context.Context, r openapi.DropChannelRequestObject) (openapi.DropChannelResponseObject, error) {
	return openapi.DropChannel204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return o.cfg.Delivery.Seal.DropChannel(ctx, tx, callerOf(ctx).actor(), r.Id, delivery.Kind(r.Kind), o.cfg.Now())
	})
}

// TryChannel goes the way once. What the other end does wrong is the answer,
// not an error.
func (o operations) TryChannel(ctx context.Context, r openapi.TryChannelRequestObject) (openapi.TryChannelResponseObject, error) {
	err := o.cfg.Delivery.Try(ctx, o.cfg.DB, callerOf(ctx).tenant.ID, r.Id, delivery.Kind(r.Kind))
	var other *delivery.Trouble
	if !errors.As(err, &other) {
		return openapi.TryChannel200JSONResponse{Works: err == nil}, err
	}
	answer := openapi.ChannelTried{Problem: some(other.Error())}
	var seen *delivery.UnknownHost
	if errors.As(err, &seen) {
		answer.HostKey = &seen.Fingerprint
	}
	return openapi.TryChannel200JSONResponse(answer), nil
}

// RotateSigning gives a webhook another secret.
func (o operations) RotateSigning(ctx context.Context, r openapi.RotateSigningRequestObject) (openapi.RotateSigningResponseObject, error) {
	if r.Kind != openapi.ChannelKindWebhook {
		return nil, wrongField("kind", "only a webhook has a signing secret")
	}
	var secret string
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		secret, err = o.cfg.Delivery.Seal.RotateSigning(ctx, tx, callerOf(ctx).actor(), r.Id, hoursOf(r.Body.OverlapHours), o.cfg.Now())
		return err
	})
	return openapi.RotateSigning201JSONResponse{Secret: secret}, err
}

func hoursOf(n int) time.Duration { return time.Duration(n) * time.Hour }

// deliveriesShown is how much of the outbox is shown.
const deliveriesShown = 200

// ListDeliveries gives the outbox.
func (o operations) ListDeliveries(ctx context.Context, r openapi.ListDeliveriesRequestObject) (openapi.ListDeliveriesResponseObject, error) {
	var all []delivery.Delivery
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = delivery.Outbox(ctx, tx, or(r.Params.Run), deliveriesShown)
		return err
	})
	return openapi.ListDeliveries200JSONResponse{Items: each(all, deliveryView)}, err
}

// GetDelivery gives one with its attempts.
func (o operations) GetDelivery(ctx context.Context, r openapi.GetDeliveryRequestObject) (openapi.GetDeliveryResponseObject, error) {
	var view openapi.Delivery
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		d, err := delivery.ByID(ctx, tx, r.Id)
		if err != nil {
			return err
		}
		attempts, err := delivery.Attempts(ctx, tx, r.Id)
		view = deliveryView(d)
		tried := each(attempts, attemptView)
		view.Tried = &tried
		return err
	})
	return openapi.GetDelivery200JSONResponse(view), err
}

// SendAgain has a delivery sent at the next round.
func (o operations) SendAgain(ctx context.Context, r openapi.SendAgainRequestObject) (openapi.SendAgainResponseObject, error) {
	return openapi.SendAgain204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return delivery.Again(ctx, tx, callerOf(ctx).actor(), r.Id, or(r.Body.Reason), o.cfg.Now())
	})
}

// GiveUpDelivery ends a delivery that did not arrive.
func (o operations) GiveUpDelivery(ctx context.Context, r openapi.GiveUpDeliveryRequestObject) (openapi.GiveUpDeliveryResponseObject, error) {
	return openapi.GiveUpDelivery204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return delivery.GiveUp(ctx, tx, callerOf(ctx).actor(), r.Id, or(r.Body.Reason), o.cfg.Now())
	})
}

// DeliveryArrived ends one that somebody saw at the other end.
func (o operations) DeliveryArrived(ctx context.Context, r openapi.DeliveryArrivedRequestObject) (openapi.DeliveryArrivedResponseObject, error) {
	return openapi.DeliveryArrived204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return delivery.Arrived(ctx, tx, callerOf(ctx).actor(), r.Id, or(r.Body.Reason), o.cfg.Now())
	})
}

func channelView(c delivery.Channel) openapi.Channel {
	s := c.Settings
	v := openapi.Channel{Kind: openapi.ChannelKind(c.Kind), Since: c.Since, InUse: c.Off == nil, Url: some(s.URL), Host: some(s.Host), Port: some(s.Port),
		User: some(s.User), Folder: some(s.Folder), PublicKey: some(s.PublicKey), Region: some(openapi.ChannelRegion(c.Region)), Operator: some(openapi.ChannelOperator(c.Operator))}
	if len(s.HostKeys) > 0 {
		v.HostKeys = &s.HostKeys
	}
	return v
}

func deliveryView(d delivery.Delivery) openapi.Delivery {
	v := openapi.Delivery{
		Id: d.ID, RunId: d.Run, DestinationId: d.Destination, Kind: openapi.ChannelKind(d.Kind), Event: openapi.DeliveryEvent(d.Event), State: openapi.DeliveryState(d.State),
		MadeAt: d.Made, Attempts: d.Attempts, Accepted: some(d.Accepted), EndedAt: d.Ended, Reason: some(d.Reason),
	}
	if d.State == delivery.Waiting {
		v.DueAt = &d.Due
	}
	return v
}

func attemptView(a delivery.Attempt) openapi.DeliveryAttempt {
	v := openapi.DeliveryAttempt{Number: a.Number, StartedAt: a.Started, EndedAt: a.Ended, Outcome: openapi.DeliveryAttemptOutcome(a.Outcome),
		Status: some(a.Status), Answer: some(a.Answer), Detail: some(a.Detail)}
	if a.Ended == nil {
		v.Outcome = "under_way"
	}
	return v
}
