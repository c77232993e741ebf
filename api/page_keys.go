package api

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/payroll"
)

func (s *Server) keysPage(w http.ResponseWriter, r *http.Request) error {
	return s.showKeys(w, r, http.StatusOK, &page.Keys{})
}

// showKeys lists the API keys; v brings one just made, which is shown this
// once, or what was refused.
func (s *Server) showKeys(w http.ResponseWriter, r *http.Request, status int, v *page.Keys) error {
	v.Frame = s.frame(r)
	v.Scopes = []string{string(people.ScopePayroll), string(people.ScopeRead), string(people.ScopeManage)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		destinations, err := payroll.Destinations(r.Context(), tx)
		if err != nil {
			return err
		}
		names := map[int64]string{}
		for _, d := range destinations {
			names[d.ID] = d.Name
			number := strconv.FormatInt(d.ID, 10)
			v.Destinations = append(v.Destinations, page.Option{Value: number, Label: d.Name, Chosen: slices.Contains(v.Chosen, number)})
		}
		all, err := people.Keys(r.Context(), tx, s.cfg.Now())
		v.Rows = each(all, func(k people.Key) page.Key { return keyLine(k, names, v.Now.Location()) })
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func keyLine(k people.Key, destinations map[int64]string, zone *time.Location) page.Key {
	networks := each(k.Networks, networkText)
	return page.Key{ID: k.ID, Name: k.Name, Created: k.Created.In(zone), LastUsed: in(k.LastUsed, zone), Revoked: in(k.Revoked, zone),
		Rotated: in(k.Rotated, zone), FormerUntil: in(k.FormerUntil, zone), FormerUsed: in(k.FormerUsed, zone), Refused: in(k.Refused, zone),
		Scopes:   each(k.Scopes, func(s people.Scope) string { return string(s) }),
		Networks: networks, Form: page.Form{Values: map[string]string{"networks": strings.Join(networks, " ")}},
		Destinations: each(k.Destinations, func(id int64) string { return destinations[id] })}
}

// networkText writes one address without its length.
func networkText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

func (s *Server) postKeyNew(w http.ResponseWriter, r *http.Request) error {
	form, v := formOf(r, "name", "networks"), &page.Keys{}
	v.Chosen = r.Form["destination"]
	wanted := people.Key{Name: form.Values["name"], Scopes: each(r.Form["scope"], func(text string) people.Scope { return people.Scope(text) })}
	for _, text := range v.Chosen {
		destination, err := id(text)
		if err != nil {
			return err
		}
		wanted.Destinations = append(wanted.Destinations, destination)
	}
	networks, err := people.ParseNetworks(form.Values["networks"])
	if err == nil {
		wanted.Networks = networks
		err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
			_, v.Shown, err = people.CreateKey(r.Context(), tx, callerOf(r.Context()).actor(), wanted)
			return err
		})
	}
	if err == nil {
		v.For, v.Chosen = form.Values["name"], nil
		return s.showKeys(w, r, http.StatusOK, v)
	}
	if !besides(form, err) {
		return err
	}
	v.Form, v.Shown = form, ""
	return s.showKeys(w, r, http.StatusUnprocessableEntity, v)
}

// postKeyRotate gives a key another secret; the former one works on for as long
// as was chosen.
func (s *Server) postKeyRotate(w http.ResponseWriter, r *http.Request) error {
	key, err := id(r.FormValue("key"))
	if err != nil {
		return err
	}
	overlap, err := overlapOf(r)
	if err != nil {
		return err
	}
	v, now := &page.Keys{}, s.cfg.Now()
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		if v.Shown, err = people.RotateKey(r.Context(), tx, callerOf(r.Context()).actor(), key, overlap, now); err != nil {
			return err
		}
		all, err := people.Keys(r.Context(), tx, now)
		if i := slices.IndexFunc(all, func(k people.Key) bool { return k.ID == key }); i >= 0 {
			v.For = all[i].Name
		}
		return err
	})
	if err != nil {
		return s.refuse(w, r, page.PathKeys, err)
	}
	v.Until = now.Add(overlap).In(zoneOf(callerOf(r.Context()).tenant.Zone))
	return s.showKeys(w, r, http.StatusOK, v)
}

func (s *Server) postKeyNetworks(w http.ResponseWriter, r *http.Request) error {
	key, err := id(r.FormValue("key"))
	if err != nil {
		return err
	}
	form := formOf(r, "networks")
	networks, err := people.ParseNetworks(form.Values["networks"])
	if err == nil {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			return people.SetKeyNetworks(r.Context(), tx, callerOf(r.Context()).actor(), key, networks)
		})
	}
	if err == nil {
		return s.done(w, r, page.PathKeys, notice{Key: "notice.saved"})
	}
	if !besides(form, err) {
		return s.refuse(w, r, page.PathKeys, err)
	}
	return s.showKeys(w, r, http.StatusUnprocessableEntity, &page.Keys{Form: form, FormFor: key})
}

func (s *Server) postKeyRevoke(w http.ResponseWriter, r *http.Request) error {
	key, err := id(r.FormValue("key"))
	if err != nil {
		return err
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return people.RevokeKey(r.Context(), tx, callerOf(r.Context()).actor(), key, s.cfg.Now())
	})
	if err != nil {
		return s.refuse(w, r, page.PathKeys, err)
	}
	return s.done(w, r, page.PathKeys, notice{Key: "notice.revoked"})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
