package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// DeliverMost is how many minutes one delivery brings.
const DeliverMost = 1000

// PathMinutes is where the server takes minutes.
const PathMinutes = "/api/v1/probe/minutes"

// Delivery is what the server is sent: more than once where an answer got lost,
// which changes nothing there.
type Delivery struct {
	Minutes []Told `json:"minutes"`
}

// Told is a minute as the server keeps it.
type Told struct {
	At    time.Time `json:"at"`
	State State     `json:"state"`
	Tap   TapState  `json:"tap"`
}

// Courier brings the book's minutes to the server, under the probe's key.
type Courier struct {
	Book   *Book
	Server *url.URL
	Key    string
	Agent  string
	Client *http.Client
}

// Deliver brings what waits, oldest first, and gives how many minutes the
// server has now that it had not confirmed before.
func (c Courier) Deliver(ctx context.Context) (int, error) {
	all := 0
	for {
		records := c.Book.Waiting(DeliverMost)
		if len(records) == 0 {
			return all, nil
		}
		if err := c.send(ctx, records); err != nil {
			return all, err
		}
		if err := c.Book.Delivered(records[len(records)-1].Seq); err != nil {
			return all, err
		}
		all += len(records)
	}
}

func (c Courier) send(ctx context.Context, records []Record) error {
	d := Delivery{}
	for _, r := range records {
		d.Minutes = append(d.Minutes, Told{At: r.At, State: r.State, Tap: r.Tap})
	}
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encoding minutes: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Server.JoinPath(PathMinutes).String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("telling the server its minutes: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.Key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", c.Agent)
	answer, err := c.Client.Do(request)
	if err != nil {
		return fmt.Errorf("telling the server its minutes: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 500)) // what could not be read is left out
		return fmt.Errorf("telling the server its minutes: it answers %s: %s", answer.Status, bytes.TrimSpace(why))
	}
	return nil
}
