package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"tikklok/api/sla/port"
)

// tellPorts brings a comparison to the server, under the key of a probe's file.
func tellPorts(ctx context.Context, file string, c port.Check, expected []uint16) error {
	f, server, err := readProbeFile(file)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"host": c.Host, "open": wide(c.Open), "expected": wide(expected)})
	if err != nil {
		return fmt.Errorf("encoding open ports: %w", err)
	}
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.JoinPath("/api/v1/probe/ports").String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("telling the server its open ports: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+f.Key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("telling the server its open ports: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 500)) // only to be shown
		return fmt.Errorf("telling the server its open ports: it answers %s: %s", answer.Status, bytes.TrimSpace(said))
	}
	return nil
}

// wide gives ports as JSON numbers; none is an empty list.
func wide(ports []uint16) []int {
	out := make([]int, len(ports))
	for i, p := range ports {
		out[i] = int(p)
	}
	return out
}
