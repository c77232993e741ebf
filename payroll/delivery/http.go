package delivery

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

// client is for one attempt: no proxy, no redirect, no connection kept.
func (c Courier) client() *http.Client {
	return &http.Client{
		Timeout:       cmp.Or(c.Wait, callTimeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSHandshakeTimeout: dialTimeout, DisableKeepAlives: true, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: 64 << 10,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return c.dial(ctx, network, address)
			},
		},
	}
}

// call makes a request and gives the answer's status, and its beginning. An
// answer that breaks off is an error, whatever its status.
func (c Courier) call(ctx context.Context, client *http.Client, method, address string, header http.Header, body []byte) (refusal, error) {
	if err := c.plainOnlyInside(address); err != nil {
		return refusal{}, err
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return refusal{}, errors.New("the address of the channel is none")
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("User-Agent", "tikklok")
	answer, err := client.Do(r)
	if err != nil {
		return refusal{}, as(FaultBroke, withoutAddress(err))
	}
	defer answer.Body.Close()
	said := refusal{answer.StatusCode, answerOf(answer.Body)}
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)); err != nil {
		return said, as(FaultBroke, fmt.Errorf("the answer broke off: %w", withoutAddress(err)))
	}
	return said, nil
}

// plainOnlyInside refuses http to all but the networks that the operator named:
// the message would be read on the way.
func (c Courier) plainOnlyInside(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the address of the channel is none")
	}
	if u.Scheme == "https" {
		return nil
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && among(c.Private, a.Unmap()) {
		return nil
	}
	return as(FaultPlain, errors.New("the address begins with http://, which anybody on the way can read; use https://"))
}

// withoutAddress drops the address from an error of net/http: its query may
// hold a secret.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// message is what a webhook says: enough to pull by, and nobody's data. A test
// names the destination only.
type message struct {
	Type      Event     `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      said      `json:"data"`
}

type said struct {
	Run         int64         `json:"run,omitzero"`
	Destination int64         `json:"destination"`
	From        calendar.Date `json:"from,omitzero"`
	To          calendar.Date `json:"to,omitzero"`
	File        string        `json:"file,omitzero"`
	Path        string        `json:"path,omitzero"` // of the file in our API
	Bytes       int64         `json:"bytes"`
	SHA256      string        `json:"sha256,omitzero"`
}

// tell posts a webhook (https://www.standardwebhooks.com): its id is the same
// at each attempt, so that the other end can leave out what it has.
func (a *attempt) tell(ctx context.Context) error {
	var run payroll.Run
	var brought bool
	err := a.db.InTenant(ctx, a.tenant, func(tx pg.Tx) (err error) {
		if run, err = payroll.RunByID(ctx, tx, a.delivery.Run); err == nil {
			brought, err = Brought(ctx, tx, run.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	path := fmt.Sprintf("/api/v1/runs/%d/file", run.ID)
	if brought || a.delivery.Event == Void {
		path = "" // there is nothing to pull
	}
	return a.post(ctx, a.channel, a.secrets, a.delivery.key, message{Type: a.delivery.Event, Timestamp: a.delivery.Made.UTC(), Data: said{
		Run: run.ID, Destination: run.Destination, From: run.Period.From, To: run.Period.To, File: run.FileName,
		Path: path, Bytes: run.Bytes, SHA256: hex.EncodeToString(run.SHA256[:]),
	}})
}

// post signs a message and sends it.
func (c Courier) post(ctx context.Context, to Channel, secrets Secrets, id string, m message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.postSigned(ctx, to.Settings.URL, secrets, id, body)
}

func (c Courier) postSigned(ctx context.Context, address string, secrets Secrets, id string, body []byte) error {
	now := c.now()
	signature, err := secrets.sign(id, now, body)
	if err != nil {
		return err
	}
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	header.Set("Webhook-Signature", signature)
	answer, err := c.call(ctx, c.client(), http.MethodPost, address, header, body)
	if err != nil {
		return err
	}
	if answer.status < 200 || answer.status > 299 {
		return answer
	}
	return nil
}

// callSETU posts the timecards that the other end has not taken yet. A call
// that is made again has the same id, so that a card is never there twice.
func (a *attempt) callSETU(ctx context.Context, body *payroll.Content) error {
	client, n := a.client(), 0
	for card, err := range format.TimecardCalls(readerAt{body}, body.Size()) {
		if err != nil {
			return err
		}
		if n++; n <= a.accepted {
			continue
		}
		if n == a.accepted+1 || n%50 == 0 { // it may be voided meanwhile
			if err := a.show(ctx); err != nil {
				return err
			}
		}
		if err := a.callCard(ctx, client, card); err != nil {
			return fmt.Errorf("timecard %d: %w", n, err)
		}
		a.accepted = n
	}
	return nil
}

func (a *attempt) callCard(ctx context.Context, client *http.Client, card format.TimecardCall) error {
	said, err := a.callOnce(ctx, client, card)
	if other, ok := card.Instead(said.status); ok && err == nil {
		card = other
		said, err = a.callOnce(ctx, client, card)
	}
	if err == nil && !card.Taken(said.status) {
		err = said
	}
	return err
}

func (a *attempt) callOnce(ctx context.Context, client *http.Client, card format.TimecardCall) (refusal, error) {
	header := card.Header.Clone()
	if a.secrets.Token != "" {
		header.Set("Authorization", "Bearer "+a.secrets.Token)
	}
	return a.call(ctx, client, card.Method, a.channel.Settings.URL+card.Path, header, card.Body)
}
