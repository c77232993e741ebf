package api

import (
	"context"
	"net/http"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// StateTimesheet gives the employee's own statement.
func (o operations) StateTimesheet(ctx context.Context, r openapi.StateTimesheetRequestObject) (openapi.StateTimesheetResponseObject, error) {
	week, err := parseWeek(r.Week)
	if err != nil {
		return nil, err
	}
	if callerOf(ctx).account.Employee != r.Employee {
		return nil, approval.ErrStatement
	}
	done := o.give(ctx, week, []approval.Ask{{Employee: r.Employee, Seen: approval.Seen(or(r.Body.Seen))}}, "")
	return openapi.StateTimesheet200JSONResponse(done[0].view()), nil
}

// ListApprovalPolicies gives all policies.
func (o operations) ListApprovalPolicies(ctx context.Context, _ openapi.ListApprovalPoliciesRequestObject) (openapi.ListApprovalPoliciesResponseObject, error) {
	var all approval.Policies
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = approval.AllPolicies(ctx, tx)
		return err
	})
	return openapi.ListApprovalPolicies200JSONResponse{Items: each(all, policyView)}, err
}

// SetApprovalPolicy stores a policy.
func (o operations) SetApprovalPolicy(ctx context.Context, r openapi.SetApprovalPolicyRequestObject) (openapi.SetApprovalPolicyResponseObject, error) {
	b := r.Body
	p := approval.Policy{From: calendar.DateOf(b.From.Time), Hirer: or(b.HirerId), Optional: or(b.StatementOptional), FourEyes: or(b.FourEyes),
		Levels: each(b.Levels, func(l openapi.Level) approval.Level { return approval.Level(l) })}
	if b.AutomaticTolerance != nil {
		p.Automatic = &approval.Automatic{Tolerance: *b.AutomaticTolerance}
	}
	if d := b.Deadline; d != nil {
		p.Deadline = &approval.Deadline{Days: d.Days, At: d.At, Remind: or(d.RemindHours)}
	}
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		p.Version, err = approval.SetPolicy(ctx, tx, callerOf(ctx).actor(), p, o.cfg.Now())
		return err
	})
	return openapi.SetApprovalPolicy201JSONResponse(policyView(p)), err
}

func policyView(p approval.Policy) openapi.ApprovalPolicy {
	v := openapi.ApprovalPolicy{Version: p.Version, From: dateView(p.From), HirerId: some(p.Hirer), StatementOptional: p.Optional, FourEyes: p.FourEyes,
		Levels: each(p.Levels, func(l approval.Level) openapi.Level { return openapi.Level(l) })}
	if p.Automatic != nil {
		v.AutomaticTolerance = &p.Automatic.Tolerance
	}
	if d := p.Deadline; d != nil {
		v.Deadline = &openapi.ApprovalDeadline{Days: d.Days, At: d.At, RemindHours: some(d.Remind)}
	}
	return v
}

// ListDeputies gives who may approve in whose place.
func (o operations) ListDeputies(ctx context.Context, _ openapi.ListDeputiesRequestObject) (openapi.ListDeputiesResponseObject, error) {
	var all []approval.Deputy
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = approval.Deputies(ctx, tx, o.today(ctx))
		return err
	})
	return openapi.ListDeputies200JSONResponse{Items: each(all, func(d approval.Deputy) openapi.Deputy {
		return openapi.Deputy{Id: d.ID, AccountId: d.Account, Name: d.Name, ForId: d.For, ForName: d.ForName, From: dateView(d.From), Until: dateView(d.Until)}
	})}, err
}

// today is the tenant's.
func (s *Server) today(ctx context.Context) calendar.Date {
	return calendar.DateOf(s.cfg.Now().In(zoneOf(callerOf(ctx).tenant.Zone)))
}

// CreateDeputy names a deputy.
func (o operations) CreateDeputy(ctx context.Context, r openapi.CreateDeputyRequestObject) (openapi.CreateDeputyResponseObject, error) {
	d := approval.Deputy{Account: r.Body.AccountId, For: r.Body.ForId, From: calendar.DateOf(r.Body.From.Time), Until: calendar.DateOf(r.Body.Until.Time)}
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		d.ID, err = approval.Deputise(ctx, tx, callerOf(ctx).actor(), d, o.cfg.Now())
		return err
	})
	return openapi.CreateDeputy201JSONResponse{Id: d.ID}, err
}

// EndDeputy takes one back.
func (o operations) EndDeputy(ctx context.Context, r openapi.EndDeputyRequestObject) (openapi.EndDeputyResponseObject, error) {
	err := o.inTenant(ctx, func(tx pg.Tx) error { return approval.EndDeputy(ctx, tx, callerOf(ctx).actor(), r.Id, o.cfg.Now()) })
	return openapi.EndDeputy204Response{}, err
}

// ListApprovers gives the accounts that approve.
func (o operations) ListApprovers(ctx context.Context, _ openapi.ListApproversRequestObject) (openapi.ListApproversResponseObject, error) {
	var all []approval.Person
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = approval.Approvers(ctx, tx, o.today(ctx))
		return err
	})
	return openapi.ListApprovers200JSONResponse{Items: each(all, func(p approval.Person) openapi.Approver {
		return openapi.Approver{AccountId: p.Account, Name: p.Name, HirerIds: append([]int64{}, p.Hirers...)}
	})}, err
}

// PutApproverHirers says for whom an account approves.
func (o operations) PutApproverHirers(ctx context.Context, r openapi.PutApproverHirersRequestObject) (openapi.PutApproverHirersResponseObject, error) {
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		return approval.SetHirers(ctx, tx, callerOf(ctx).actor(), r.Id, r.Body.HirerIds)
	})
	return openapi.PutApproverHirers204Response{}, err
}

// ListReminders gives the reminders of late weeks.
func (o operations) ListReminders(ctx context.Context, _ openapi.ListRemindersRequestObject) (openapi.ListRemindersResponseObject, error) {
	var all []approval.Reminder
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = approval.Reminders(ctx, tx, o.cfg.Now())
		return err
	})
	return openapi.ListReminders200JSONResponse{Items: each(all, func(r approval.Reminder) openapi.Reminder {
		return openapi.Reminder{Week: r.Week.String(), Kind: openapi.ReminderKind(r.Kind), Due: r.Due, Waiting: r.Waiting, Made: r.Made, Mail: openapi.ReminderMail(r.Mail)}
	})}, err
}

// PreviewBulkApproval sums up what would be approved.
func (o operations) PreviewBulkApproval(ctx context.Context, r openapi.PreviewBulkApprovalRequestObject) (openapi.PreviewBulkApprovalResponseObject, error) {
	week, err := parseWeek(r.Params.Week)
	if err != nil {
		return nil, err
	}
	var p approval.Preview
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		p, err = approval.PreviewBulk(ctx, tx, callerOf(ctx).actor(), week, nil, o.cfg.Now())
		return err
	})
	return openapi.PreviewBulkApproval200JSONResponse{Week: week.String(), Timesheets: len(p.Asks), Minutes: p.Minutes, Digest: p.Digest,
		LeftOut: each(p.Left, func(l approval.LeftOut) openapi.LeftOut {
			return openapi.LeftOut{Why: openapi.LeftOutWhy(l.Why), Count: l.Count}
		})}, err
}

// StartBulkApproval begins to approve what was summed up.
func (o operations) StartBulkApproval(ctx context.Context, r openapi.StartBulkApprovalRequestObject) (openapi.StartBulkApprovalResponseObject, error) {
	week, err := parseWeek(r.Body.Week)
	if err != nil {
		return nil, err
	}
	b, err := o.startBulk(ctx, week, r.Body.Digest)
	return openapi.StartBulkApproval202JSONResponse(bulkView(b)), err
}

// startBulk notes what is to be approved and does the first hundred at once:
// the rest is the background's, so that no request hangs.
func (s *Server) startBulk(ctx context.Context, week calendar.Week, digest string) (b approval.Bulk, err error) {
	var id int64
	err = s.inTenant(ctx, func(tx pg.Tx) (err error) {
		id, err = approval.StartBulk(ctx, tx, callerOf(ctx).actor(), week, nil, digest, "", s.cfg.Now())
		return err
	})
	if err != nil {
		return b, err
	}
	tenant := callerOf(ctx).tenant.ID
	if err := approval.WorkBulk(ctx, s.cfg.DB, tenant, id, 1, s.cfg.Now()); err != nil {
		s.log.WarnContext(ctx, "an approval of many goes on in the background", "request", noteOf(ctx).id, "bulk", id, "err", err)
	}
	if err := s.cfg.DB.Notify(ctx, pg.ChannelNews, tenant); err != nil {
		s.log.WarnContext(ctx, "the background was not told of an approval of many; it looks by itself", "request", noteOf(ctx).id, "bulk", id, "err", err)
	}
	return s.bulk(ctx, id)
}

// bulk gives how far an approval of many is; others' are not shown.
func (s *Server) bulk(ctx context.Context, id int64) (b approval.Bulk, err error) {
	err = s.inTenant(ctx, func(tx pg.Tx) (err error) {
		b, err = approval.BulkByID(ctx, tx, id)
		return err
	})
	if err == nil && b.Account != callerOf(ctx).actor().ID {
		err = &problem{status: http.StatusNotFound, detail: "no such record"}
	}
	return b, err
}

// GetBulkApproval tells how far it is.
func (o operations) GetBulkApproval(ctx context.Context, r openapi.GetBulkApprovalRequestObject) (openapi.GetBulkApprovalResponseObject, error) {
	b, err := o.bulk(ctx, r.Id)
	return openapi.GetBulkApproval200JSONResponse(bulkView(b)), err
}

func bulkView(b approval.Bulk) openapi.Bulk {
	return openapi.Bulk{Id: b.ID, Week: b.Week.String(), Total: b.Total, Done: b.Done, Finished: b.Finished(),
		Refused: each(b.Refused, func(r approval.Refused) openapi.ActionResult {
			return openapi.ActionResult{EmployeeId: r.Employee, Problem: &r.Problem}
		})}
}

func needView(n approval.Need) openapi.ApprovalNeed {
	return openapi.ApprovalNeed{Level: openapi.Level(n.Level), HirerId: some(n.Hirer)}
}

func standView(o *approval.Office, s approval.Stand) *openapi.ApprovalStand {
	v := &openapi.ApprovalStand{Policy: s.Policy.Version, WaitsFor: each(s.Next, needView), Overtaken: s.Overtaken, Steps: each(s.Steps, approvalStepView)}
	if at := o.Deadline(); !at.IsZero() {
		v.Deadline = &at
	}
	return v
}

func approvalStepView(s approval.Step) openapi.ApprovalStep {
	return openapi.ApprovalStep{Act: openapi.ApprovalStepAct(s.Act), At: s.At, By: some(s.ByName), ByKind: string(s.By.Kind), DeputyFor: some(s.ForName),
		HirerId: some(s.Hirer), Level: some(openapi.Level(s.Level)), Policy: some(s.Policy), Reason: some(s.Reason)}
}

func approvalConflictView(c *approval.Conflict) *openapi.ApprovalConflict {
	return &openapi.ApprovalConflict{Seen: string(c.Now), Changes: each(c.Changes, func(x approval.Change) openapi.SeenChange {
		v := openapi.SeenChange{About: "minutes", Date: dateView(x.Day), Code: some(x.Code), Kind: kindView(x.Kind), Seen: x.Seen, Now: x.Now}
		switch {
		case x.Gaps:
			v.About = "gaps"
		case x.Code == "":
			v.About = "exceptions"
		}
		return v
	})}
}

func kindView(k hours.LineKind) *openapi.LineKind { return some(openapi.LineKind(k)) }
