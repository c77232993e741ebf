package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// DeliverMost is how many minutes one delivery brings.
const DeliverMost = 1000

// PathMinutes is where the server takes minutes, and says which it has.
const PathMinutes = "/api/v1/probe/minutes"

const (
	compareEvery = 24 * time.Hour // how often the server's minutes are held against the book's
	refusedAgain = time.Hour      // how soon after a minute was refused
	refusedMost  = 20             // minutes that one delivery offers in vain before it gives up
	answerMost   = 1 << 20        // bytes of an answer that are read
)

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

// kept is what the server answers to a delivery.
type kept struct {
	New  *int    `json:"new"`         // nil: something else answered
	Work *[]Work `json:"maintenance"` // nil: a server that doesn't say
}

// errStranger: an answer that the server doesn't give, as of a portal that lets
// nobody through. What it took is not delivered.
var errStranger = errors.New("something else than the server answers there; look at \"server\" in the probe's file, and for a proxy or a portal in between")

// held is what a server says it has.
type held struct {
	Days []struct {
		Date    string `json:"date"`
		Minutes int    `json:"minutes"`
		Down    int    `json:"down"`
	} `json:"days"`
}

// Courier brings the book's minutes to the server, under the probe's key.
type Courier struct {
	Book   *Book
	Server *url.URL
	Key    string
	Agent  string
	Client *http.Client
	Log    *slog.Logger

	compare time.Time // when the server's minutes are next held against the book's
	refused refused   // in the delivery under way
}

// refused is what the server would not take in a delivery.
type refused struct {
	minutes int
	first   time.Time
	said    string
}

// Deliver brings what waits, oldest first, and gives how many minutes were
// dealt with. A server that was restored from a backup has fewer than it
// confirmed: what it lacks is told again, after any delivery that failed, when
// the probe starts, and once a day; an hour after minutes were refused.
func (c *Courier) Deliver(ctx context.Context, now time.Time) (int, error) {
	c.refused = refused{}
	n, err := c.bring(ctx)
	if err == nil && !now.Before(c.compare) {
		c.compare = now.Add(compareEvery)
		err = c.tellAgain(ctx, now)
	}
	if again := now.Add(refusedAgain); c.refused.minutes > 0 {
		c.Log.Warn("the server refuses minutes; they stay in the book and are told again later", "minutes", c.refused.minutes, "first", c.refused.first, "answer", c.refused.said)
		if err != nil || c.compare.After(again) {
			c.compare = again
		}
	} else if err != nil {
		c.compare = time.Time{}
	}
	return n, err
}

// bring tells what waits.
func (c *Courier) bring(ctx context.Context) (all int, err error) {
	for {
		records := c.Book.Waiting(DeliverMost)
		if len(records) == 0 {
			return all, nil
		}
		n, err := c.tell(ctx, records)
		if n > 0 {
			err = errors.Join(err, c.Book.Delivered(records[n-1].Seq))
		}
		if all += n; err != nil {
			return all, err
		}
	}
}

// tellAgain tells each day of which the server has fewer minutes than the book,
// or fewer that were down. What lies ahead, as the clock once did, isn't offered
// until then: the server would refuse it.
func (c *Courier) tellAgain(ctx context.Context, now time.Time) error {
	days := c.Book.Days()
	if len(days) == 0 {
		return nil
	}
	there, err := c.ask(ctx, days[0].Date)
	if err != nil || there == nil {
		return err
	}
	for _, d := range days {
		if d.Date.After(now) {
			break
		}
		if has := there[d.Date.Format(time.DateOnly)]; has.Measured() >= d.Measured() && has.Down >= d.Down {
			continue
		}
		records, err := c.Book.Of(d.Date)
		if err != nil {
			return err
		}
		records = slices.DeleteFunc(records, func(r Record) bool { return r.At.After(now) })
		c.Log.Info("the server lacks minutes that it was told; they are told again", "day", d.Date.Format(time.DateOnly), "minutes", len(records))
		for len(records) > 0 {
			n := min(len(records), DeliverMost)
			if _, err := c.tell(ctx, records[:n]); err != nil {
				return err
			}
			records = records[n:]
		}
	}
	return nil
}

// ask asks which minutes the server has, by days of UTC; nil: it is of an older
// version that doesn't say.
func (c *Courier) ask(ctx context.Context, since time.Time) (map[string]Day, error) {
	content, err := c.call(ctx, http.MethodGet, PathMinutes, url.Values{"since": {since.Format(time.DateOnly)}}, nil)
	if a, ok := errors.AsType[answer](err); ok && (a.code == http.StatusNotFound || a.code == http.StatusMethodNotAllowed) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var h held
	if err := json.Unmarshal(content, &h); err != nil || h.Days == nil {
		return nil, fmt.Errorf("asking which minutes the server has: %w", errStranger)
	}
	days := map[string]Day{}
	for _, d := range h.Days {
		days[d.Date] = Day{Up: d.Minutes - d.Down, Down: d.Down}
	}
	return days, nil
}

// tell sends minutes, and gives how many of the first are dealt with. One that
// the server refuses, as of a clock that was ahead for a moment, keeps no other
// from it: it is passed over, and offered again when the server's minutes are
// held against the book's.
func (c *Courier) tell(ctx context.Context, records []Record) (int, error) {
	err := c.send(ctx, records)
	said, ok := errors.AsType[answer](err)
	switch {
	case err == nil:
		return len(records), nil
	case !ok || !said.refuses():
		return 0, err
	case len(records) > 1:
		half := len(records) / 2
		n, err := c.tell(ctx, records[:half])
		if err != nil {
			return n, err
		}
		rest, err := c.tell(ctx, records[half:])
		return n + rest, err
	case c.refused.minutes == refusedMost:
		return 0, err
	case c.refused.minutes == 0:
		c.refused = refused{first: records[0].At, said: said.Error()}
	}
	c.refused.minutes++
	return 1, nil
}

func (c *Courier) send(ctx context.Context, records []Record) error {
	d := Delivery{}
	for _, r := range records {
		d.Minutes = append(d.Minutes, Told{At: r.At, State: r.State, Tap: r.Tap})
	}
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encoding minutes: %w", err)
	}
	content, err := c.call(ctx, http.MethodPost, PathMinutes, nil, body)
	if err != nil {
		return err
	}
	var k kept
	if err := json.Unmarshal(content, &k); err != nil || k.New == nil {
		return fmt.Errorf("telling the server its minutes: %w", errStranger)
	}
	if k.Work == nil {
		return nil
	}
	return c.Book.SetWork(*k.Work)
}

// answer is what a server says that does not do what it is asked.
type answer struct {
	code int
	said string
}

func (a answer) Error() string {
	if a.refusesKey() {
		return "the server does not take the probe's key; make the probe anew with `tikklok probe add`: it answers " + a.said
	}
	return "it answers " + a.said
}

func (a answer) refusesKey() bool {
	return a.code == http.StatusUnauthorized || a.code == http.StatusForbidden
}

// refuses says whether the same would be refused again, and something else not.
func (a answer) refuses() bool {
	return a.code == http.StatusBadRequest || a.code == http.StatusRequestEntityTooLarge || a.code == http.StatusUnprocessableEntity
}

// call asks the server something, and gives its answer.
func (c *Courier) call(ctx context.Context, method, path string, query url.Values, body []byte) ([]byte, error) {
	at := c.Server.JoinPath(path)
	at.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.Key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", c.Agent)
	client := *c.Client
	client.CheckRedirect = stay // what a portal sends on to takes no minutes
	r, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w%s", err, remedy(err))
	}
	defer r.Body.Close()
	content, err := io.ReadAll(io.LimitReader(r.Body, answerMost))
	switch to := r.Header.Get("Location"); {
	case err != nil || r.StatusCode == http.StatusOK:
	case to != "":
		err = fmt.Errorf("it sends on to %q: %w", to, errStranger)
	default:
		err = answer{r.StatusCode, fmt.Sprintf("%s: %s", r.Status, bytes.TrimSpace(content[:min(500, len(content))]))}
	}
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	return content, nil
}
