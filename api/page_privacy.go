package api

import (
	"net/http"

	"tikklok/api/page"
)

// privacyRoutes are the pages of what is kept about people, with their grants.
func (s *Server) privacyRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathPrivacy, pagePrivacy, s.privacyPage)
}

func (s *Server) privacyPage(w http.ResponseWriter, r *http.Request) error {
	v := &page.Privacy{Frame: s.frame(r), All: s.cfg.Catalogue.Fields()}
	for _, t := range s.cfg.Catalogue {
		if !t.Personal() {
			continue
		}
		v.Tables = append(v.Tables, page.PrivacyTable{Name: t.Name, Table: t.Name, Why: string(t.Why), Basis: string(t.Basis), Class: string(t.Class), Source: string(t.Source)})
		v.Fields += len(t.Fields)
	}
	return s.render(w, http.StatusOK, v)
}
