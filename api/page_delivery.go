package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/delivery"
)

// deliveryRoutes are the pages of the outbox and the ways to packages.
func (s *Server) deliveryRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathDelivery, "ListDeliveries", s.deliveryPage)
	post(page.PathDelivery+page.DeliveryAgain, "SendAgain", s.postDelivery("again", "notice.again", delivery.Again))
	post(page.PathDelivery+page.DeliveryGiveUp, "GiveUpDelivery", s.postDelivery("give-up", "notice.given-up", delivery.GiveUp))
	post(page.PathDelivery+page.DeliveryArrived, "DeliveryArrived", s.postDelivery("arrived", "notice.saved", delivery.Arrived))
	post(page.PathDelivery+page.DeliveryChannel, "PutChannel", s.postChannel)
	post(page.PathDelivery+page.DeliveryDrop, "DropChannel", s.postChannelDrop)
	post(page.PathDelivery+page.DeliveryTry, "TryChannel", s.postChannelTry)
	post(page.PathDelivery+page.DeliveryRotate, "RotateSigning", s.postSigning)
}

func (s *Server) deliveryPage(w http.ResponseWriter, r *http.Request) error {
	return s.showOutbox(w, r, http.StatusOK, &page.Outbox{Form: page.Form{}})
}

// showOutbox draws the outbox and the channels; v brings what was refused,
// made or tried.
func (s *Server) showOutbox(w http.ResponseWriter, r *http.Request, status int, v *page.Outbox) error {
	v.Frame, v.MayManage = s.frame(r), s.may(r.Context(), "PutChannel")
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		names, err := accountNames(r.Context(), tx)
		if err != nil {
			return err
		}
		all, err := delivery.Outbox(r.Context(), tx, 0, deliveriesShown)
		if err != nil {
			return err
		}
		v.Rows = each(all, func(d delivery.Delivery) page.DeliveryLine {
			return deliveryLine(d, names, v.Now.Location(), v.MayManage)
		})
		return channelLines(r.Context(), tx, v)
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// attemptsShown is how many of a delivery's attempts its line shows.
const attemptsShown = 10

func deliveryLine(d delivery.Delivery, names map[int64]string, zone *time.Location, may bool) page.DeliveryLine {
	l := page.DeliveryLine{
		ID: d.ID, Run: d.Run, Destination: d.Name, From: d.Period.From.In(zone), To: d.Period.To.In(zone), Kind: string(d.Kind), Event: string(d.Event),
		State: string(d.State), Made: d.Made.In(zone), Ended: in(d.Ended, zone), Reason: d.Reason, Accepted: d.Accepted, Count: d.Attempts,
	}
	if d.By.Kind == audit.Account {
		l.By = names[d.By.ID]
	}
	if d.By.Kind == audit.System {
		l.Because, l.Reason = d.Reason, ""
	}
	switch {
	case d.Sending && d.State == delivery.Waiting:
		l.State = "sending"
	case d.State == delivery.Waiting && d.Attempts > 0:
		l.State = "failing"
	}
	if d.State == delivery.Waiting {
		l.Due = d.Due.In(zone)
	}
	for _, a := range slices.Backward(d.Tried) {
		if len(l.Attempts) < attemptsShown {
			l.Attempts = append(l.Attempts, page.AttemptLine{Number: a.Number, At: a.Started.In(zone), Outcome: string(a.Outcome), Status: a.Status, Answer: a.Answer, Fault: string(a.Fault), Detail: a.Detail})
		}
	}
	l.MayAgain = may && d.State != delivery.Withdrawn && l.State != "sending"
	l.MayGiveUp = may && (d.State == delivery.Waiting || d.State == delivery.Uncertain) && l.State != "sending"
	l.MayArrive = may && d.State == delivery.Uncertain
	return l
}

// channelLines gives the ways to each destination; a SETU API only where its
// file is one of SETU 2.0.
func channelLines(ctx context.Context, tx pg.Tx, v *page.Outbox) error {
	destinations, err := payroll.Destinations(ctx, tx)
	if err != nil {
		return err
	}
	channels, err := delivery.Channels(ctx, tx, 0)
	for _, d := range destinations {
		line := page.DestinationChannels{ID: d.ID, Name: d.Name}
		for _, kind := range delivery.Kinds() {
			c := delivery.Channel{Destination: d.ID, Kind: kind}
			if i := slices.IndexFunc(channels, func(c delivery.Channel) bool { return c.Destination == d.ID && c.Kind == kind }); i >= 0 {
				c = channels[i]
			}
			if kind != delivery.SETU || d.Format == "setu-2.0" || c.ID != 0 {
				line.Channels = append(line.Channels, channelLine(c, v))
			}
		}
		v.Destinations = append(v.Destinations, line)
	}
	return err
}

func channelLine(c delivery.Channel, v *page.Outbox) page.ChannelLine {
	l := page.ChannelLine{Kind: string(c.Kind), Key: fmt.Sprintf("%s.%d", c.Kind, c.Destination), PublicKey: c.Settings.PublicKey}
	l.Form = page.Form{Values: map[string]string{"port": "22"}, Problems: map[string]page.Message{}}
	if c.ID != 0 {
		set := c.Settings
		l.Address, l.InUse, l.Since = c.Address(), c.Off == nil, c.Since.In(v.Now.Location())
		l.Form.Values = map[string]string{"url": set.URL, "host": set.Host, "port": strconv.Itoa(set.Port), "user": set.User, "folder": set.Folder, "host_keys": strings.Join(set.HostKeys, " "),
			"region": string(c.Region), "operator": string(c.Operator)}
	}
	if v.FormFor == l.Key {
		l.Form = v.Form
	}
	return l
}

// channelOf reads which channel a form is about.
func channelOf(r *http.Request) (destination int64, kind delivery.Kind, err error) {
	destination, err = id(r.FormValue("destination"))
	return destination, delivery.Kind(r.FormValue("kind")), err
}

func (s *Server) postChannel(w http.ResponseWriter, r *http.Request) error {
	destination, kind, err := channelOf(r)
	if err != nil {
		return err
	}
	form := formOf(r, "url", "host", "port", "user", "folder", "host_keys", "region", "operator")
	port, _ := strconv.Atoi(form.Values["port"]) // nonsense is 0, which is 22 of an empty field only
	if form.Values["port"] != "" && port == 0 {
		port = -1
	}
	c := delivery.Channel{Destination: destination, Kind: kind, Settings: delivery.Settings{URL: form.Values["url"], Host: form.Values["host"], Port: port,
		User: form.Values["user"], Folder: form.Values["folder"], HostKeys: strings.Fields(form.Values["host_keys"])},
		Region: tenant.Region(form.Values["region"]), Operator: tenant.Region(form.Values["operator"])}
	secrets := delivery.Secrets{Password: r.FormValue("password"), PrivateKey: strings.TrimSpace(r.FormValue("private_key")), Token: strings.TrimSpace(r.FormValue("token"))}
	if secrets.PrivateKey != "" {
		secrets.PrivateKey += "\n"
	}
	var shown, name string
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, err := payroll.DestinationByID(r.Context(), tx, destination)
		if err != nil {
			return err
		}
		name = d.Name
		_, shown, err = s.cfg.Delivery.Seal.PutChannel(r.Context(), tx, callerOf(r.Context()).actor(), c, secrets, s.cfg.Now())
		return err
	})
	var wrong *delivery.Invalid
	switch {
	case errors.As(err, &wrong):
		form.Problems[wrong.Field] = page.Say("invalid-channel." + wrong.Field)
		if wrong.Field == "place" {
			form.Problems["region"] = page.Say("invalid-channel.place")
		}
		return s.showOutbox(w, r, http.StatusUnprocessableEntity, &page.Outbox{Form: form, FormFor: fmt.Sprintf("%s.%d", kind, destination)})
	case err != nil:
		return err
	case shown != "":
		return s.showOutbox(w, r, http.StatusOK, &page.Outbox{Shown: shown, For: name})
	}
	return s.done(w, r, page.PathDelivery, notice{Key: "notice.saved"})
}

func (s *Server) postChannelDrop(w http.ResponseWriter, r *http.Request) error {
	destination, kind, err := channelOf(r)
	if err != nil {
		return err
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return s.cfg.Delivery.Seal.DropChannel(r.Context(), tx, callerOf(r.Context()).actor(), destination, kind, s.cfg.Now())
	})
	if err != nil {
		return s.refuse(w, r, page.PathDelivery, err)
	}
	return s.done(w, r, page.PathDelivery, notice{Key: "notice.channel-off"})
}

// postChannelTry goes the way once and says how it went.
func (s *Server) postChannelTry(w http.ResponseWriter, r *http.Request) error {
	destination, kind, err := channelOf(r)
	if err != nil {
		return err
	}
	tried := &page.TriedChannel{Key: fmt.Sprintf("%s.%d", kind, destination)}
	err = s.cfg.Delivery.Try(r.Context(), s.cfg.DB, callerOf(r.Context()).tenant.ID, destination, kind)
	var wrong *delivery.Trouble
	var seen *delivery.UnknownHost
	switch {
	case errors.As(err, &seen):
		tried.HostKey = seen.Fingerprint
	case errors.As(err, &wrong):
		tried.Problem, tried.Fault = wrong.Error(), string(wrong.Fault())
	case err != nil:
		return s.refuse(w, r, page.PathDelivery, err)
	}
	return s.showOutbox(w, r, http.StatusOK, &page.Outbox{Tried: tried})
}

func (s *Server) postSigning(w http.ResponseWriter, r *http.Request) error {
	destination, _, err := channelOf(r)
	if err != nil {
		return err
	}
	overlap, err := overlapOf(r)
	if err != nil {
		return err
	}
	v := &page.Outbox{}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, err := payroll.DestinationByID(r.Context(), tx, destination)
		if err != nil {
			return err
		}
		v.For = d.Name
		v.Shown, err = s.cfg.Delivery.Seal.RotateSigning(r.Context(), tx, callerOf(r.Context()).actor(), destination, overlap, s.cfg.Now())
		return err
	})
	if err != nil {
		return s.refuse(w, r, page.PathDelivery, err)
	}
	return s.showOutbox(w, r, http.StatusOK, v)
}

// overlapOf reads how long a former secret works on.
func overlapOf(r *http.Request) (time.Duration, error) {
	n, err := strconv.ParseUint(r.FormValue("overlap"), 10, 16)
	if err != nil || time.Duration(n)*time.Hour > people.MaxOverlap {
		return 0, badRequest("the form is incomplete; open the page again")
	}
	return hoursOf(int(n)), nil
}

// verdict is what a person can say of a delivery.
type verdict func(context.Context, pg.Tx, audit.Actor, int64, string, time.Time) error

// postDelivery records what somebody decided about a delivery; what names the
// form.
func (s *Server) postDelivery(what, told string, decide verdict) pageHandler {
	return func(w http.ResponseWriter, r *http.Request) error {
		number, err := id(r.FormValue("delivery"))
		if err != nil {
			return err
		}
		form := formOf(r, "reason")
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			return decide(r.Context(), tx, callerOf(r.Context()).actor(), number, form.Values["reason"], s.cfg.Now())
		})
		if errors.Is(err, delivery.ErrInvalid) {
			form.Problems["reason"] = page.Say("problem.reason")
			return s.showOutbox(w, r, http.StatusUnprocessableEntity, &page.Outbox{Form: form, FormFor: fmt.Sprintf("%s.%d", what, number)})
		}
		if err != nil {
			return s.refuse(w, r, page.PathDelivery, err)
		}
		return s.done(w, r, page.PathDelivery, notice{Key: told})
	}
}
