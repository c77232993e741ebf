package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// drillProbe is a probe of the drill.
type drillProbe struct {
	*child
	name   string
	log    string
	status string // host:port of its page
}

// begin says when the first minute begins, and what it is called: one that is
// not shortened by its own name, others by those of three hours ago, so that
// none is of the future.
func (o *outage) begin(now time.Time) {
	if o.Minute == time.Minute {
		o.began = now.Truncate(time.Minute).Add(time.Minute)
		o.named = o.began.UTC()
		return
	}
	o.began, o.named = now, now.UTC().Truncate(time.Minute).Add(-3*time.Hour)
}

// clock gives what tells a probe of minutes that are shortened.
func (o *outage) clock() []string {
	if o.Minute == time.Minute {
		return nil
	}
	return []string{"--scale", strconv.Itoa(int(time.Minute / o.Minute)), "--since", o.began.Format(time.RFC3339Nano), "--began", o.named.Format(time.RFC3339)}
}

// startProbes makes two probes, the second behind a network of its own, and
// starts them.
func (o *outage) startProbes(ctx context.Context) error {
	ways := [][2]string{{o.http, o.mqtt}, {o.network[0].address, o.network[1].address}}
	files := make([]string, len(ways))
	for i, way := range ways {
		p := &drillProbe{name: "drill-" + strconv.Itoa(i+1)}
		p.log, files[i] = filepath.Join(o.dir, p.name+".log"), filepath.Join(o.dir, p.name+".json")
		add := exec.CommandContext(ctx, o.self, append([]string{"probe", "add", p.name, "--server", "http://" + way[0], "--gateway", way[1], "--out", files[i]}, o.flags()...)...)
		if said, err := add.CombinedOutput(); err != nil {
			return fmt.Errorf("making a probe: %w: %s", err, said)
		}
		o.probes = append(o.probes, p)
	}
	o.begin(time.Now())
	for i, p := range o.probes {
		if err := p.start(o, files[i]); err != nil {
			return err
		}
	}
	for _, p := range o.probes {
		if err := p.until(ctx, func(s statusJSON) bool { return s.Minute != nil }); err != nil {
			return err
		}
	}
	return nil
}

func (p *drillProbe) start(o *outage, file string) (err error) {
	if p.status, err = freeAddress(); err != nil {
		return err
	}
	p.child, err = startChild(o.self, p.log, append([]string{"probe", "run", "--config", file, "--book", filepath.Join(o.dir, p.name), "--http", p.status}, o.clock()...)...)
	return err
}

func (p *drillProbe) stop() error {
	if p.child == nil {
		return nil
	}
	return p.child.stop()
}

// until waits for what its page says.
func (p *drillProbe) until(ctx context.Context, said func(statusJSON) bool) error {
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); {
		if s, err := p.read(ctx); err == nil && said(s) {
			return nil
		}
		if err := sleepUntil(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return err
		}
	}
	return fmt.Errorf("the probe %s did not get so far; its log is %s", p.name, p.log)
}

func (p *drillProbe) read(ctx context.Context) (s statusJSON, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.status+"/status.json", nil)
	if err != nil {
		return s, err
	}
	r, err := http.DefaultClient.Do(request)
	if err != nil {
		return s, fmt.Errorf("the probe's status: %w", err)
	}
	defer r.Body.Close()
	return s, json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&s)
}
