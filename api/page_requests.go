package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/request"
)

// requestRoutes are the pages of requests of data subjects, with their grants.
func (s *Server) requestRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathRequests, pageRequests, s.requestsPage)
	post(page.PathRequests, pageRequest, s.postSubjectRequest)
	post(page.PathRequests+"/:id"+page.RequestStepTaken, pageRequest, s.postRequestStep)
	post(page.PathRequests+"/:id"+page.RequestDo, pageRequest, s.postRequestDo)
	get(page.PathMeData, pageOwnPrivacy, s.meDataPage)
	post(page.PathMeData, pageOwnData, s.postMeData)
}

// shownRequests is how many stand on the page, those that wait first.
const shownRequests = 200

func (s *Server) requestsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showRequests(w, r, http.StatusOK, formOf(r))
}

func (s *Server) showRequests(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Requests{Frame: s.frame(r), Form: form, May: s.may(r.Context(), pageRequest), Kinds: kindsAsked()}
	opened, _ := strconv.ParseInt(r.FormValue("open"), 10, 64)
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		if err := request.Show(r.Context(), tx); err != nil {
			return err
		}
		return s.requestLines(r.Context(), tx, v, opened)
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

func kindsAsked() []string {
	return each(request.Kinds(), func(k request.Kind) string { return string(k) })
}

func (s *Server) requestLines(ctx context.Context, tx pg.Tx, v *page.Requests, opened int64) error {
	all, err := request.List(ctx, tx, 0, shownRequests)
	if err != nil {
		return err
	}
	names, err := accountNames(ctx, tx)
	if err != nil {
		return err
	}
	restricted, err := request.Restricted(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r, err = request.Get(ctx, tx, r.ID); err != nil {
			return err
		}
		e, err := people.EmployeeByID(ctx, tx, r.Employee)
		if err != nil {
			return err
		}
		l := requestLine(r, e, names, v.Now)
		l.Opened = opened == r.ID
		if v.May {
			if err := s.requestDoes(ctx, &l, r, restricted[r.Employee]); err != nil {
				return err
			}
		}
		if l.Proof, err = proofOf(ctx, tx, r.Certificate); err != nil {
			return err
		}
		l.Erased = l.Proof != nil
		v.Late += boolInt(l.Late)
		v.Rows = append(v.Rows, l)
	}
	return nil
}

func requestLine(r request.Request, e people.Employee, names map[int64]string, now time.Time) page.RequestLine {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	return page.RequestLine{ID: r.ID, Kind: string(r.Kind), Employee: r.Employee, Who: nameOf(e.Surname, e.FirstName), Number: e.Number, Requester: string(r.Requester),
		Name: r.Name, What: r.What, Received: r.Received, Due: r.Due, State: string(r.State), Late: r.Late(today), Checked: r.Checked,
		Steps: each(r.Steps, func(s request.Step) page.RequestStep {
			return page.RequestStep{Act: string(s.Act), Reason: s.Reason, By: names[s.By.ID], At: s.At.In(now.Location())}
		})}
}

// requestDoes says what an administrator can do with a request now.
func (s *Server) requestDoes(ctx context.Context, l *page.RequestLine, r request.Request, restricted bool) error {
	switch {
	case r.State == request.Open && !r.Checked:
		l.Next = []string{"checked", "refused", "withdrawn"}
	case r.State == request.Open:
		l.Next = []string{"granted", "refused", "withdrawn"}
	}
	if r.State == request.Open && !r.Extended {
		l.Next = append(l.Next, "extended")
	}
	restricts := r.Kind == request.Restriction || r.Kind == request.Objection
	switch {
	case r.State == request.Done && restricts && restricted:
		l.Do = "lift"
	case (r.State == request.Granted || r.State == request.Done) && (r.Kind == request.Access || r.Kind == request.Portability):
		l.Do = "file"
	case r.State != request.Granted:
	case restricts:
		l.Do = "restrict"
	case r.Kind == request.Erasure:
		l.Do = "erase"
		return s.hindered(ctx, l, r.Employee)
	default:
		l.Do = "by-hand"
	}
	return nil
}

func (s *Server) hindered(ctx context.Context, l *page.RequestLine, employee int64) error {
	desk, now := s.cfg.Requests, s.cfg.Now()
	return desk.DB.InTenant(ctx, callerOf(ctx).tenant.ID, func(tx pg.Tx) error {
		all, err := desk.Hindered(ctx, tx, employee, now)
		l.Obstacles = each(all, func(o request.Obstacle) page.Message {
			key := "requests.obstacle." + string(o.Why)
			if o.Why == request.Employed && o.What != "" {
				key += "-until"
			}
			if day, err := time.Parse(time.DateOnly, o.What); err == nil {
				return page.Say(key, fullDate(day))
			}
			return page.Say(key, o.What)
		})
		return err
	})
}

// proofOf reads what the certificate of an erasure says; nil where there is none.
func proofOf(ctx context.Context, tx pg.Tx, certificate int64) (*page.RequestProof, error) {
	if certificate == 0 {
		return nil, nil
	}
	c, err := privacy.CertificateOf(ctx, tx, certificate)
	if err != nil {
		return nil, err
	}
	said, err := request.ReadCertificate(c.Content)
	if err != nil {
		return nil, err
	}
	p := &page.RequestProof{Certificate: c.ID, At: c.At, Sought: said.Sought, Shared: said.Shared}
	for _, n := range said.Removed {
		p.Removed += n
	}
	for _, n := range said.Changed {
		p.Changed += n
	}
	for place := range said.Traces {
		p.Traces = append(p.Traces, place)
	}
	p.Backups = each(said.Backups, func(b request.Backup) page.RequestBackup { return page.RequestBackup{Name: b.Name, Expires: b.Expires} })
	return p, nil
}

func (s *Server) postSubjectRequest(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "kind", "number", "requester", "name", "received", "what")
	v := form.Values
	received, err := time.Parse(time.DateOnly, v["received"])
	if err != nil {
		form.Problems["received"] = page.Say("problem.date")
		return s.showRequests(w, r, http.StatusUnprocessableEntity, form)
	}
	var number int64
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		if err := request.Show(r.Context(), tx); err != nil {
			return err
		}
		e, err := people.EmployeeByNumber(r.Context(), tx, v["number"])
		if err != nil {
			return err
		}
		ask := request.Request{Kind: request.Kind(v["kind"]), Employee: e.ID, Requester: request.Requester(v["requester"]), Name: v["name"], What: v["what"], Received: received}
		if ask.Requester == request.SignedIn { // only the person's own page makes sure of them
			ask.Requester = request.Self
		}
		number, err = request.Receive(r.Context(), tx, ask, callerOf(r.Context()).actor(), s.cfg.Now())
		return err
	})
	switch {
	case errors.Is(err, people.ErrNotFound):
		form.Problems["number"] = page.Say("refused.request-number")
	case errors.Is(err, request.ErrInvalid):
		form.Problems["name"] = page.Say("refused.request")
	case err != nil:
		return err
	default:
		return s.done(w, r, requestAddress(number), notice{Key: "notice.request"})
	}
	return s.showRequests(w, r, http.StatusUnprocessableEntity, form)
}

func requestAddress(id int64) string {
	return fmt.Sprintf("%s?open=%d#request-%d", page.PathRequests, id, id)
}

func (s *Server) postRequestStep(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	act := request.Act(r.FormValue("act"))
	if act == request.Act(request.Done) { // what carries it out says so
		return s.refuse(w, r, requestAddress(number), request.ErrInvalid)
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		_, err := request.Take(r.Context(), tx, number, act, r.FormValue("reason"), callerOf(r.Context()).actor(), s.cfg.Now())
		return err
	})
	if err != nil {
		return s.refuse(w, r, requestAddress(number), err)
	}
	return s.done(w, r, requestAddress(number), notice{Key: "notice.request-step"})
}

// postRequestDo carries out what was granted.
func (s *Server) postRequestDo(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	ctx, by, now, said := r.Context(), callerOf(r.Context()).actor(), s.cfg.Now(), "notice.request-done"
	switch what := r.FormValue("do"); what {
	case "json", "pdf":
		return s.requestFile(w, r, number, what)
	case "erase":
		said = "notice.request-erased"
		err = s.eraseFor(ctx, number)
	case "restrict":
		err = s.inTenant(ctx, func(tx pg.Tx) error { return request.Restrict(ctx, tx, number, by, now) })
	case "lift":
		err = s.inTenant(ctx, func(tx pg.Tx) error { return request.Lift(ctx, tx, number, r.FormValue("reason"), by, now) })
	case "done":
		err = s.inTenant(ctx, func(tx pg.Tx) error { return request.Finish(ctx, tx, number, by, now) })
	default:
		err = request.ErrInvalid
	}
	if err != nil {
		return s.refuse(w, r, requestAddress(number), err)
	}
	return s.done(w, r, requestAddress(number), notice{Key: said})
}

func (s *Server) eraseFor(ctx context.Context, number int64) error {
	var ask request.Request
	err := s.inTenant(ctx, func(tx pg.Tx) (err error) { ask, err = request.Get(ctx, tx, number); return err })
	if err == nil {
		_, err = s.cfg.Requests.Erase(ctx, callerOf(ctx).tenant.ID, ask.Employee, number, callerOf(ctx).actor(), s.cfg.Now())
	}
	return err
}

// requestFile gives the file of a person, whole or not at all.
func (s *Server) requestFile(w http.ResponseWriter, r *http.Request, number int64, format string) error {
	f, err := s.cfg.Requests.Answer(r.Context(), s.cfg.DB, callerOf(r.Context()).tenant.ID, number, callerOf(r.Context()).actor(), s.cfg.Now())
	if err != nil {
		return s.refuse(w, r, requestAddress(number), err)
	}
	var b bytes.Buffer
	kind := "application/json"
	if format == "pdf" {
		kind, err = "application/pdf", f.PDF(&b, s.frame(r).Language)
	} else {
		err = f.JSON(&b)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="request-%d.%s"`, number, format))
	_, err = w.Write(b.Bytes())
	return err
}

func (s *Server) meDataPage(w http.ResponseWriter, r *http.Request) error {
	return s.showMeData(w, r, http.StatusOK, formOf(r))
}

func (s *Server) showMeData(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.MeData{Frame: s.frame(r), Form: form, Kinds: kindsAsked()}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		all, err := request.List(r.Context(), tx, ownEmployee(r.Context()), 20)
		v.Rows = each(all, func(q request.Request) page.MeDataRequest {
			return page.MeDataRequest{Kind: string(q.Kind), State: string(q.State), Received: q.Received, Due: q.Due}
		})
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// postMeData is what an employee asks: signing in made sure of who asks.
func (s *Server) postMeData(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "kind", "what")
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		ask := request.Request{Kind: request.Kind(form.Values["kind"]), Employee: ownEmployee(r.Context()), Requester: request.SignedIn, What: form.Values["what"]}
		_, err := request.Receive(r.Context(), tx, ask, callerOf(r.Context()).actor(), s.cfg.Now())
		return err
	})
	switch {
	case errors.Is(err, request.ErrMany):
		form.Problems["kind"] = page.Say("problem.me-data-many")
	case errors.Is(err, request.ErrInvalid):
		form.Problems["kind"] = page.Say("problem.me-data")
	case err != nil:
		return err
	default:
		return s.done(w, r, page.PathMeData, notice{Key: "notice.me-data"})
	}
	return s.showMeData(w, r, http.StatusUnprocessableEntity, form)
}
