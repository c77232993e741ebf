package api

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) keysPage(w http.ResponseWriter, r *http.Request) error {
	return s.showKeys(w, r, http.StatusOK, page.Form{}, "", "")
}

// showKeys lists the API keys; one just made is shown this once.
func (s *Server) showKeys(w http.ResponseWriter, r *http.Request, status int, form page.Form, secret, of string) error {
	v := &page.Keys{Frame: s.frame(r), Form: form, Shown: secret, For: of}
	v.Scopes = []string{string(people.ScopePayroll), string(people.ScopeRead), string(people.ScopeManage)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		all, err := people.Keys(r.Context(), tx, s.cfg.Now())
		v.Rows = each(all, func(k people.Key) page.Key { return keyLine(k, v.Now.Location()) })
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func keyLine(k people.Key, zone *time.Location) page.Key {
	return page.Key{ID: k.ID, Name: k.Name, Created: k.Created.In(zone), LastUsed: in(k.LastUsed, zone), Revoked: in(k.Revoked, zone),
		Scopes: each(k.Scopes, func(s people.Scope) string { return string(s) })}
}

func (s *Server) postKeyNew(w http.ResponseWriter, r *http.Request) error {
	form, secret := formOf(r, "name"), ""
	scopes := each(r.Form["scope"], func(text string) people.Scope { return people.Scope(text) })
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		_, secret, err = people.CreateKey(r.Context(), tx, callerOf(r.Context()).actor(), people.Key{Name: form.Values["name"], Scopes: scopes})
		return err
	})
	if err == nil {
		return s.showKeys(w, r, http.StatusOK, page.Form{}, secret, form.Values["name"])
	}
	if !besides(form, err) {
		return err
	}
	return s.showKeys(w, r, http.StatusUnprocessableEntity, form, "", "")
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
