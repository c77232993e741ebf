package api

import (
	"context"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// ListExceptions gives a page of all that waits for a person.
func (o operations) ListExceptions(ctx context.Context, r openapi.ListExceptionsRequestObject) (openapi.ListExceptionsResponseObject, error) {
	p := r.Params
	f := hours.QueueFilter{Kind: hours.ExceptionKind(or(p.Kind)), Site: or(p.SiteId), Offset: or(p.Offset), Limit: queuePage}
	if p.Limit != nil {
		f.Limit = *p.Limit
	}
	var err error
	if p.Week != nil {
		if f.Week, err = parseWeek(*p.Week); err != nil {
			return nil, err
		}
	}
	var q hours.Queue
	err = o.inTenant(ctx, func(tx pg.Tx) error {
		q, err = hours.QueueOf(ctx, tx, f)
		return err
	})
	kinds := map[string]int{}
	for kind, n := range q.Kinds {
		kinds[string(kind)] = n
	}
	return openapi.ListExceptions200JSONResponse{Items: each(q.Items, queuedView), Total: q.Total, Kinds: kinds}, err
}

func queuedView(i hours.QueueItem) openapi.QueuedException {
	v := openapi.QueuedException{
		EmployeeId: some(i.Who.ID), Number: some(i.Who.Number), Date: dateView(i.Day), SiteId: some(i.Site), Minutes: some(i.Minutes),
		Exception: exceptionView(i.Who.ID, i.Exception),
	}
	if i.Who.ID != 0 {
		v.Name = some(nameOf(i.Who.Surname, i.Who.FirstName))
	}
	if r := i.Asked; r != nil {
		v.Request = &openapi.CorrectionRequest{Id: r.ID, What: string(r.What), Text: some(r.Text), Made: r.Made}
		if !r.At.IsZero() {
			v.Request.At = &r.At
		}
	}
	if f := i.Fob; f != nil {
		v.FobTaps = &openapi.FobTaps{Id: fobTapsID(f), FobId: some(f.Fob), Label: some(f.Label), Count: f.Count, First: *moment(f.First), Last: *moment(f.Last),
			Reader: some(f.ReaderName), HolderId: some(f.Holder.ID)}
		if v.Exception.Proposal != nil {
			v.Exception.Proposal.EmployeeId = i.Proposal.Decision.Employee
		}
	}
	if h := i.Hole; h != nil {
		v.Hole = &openapi.MissingTaps{Device: h.Device, From: h.From, To: some(h.To)}
	}
	return v
}

// DecideFobTaps gives taps that are nobody's to an employee, or leaves them
// out (OB-H1).
func (o operations) DecideFobTaps(ctx context.Context, r openapi.DecideFobTapsRequestObject) (openapi.DecideFobTapsResponseObject, error) {
	b := r.Body
	fob, err := parseFobTaps(b.Id)
	if err != nil {
		return nil, err
	}
	made, err := o.answer(ctx, ruling{fob: fob, fobDay: calendar.DateOf(b.Date.Time), Decision: hours.Decision{
		Kind: hours.DecisionKind(b.Kind), Employee: or(b.EmployeeId), Proposed: or(b.Proposed), Reason: b.Reason}})
	return openapi.DecideFobTaps201JSONResponse{Items: made}, err
}

// AnswerRequest grants or refuses what an employee asked.
func (o operations) AnswerRequest(ctx context.Context, r openapi.AnswerRequestRequestObject) (openapi.AnswerRequestResponseObject, error) {
	return openapi.AnswerRequest204Response{}, o.answerRequest(ctx, r.Id, hours.RequestState(r.Body.State), r.Body.Reason)
}

func (s *Server) answerRequest(ctx context.Context, id int64, to hours.RequestState, reason string) error {
	return s.inTenant(ctx, func(tx pg.Tx) error {
		q, err := hours.RequestByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.reaches(ctx, tx, q.Employee, q.Day); err != nil {
			return err
		}
		return hours.AnswerRequest(ctx, tx, id, to, callerOf(ctx).actor(), reason, s.cfg.Now())
	})
}
