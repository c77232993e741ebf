package api

import (
	"net/http"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// pageBackups is what only pages do with backups.
const pageBackups = "page.service.backups"

// backupRoutes is the page of backups, with its grant.
func (s *Server) backupRoutes(get func(path, operation string, h pageHandler)) {
	get(page.PathServiceBackups, pageBackups, s.backupsPage)
}

// tooOld is how old the newest set may be: a night and some hours.
const tooOld = 26 * time.Hour

func (s *Server) backupsPage(w http.ResponseWriter, r *http.Request) error {
	v := &page.Backups{Frame: s.frame(r)}
	var states []continuity.PlaceState
	var checks []continuity.Result
	var contract tenant.Agreement
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		if states, err = continuity.Places(r.Context(), tx); err != nil {
			return err
		}
		if checks, err = continuity.Latest(r.Context(), tx, v.Now); err != nil {
			return err
		}
		contract, err = tenant.Contract(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range states {
		v.Places = append(v.Places, backupPlace(p, checks, v.Now))
		v.Log = v.Log || p.LogProblem != continuity.LogNone
	}
	v.Warnings = backupWarnings(states, contract.Terms, v.Now)
	return s.render(w, http.StatusOK, v)
}

// backupWarnings says what is wrong with all places together.
func backupWarnings(states []continuity.PlaceState, terms tenant.Profile, now time.Time) (all []page.Message) {
	if len(states) == 0 {
		return []page.Message{page.Say("backups.no-places")}
	}
	if len(states) == 1 {
		all = append(all, page.Say("backups.one-place"))
	}
	good := 0
	for _, p := range states {
		if last, ok := p.Last(now); ok && now.Sub(last.Began) <= tooOld {
			good++
		}
		if p.Place.Declared() && terms.Refusal(p.Place) != "" {
			all = append(all, page.Say("backups.wrong-place", p.Name))
		}
		if !p.Place.Declared() {
			all = append(all, page.Say("backups.undeclared", p.Name))
		}
	}
	if good == 0 {
		all = append([]page.Message{page.Say("backups.none-fresh")}, all...)
	}
	return all
}

func backupPlace(p continuity.PlaceState, checks []continuity.Result, now time.Time) page.BackupPlace {
	v := page.BackupPlace{Name: p.Name, Kind: p.Kind, Region: string(p.Place.Region), Operator: string(p.Place.Operator), Since: p.Since.In(now.Location()), Waiting: p.Waiting}
	if p.Problem != "" {
		v.Problem = page.Say("backups.problem." + string(p.Problem))
	}
	if p.LogProblem != "" {
		v.LogText = page.Say("backups.log." + string(p.LogProblem))
	}
	if !p.LogUntil.IsZero() {
		v.LogUntil = p.LogUntil.In(now.Location())
	}
	if last, ok := p.Last(now); ok {
		v.Last, v.Late = last.Began.In(now.Location()), now.Sub(last.Began) > tooOld
	}
	for _, s := range p.Sets {
		row := page.BackupSet{Began: s.Began.In(now.Location()), Expires: s.Expires.In(now.Location()), Kind: string(s.Kind), Bytes: s.Bytes, Plain: s.Plain, Expired: s.Expired}
		if !s.Gone.IsZero() {
			row.Gone = s.Gone.In(now.Location())
		}
		v.Sets = append(v.Sets, row)
	}
	for _, c := range checks {
		if c.Target == p.Name {
			v.Check = page.BackupCheck{At: c.At.In(now.Location()), Good: c.Good(), Registrations: c.Registrations, Seconds: int(c.Took.Seconds()),
				Faults: faultsOf(c)}
		}
	}
	return v
}

// faultsOf gives the kinds of what a check found, each once.
func faultsOf(c continuity.Result) (kinds []string) {
	seen := map[continuity.Fault]bool{}
	for _, f := range c.Findings {
		if !seen[f.Fault] {
			seen[f.Fault] = true
			kinds = append(kinds, string(f.Fault))
		}
	}
	return kinds
}
