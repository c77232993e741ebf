package api

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// Of the measurement: who is listed, and how often each page is asked for.
const (
	benchPeople = 1000
	benchRounds = 60
)

// BenchmarkAuditPage measures what writing a read down adds to the latency of a
// page: the entry is written between what the page reads and its first byte.
func BenchmarkAuditPage(b *testing.B) {
	if url := os.Getenv("BENCH_DATABASE_URL"); url != "" {
		b.Setenv("TEST_DATABASE_URL", url)
	}
	h := newHouse(b)
	c, tenant := h.administrator("Acme")
	ids := h.crowd(tenant)
	if _, err := audit.Link(b.Context(), h.db, tenant); err != nil {
		b.Fatal(err)
	}
	for _, p := range []struct {
		name, path string
		about      []int64
	}{{"list", "/people", ids}, {"employee", fmt.Sprintf("/people/%d", ids[0]), ids[:1]}} {
		look := &look{who: h.boss(tenant), operation: "ListEmployees", of: ofList, told: true, named: audit.PeopleOf(p.about...)}
		page := median(func() { c.want(http.StatusOK, c.do("GET", p.path, nil)) })
		entry := median(func() {
			if err := h.server.noteRead(b.Context(), look); err != nil {
				b.Fatal(err)
			}
		})
		fmt.Printf("bench audit_page page=%s value=%.2f unit=ms entry=%.2f reference=without_the_entry reference_value=%.2f ratio=%.3f goal=1.10\n",
			p.name, ms(page), ms(entry), ms(page-entry), float64(page)/float64(page-entry))
	}
}

// crowd adds employees and gives their ids.
func (h *house) crowd(tenant int64) (ids []int64) {
	h.in(tenant, func(ctx context.Context, tx pg.Tx) error {
		for i := range benchPeople {
			id, err := people.CreateEmployee(ctx, tx, operator(), people.Employee{Number: fmt.Sprint(i), Surname: fmt.Sprintf("Surname %d", i),
				Zone: "Europe/Amsterdam", From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids
}

// boss gives a caller of a tenant.
func (h *house) boss(id int64) (c caller) {
	h.in(id, func(ctx context.Context, tx pg.Tx) (err error) {
		if c.tenant, err = tenant.Get(ctx, tx); err != nil {
			return err
		}
		all, err := people.Accounts(ctx, tx)
		c.account = &all[0]
		return err
	})
	return c
}

// median gives how long something takes, the middle of many times.
func median(do func()) time.Duration {
	took := make([]time.Duration, benchRounds)
	for i := range took {
		start := time.Now()
		do()
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
