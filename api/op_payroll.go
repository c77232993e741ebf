package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tikklok/api/openapi"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll"
	"tikklok/payroll/delivery"
)

// ListDestinations gives all destinations.
func (o operations) ListDestinations(ctx context.Context, _ openapi.ListDestinationsRequestObject) (openapi.ListDestinationsResponseObject, error) {
	var all []payroll.Destination
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = payroll.Destinations(ctx, tx)
		return err
	})
	all = slices.DeleteFunc(all, func(d payroll.Destination) bool { return !pullsOf(ctx, d.ID) })
	return openapi.ListDestinations200JSONResponse{Items: each(all, destinationView)}, err
}

// CreateDestination adds a payroll package that pulls.
func (o operations) CreateDestination(ctx context.Context, r openapi.CreateDestinationRequestObject) (openapi.CreateDestinationResponseObject, error) {
	d := payroll.Destination{Name: r.Body.Name, Format: r.Body.Format, Settings: or(r.Body.Settings)}
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		d, err = payroll.CreateDestination(ctx, tx, callerOf(ctx).actor(), d)
		return err
	})
	return openapi.CreateDestination201JSONResponse(destinationView(d)), err
}

// PreviewRun gives what a run would hold, and what stops it.
func (o operations) PreviewRun(ctx context.Context, r openapi.PreviewRunRequestObject) (openapi.PreviewRunResponseObject, error) {
	var p payroll.Preview
	err := o.asOf(ctx, func(tx pg.Tx) (err error) {
		p, err = payroll.Prepare(ctx, tx, orderOf(*r.Body), o.cfg.Now())
		return err
	})
	return openapi.PreviewRun200JSONResponse(previewView(p)), err
}

// ListRuns gives all runs, the newest first.
func (o operations) ListRuns(ctx context.Context, r openapi.ListRunsRequestObject) (openapi.ListRunsResponseObject, error) {
	var all []payroll.Run
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = payroll.Runs(ctx, tx, or(r.Params.DestinationId))
		return err
	})
	state := payroll.RunState(or(r.Params.State))
	all = slices.DeleteFunc(all, func(run payroll.Run) bool { return !pullsOf(ctx, run.Destination) || state != "" && run.State != state })
	return openapi.ListRuns200JSONResponse{Items: each(all, runView)}, err
}

// CreateRun takes the lines that wait into a run (I8).
func (o operations) CreateRun(ctx context.Context, r openapi.CreateRunRequestObject) (openapi.CreateRunResponseObject, error) {
	who := callerOf(ctx)
	run, err := o.cfg.Payroll.Create(ctx, o.cfg.DB, who.tenant.ID, who.actor(), orderOf(*r.Body), o.cfg.Now())
	return openapi.CreateRun201JSONResponse(runView(run)), err
}

// VoidRun frees a run's lines for another.
func (o operations) VoidRun(ctx context.Context, r openapi.VoidRunRequestObject) (openapi.VoidRunResponseObject, error) {
	who := callerOf(ctx)
	run, err := o.cfg.Payroll.Void(ctx, o.cfg.DB, who.tenant.ID, who.actor(), r.Id, r.Body.Reason, o.cfg.Now())
	return openapi.VoidRun200JSONResponse(runView(run)), err
}

// GetRunFile gives the file, the same bytes at every pull (I8). Each pull is
// written down (OB-C4).
func (o operations) GetRunFile(ctx context.Context, r openapi.GetRunFileRequestObject) (openapi.GetRunFileResponseObject, error) {
	return o.pull(ctx, r.Id, or(r.Params.IfNoneMatch))
}

// pull opens a run's file for who does not have it yet. It is verified before
// its first byte leaves.
func (s *Server) pull(ctx context.Context, id int64, have string) (fileResponse, error) {
	who := callerOf(ctx)
	f := fileResponse{have: have}
	err := s.inTenant(ctx, func(tx pg.Tx) (err error) {
		if _, err = reachedRun(ctx, tx, id); err != nil {
			return err
		}
		if who.key != nil { // a person may look at what is brought
			brought, err := delivery.Brought(ctx, tx, id)
			if err != nil {
				return err
			}
			if brought {
				return fmt.Errorf("run %d: %w", id, delivery.ErrBrought)
			}
		}
		f.file, err = s.cfg.Payroll.File(ctx, tx, id)
		return err
	})
	if err != nil {
		return fileResponse{}, err
	}
	if !f.had() {
		if f.content, err = f.file.Open(ctx, s.cfg.DB, who.tenant.ID); err != nil {
			return fileResponse{}, err
		}
	}
	return f, s.inTenant(ctx, func(tx pg.Tx) error { return payroll.MarkPulled(ctx, tx, who.actor(), id) })
}

// fileResponse writes a run's file, or 304 to who has it.
type fileResponse struct {
	file    payroll.File
	have    string // If-None-Match
	content *payroll.Content
}

func (f fileResponse) tag() string { return `"` + hex.EncodeToString(f.file.SHA256[:]) + `"` }
func (f fileResponse) had() bool   { return matches(f.have, f.tag()) }

// VisitGetRunFileResponse writes it.
func (f fileResponse) VisitGetRunFileResponse(w http.ResponseWriter) error {
	w.Header().Set("ETag", f.tag())
	w.Header().Set("Cache-Control", "private, no-cache")
	if f.had() {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", f.file.MediaType)
	w.Header().Set("Content-Length", strconv.FormatInt(f.file.Size, 10))
	w.Header().Set("Content-Disposition", `attachment; filename="`+f.file.Name+`"`)
	w.WriteHeader(http.StatusOK)
	_, err := io.Copy(w, f.content)
	return err
}

// matches compares as RFC 9110 §13.1.2 says for If-None-Match.
func matches(have, tag string) bool {
	for one := range strings.SplitSeq(have, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}

func orderOf(r openapi.NewRun) payroll.Order {
	return payroll.Order{Destination: r.DestinationId, Period: calendar.Period{From: calendar.DateOf(r.From.Time), To: calendar.DateOf(r.To.Time)}}
}

func destinationView(d payroll.Destination) openapi.Destination {
	settings := map[string]string(d.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	return openapi.Destination{Id: d.ID, Name: d.Name, Format: d.Format, Settings: settings}
}

func totalsView(t payroll.Totals) openapi.RunTotals {
	beside := each(t.Beside(), kindTotalView)
	return openapi.RunTotals{People: t.People, Lines: t.Lines, Minutes: t.Worked(), Beside: &beside, Codes: each(t.Codes, func(c payroll.CodeTotal) openapi.CodeTotal {
		return openapi.CodeTotal{Code: c.Code, Kind: kindView(c.Kind), Component: some(c.Component), Minutes: c.Minutes, Hundredths: c.Hundredths}
	})}
}

func waitingView(w payroll.Waiting) openapi.WaitingWeek {
	return openapi.WaitingWeek{EmployeeId: w.Employee, Number: w.Number, Week: w.Week.String(), State: openapi.TimesheetState(w.State), Incomplete: w.Incomplete, Pending: w.Pending}
}

func runView(r payroll.Run) openapi.Run {
	return openapi.Run{
		Id: r.ID, DestinationId: r.Destination, Destination: r.Name, Format: r.Format,
		From: dateView(r.Period.From), To: dateView(r.Period.To), State: openapi.RunState(r.State), CreatedAt: r.At,
		FileName: r.FileName, MediaType: r.MediaType, Sha256: hex.EncodeToString(r.SHA256[:]), Bytes: r.Bytes, Totals: totalsView(r.Totals),
		CodeVersion: some(r.MapVersion), FirstPulledAt: r.Pulled, VoidReason: some(r.VoidReason), VoidAt: r.VoidAt,
	}
}
