package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"tikklok/firmware-sim"
)

// enrol makes a site and its gateway's file, once.
func (w *world) enrol(ctx context.Context, gateway, site, file string) error {
	if _, err := os.Stat(w.path(file)); err == nil {
		return nil
	}
	_, err := run(ctx, "tikklok", "gateway", "add", gateway, "--site", site, "--create-site", "--broker", "mqtts://"+w.mqtt,
		"--out", w.path(file), "--state", w.dir)
	return err
}

// enrolHere does so for the site where most work.
func (w *world) enrolHere(ctx context.Context) error {
	return w.enrol(ctx, "Receptie", siteName, "gateway.json")
}

// enrolYard does so for the hirer's site, and starts its gateway.
func (w *world) enrolYard(ctx context.Context) error {
	if err := w.enrol(ctx, "Loods", yardSite, "gateway-"+yardName+".json"); err != nil {
		return err
	}
	return w.away.start()
}

var surnames = []string{"Aydın", "Bakker", "van den Berg", "Çelik", "de Boer", "Dijkstra", "Kowalska", "Jansen", "Nowak", "Popescu",
	"Smit", "Visser", "Yılmaz", "Mulder", "de Groot", "Bos", "Vos", "Peters", "Hendriks", "van Dijk", "Dekker", "Brouwer", "Łukasik", "de Wit", "Ionescu",
	"Hoekstra", "El Amrani", "Wójcik", "Meijer", "Petrova", "Kok", "Demir", "van Leeuwen"}

var firstNames = []string{"Selin", "Joris", "Fleur", "Emre", "Sanne", "Wout", "Zofia", "Mila", "Piotr", "Andrei",
	"Lars", "Noor", "Deniz", "Bram", "Femke", "Thijs", "Lotte", "Daan", "Eva", "Sem", "Julia", "Ruben", "Ania", "Tess", "Mihai",
	"Jesse", "Yasmina", "Kacper", "Anouk", "Elena", "Luuk", "Elif", "Roos"}

// furnish enters people and their fobs, as an administrator would.
func (w *world) furnish(ctx context.Context, until time.Time) error {
	if err := w.consent(ctx, until); err != nil {
		return err
	}
	if _, err := run(ctx, "tikklok", "tenant", "field", "first_name", "--purpose", "collega's van één achternaam uit elkaar houden", "--state", w.dir); err != nil {
		return err
	}
	for _, name := range []string{fullTime, partTime, byCall} {
		if err := w.api.call(ctx, "POST", "/api/v1/contracts", map[string]string{"name": name}, nil); err != nil {
			return err
		}
	}
	if _, err := w.api.raw(ctx, "POST", "/api/v1/employees/import?apply=true", w.peopleCSV()); err != nil {
		return err
	}
	if err := w.takeNames(ctx); err != nil {
		return err
	}
	for i, h := range w.people.Holdings(until) {
		if err := w.giveFob(ctx, i+1, h); err != nil {
			return err
		}
	}
	return nil
}

// The contracts.
const (
	fullTime = "Voltijd"
	partTime = "Deeltijd"
	byCall   = "Oproep"
)

func (w *world) peopleCSV() string {
	type terms struct{ contract, hours string }
	of := map[sim.Pattern]terms{sim.PartTime: {partTime, "24"}, sim.Split: {partTime, "36"}, sim.OnCall: {byCall, "0"}}
	var b strings.Builder
	b.WriteString("personeelsnummer;achternaam;voornaam;contract;contracturen;in dienst\n")
	for i := range staff {
		t, ok := of[w.people.Pattern(i)]
		if !ok {
			t = terms{fullTime, "40"}
		}
		fmt.Fprintf(&b, "%s;%s;%s;%s;%s;%s\n", number(i), surnames[i], firstNames[i], t.contract, t.hours, w.people.Begin.AddDate(0, -3, 0).Format(time.DateOnly))
	}
	return b.String()
}

func number(employee int) string { return fmt.Sprint(10421 + 37*employee) }

// takeNames learns the server's ids of the people.
func (w *world) takeNames(ctx context.Context) error {
	var list struct {
		Items []struct {
			ID     int64
			Number string
		}
	}
	if err := w.api.call(ctx, "GET", "/api/v1/employees", nil, &list); err != nil {
		return err
	}
	byNumber := map[string]int64{}
	for _, e := range list.Items {
		byNumber[e.Number] = e.ID
	}
	w.names = w.names[:0]
	for i := range staff {
		id, ok := byNumber[number(i)]
		if !ok {
			return fmt.Errorf("employee %s is not there", number(i))
		}
		w.names = append(w.names, id)
	}
	return nil
}

func (w *world) giveFob(ctx context.Context, n int, h sim.Holding) error {
	var fob struct{ ID int64 }
	err := w.api.call(ctx, "POST", "/api/v1/fobs", map[string]any{
		"label":  fmt.Sprintf("S-%03d", n),
		"number": map[string]string{"technology": "em4100", "value": fmt.Sprintf("%010X", h.Fob)},
	}, &fob)
	if err != nil {
		return err
	}
	path := fmt.Sprintf("/api/v1/fobs/%d/", fob.ID)
	err = w.api.call(ctx, "POST", path+"issue", map[string]any{"employee_id": w.names[h.Employee], "from": h.From.Add(-time.Hour)}, nil)
	if err != nil || h.Until.IsZero() {
		return err
	}
	return w.api.call(ctx, "POST", path+"end", map[string]any{"status": "lost", "at": h.Until}, nil)
}

// nameReaders waits for the gateway to report these readers and says what they
// are for.
func (w *world) nameReaders(ctx context.Context, names ...string) error {
	type reader struct {
		key    string // its origin, or its name on the gateway
		change map[string]string
	}
	wanted := map[string]map[string]string{}
	for _, name := range names {
		r := map[string]reader{
			doorName:    {fmt.Sprintf("%x", doorOrigin), map[string]string{"name": "Ingang"}},
			canteenName: {fmt.Sprintf("%x", canteenOrigin), map[string]string{"name": "Kantine", "mode": "break"}},
			deskName:    {deskName, map[string]string{"name": "Balie"}},
			yardName:    {fmt.Sprintf("%x", yardOrigin), map[string]string{"name": "Loods"}},
		}[name]
		wanted[r.key] = r.change
	}
	return until(ctx, "the readers", 30*time.Second, func() (bool, error) {
		var list struct {
			Items []struct {
				ID          int64
				Origin, Key string
			}
		}
		if err := w.api.call(ctx, "GET", "/api/v1/readers", nil, &list); err != nil {
			return false, err
		}
		for _, r := range list.Items {
			for _, key := range []string{r.Key, r.Origin} {
				if change := wanted[key]; change != nil && (r.Key == "" || key == r.Key) {
					if err := w.api.call(ctx, "PATCH", fmt.Sprintf("/api/v1/readers/%d", r.ID), change, nil); err != nil {
						return false, err
					}
					delete(wanted, key)
				}
			}
		}
		return len(wanted) == 0, nil
	})
}
