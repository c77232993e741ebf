package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"time"
)

// client speaks the product's HTTP API as any program of a customer would.
type client struct {
	base string
	key  string // API key; "": the session's cookie
	http *http.Client
}

func newClient(base string) (*client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("cookies: %w", err)
	}
	return &client{base: base, http: &http.Client{Jar: jar, Timeout: 60 * time.Second}}, nil
}

// withKey gives a client that shows an API key instead of a session.
func (c *client) withKey(key string) *client {
	return &client{base: c.base, key: key, http: &http.Client{Timeout: c.http.Timeout}}
}

// call sends in as JSON (a string goes as CSV, url.Values as a form) and reads the answer into out.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	body, err := c.raw(ctx, method, path, in)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s %s: reading the answer: %w", method, path, err)
	}
	return nil
}

func (c *client) raw(ctx context.Context, method, path string, in any) ([]byte, error) {
	req, err := c.request(ctx, method, path, in)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, res.Status, bytes.TrimSpace(body))
	}
	return body, nil
}

// unchanged says whether who holds what has the tag is told that it still is
// what there is.
func (c *client) unchanged(ctx context.Context, path, tag string) (bool, error) {
	req, err := c.request(ctx, "GET", path, nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("If-None-Match", tag)
	res, err := c.http.Do(req)
	if err != nil {
		return false, fmt.Errorf("asking the server: %w", err)
	}
	return res.StatusCode == http.StatusNotModified, res.Body.Close()
}

func (c *client) request(ctx context.Context, method, path string, in any) (*http.Request, error) {
	var body []byte
	kind := "application/json"
	switch in := in.(type) {
	case nil:
	case string:
		body, kind = []byte(in), "text/csv"
	case url.Values:
		body, kind = []byte(in.Encode()), "application/x-www-form-urlencoded"
	default:
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if in != nil {
		req.Header.Set("Content-Type", kind)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	return req, nil
}

// until asks again until done says so or the deadline passes; what it waited
// for stands in the error. An error that comes with true ends the waiting.
func until(ctx context.Context, what string, limit time.Duration, done func() (bool, error)) error {
	deadline := time.Now().Add(limit)
	for {
		ok, err := done()
		if ok {
			return err
		}
		if time.Now().After(deadline) {
			if err != nil {
				return fmt.Errorf("waited %s for %s: %w", limit, what, err)
			}
			return fmt.Errorf("waited %s for %s", limit, what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
