package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// pack is a payroll package beside the product. It hears of runs by signed
// webhooks, pulls them by a key of its own destination, and says what it took
// in. It was written from docs/payroll.md.
type pack struct {
	client *client
	server *http.Server

	mu     sync.Mutex
	secret []byte           // of the webhook's signatures
	heard  map[int64]notice // by run
	forged int              // notices whose signature is not ours
}

// notice is what a webhook says of a run.
type notice struct {
	Run    int64
	Path   string
	SHA256 string
}

// openPack has a package listen, and the destination tell it of its runs.
func openPack(ctx context.Context, w *world, destination int64) (*pack, error) {
	var key struct{ Key string }
	err := w.api.call(ctx, "POST", "/api/v1/keys", map[string]any{"name": "its own package", "scopes": []string{"payroll"}, "destination_ids": []int64{destination}}, &key)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the payroll package: %w", err)
	}
	p := &pack{client: w.api.withKey(key.Key), heard: map[int64]notice{}}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go p.server.Serve(listener) // ends with close
	var made struct{ Secret string }
	err = w.api.call(ctx, "PUT", fmt.Sprintf("/api/v1/destinations/%d/channels/webhook", destination), map[string]any{"url": "http://" + listener.Addr().String()}, &made)
	if err != nil {
		return nil, errors.Join(err, p.server.Close())
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(made.Secret, "whsec_"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the webhook's secret: %w", err), p.server.Close())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secret = secret
	return p, nil
}

// ServeHTTP takes a webhook (https://www.standardwebhooks.com).
func (p *pack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil {
		return // they will say it again
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	mac := hmac.New(sha256.New, p.secret)
	fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
	var said struct {
		Type string
		Data notice
	}
	if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) || json.Unmarshal(body, &said) != nil {
		p.forged++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if said.Type == "run.ready" {
		p.heard[said.Data.Run] = said.Data
	}
}

// hears gives what was said of a run.
func (p *pack) hears(run int64) (notice, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.forged > 0 {
		return notice{}, true, fmt.Errorf("%d webhooks are not signed as docs/payroll.md says", p.forged)
	}
	n, ok := p.heard[run]
	return n, ok, nil
}

// takeIn waits until the package heard of a run, and has it pull the file and
// acknowledge it.
func (v *verdict) takeIn(ctx context.Context, w *world, s sent) error {
	var n notice
	err := until(ctx, "word of "+s.path+" at the payroll package", 90*time.Second, func() (ok bool, err error) {
		n, ok, err = v.pack.hears(s.run)
		return ok, err
	})
	if err != nil {
		return err
	}
	file, err := v.pack.client.raw(ctx, "GET", n.Path, nil)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(file); !bytes.Equal(file, s.file) || fmt.Sprintf("%x", sum) != n.SHA256 {
		v.exportDiff++
		v.note("%s: the package was told of other bytes than it got", s.path)
	}
	for _, state := range []string{"delivered", "acknowledged", "acknowledged"} { // said twice, it is one step
		if err := v.pack.client.call(ctx, "POST", s.path+"/mark", map[string]any{"state": state}, nil); err != nil {
			return err
		}
	}
	return v.taken(ctx, w, s)
}

// taken looks at the register: each step once, in order.
func (v *verdict) taken(ctx context.Context, w *world, s sent) error {
	var run struct {
		State string
		Steps []struct{ State string }
	}
	if err := w.api.call(ctx, "GET", s.path, nil, &run); err != nil {
		return err
	}
	var steps []string
	for _, step := range run.Steps {
		steps = append(steps, step.State)
	}
	if got := strings.Join(steps, " "); run.State != "acknowledged" || got != "prepared created delivered acknowledged" {
		v.exportDiff++
		v.note("%s is %s after %s", s.path, run.State, got)
		return nil
	}
	v.acknowledged++
	return nil
}

// close ends the payroll package.
func (v *verdict) close() {
	if v.pack != nil {
		_ = v.pack.server.Close() // nothing is on its way to it any more
	}
}
