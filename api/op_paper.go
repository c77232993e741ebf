package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll/paper"
)

// PrintTimesheets gives timesheets for signing.
func (o operations) PrintTimesheets(ctx context.Context, r openapi.PrintTimesheetsRequestObject) (openapi.PrintTimesheetsResponseObject, error) {
	return o.print(ctx, paper.Order{Kind: paper.Timesheets, Period: periodOf(r.Params.From, r.Params.To),
		Employee: or(r.Params.Employee), Site: or(r.Params.Site), Language: string(or(r.Params.Language))})
}

// PrintEvidence gives evidence of approved hours.
func (o operations) PrintEvidence(ctx context.Context, r openapi.PrintEvidenceRequestObject) (openapi.PrintEvidenceResponseObject, error) {
	kind := paper.Evidence
	if or(r.Params.Format) == openapi.PrintEvidenceParamsFormatCsv {
		kind = paper.EvidenceCSV
	}
	return o.print(ctx, paper.Order{Kind: kind, Period: periodOf(r.Params.From, r.Params.To), Employee: or(r.Params.Employee), Site: or(r.Params.Site),
		Assignment: or(r.Params.Assignment), CostCentre: or(r.Params.CostCentre), Language: string(or(r.Params.Language))})
}

func periodOf(from, to openapi_types.Date) calendar.Period {
	return calendar.Period{From: calendar.DateOf(from.Time), To: calendar.DateOf(to.Time)}
}

// CheckPaper says what the approval with a printed hash holds.
func (o operations) CheckPaper(ctx context.Context, r openapi.CheckPaperRequestObject) (openapi.CheckPaperResponseObject, error) {
	c, err := o.checkPaper(ctx, paper.Printed{Hash: r.Params.Hash, Chain: or(r.Params.Chain)})
	if err != nil {
		return nil, err
	}
	v := openapi.CheckedPaper{
		Unaltered: c.Unaltered(), Findings: each(c.Findings, func(f paper.Finding) openapi.CheckedPaperFindings { return openapi.CheckedPaperFindings(f) }),
		ApprovalId: c.Approval, ApprovedAt: c.At, Corrects: c.Corrects, LaterCorrections: len(c.Later), Week: c.Week.String(),
		EmployeeId: c.Who.ID, Number: c.Who.Number, Minutes: c.Minutes, Days: each(c.Days, paperDayView), Sha256: hex.EncodeToString(c.Hash[:]),
	}
	if c.Entry != 0 {
		v.AuditEntry, v.AuditSha256 = &c.Entry, some(hex.EncodeToString(c.Chain[:]))
	}
	if !c.LogVerified.IsZero() {
		v.LogVerifiedAt = &c.LogVerified
	}
	return openapi.CheckPaper200JSONResponse(v), nil
}

// checkPaper checks a print; an approval of somebody whom the caller may not
// see is unknown.
func (s *Server) checkPaper(ctx context.Context, p paper.Printed) (c paper.Checked, err error) {
	if c, err = paper.Check(ctx, s.cfg.DB, callerOf(ctx).tenant.ID, p); err != nil {
		return c, err
	}
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		if s.reaches(ctx, tx, c.Who.ID, c.Week.Monday()) != nil {
			return paper.ErrUnknown
		}
		return nil
	})
	return c, err
}

func paperDayView(d paper.Day) openapi.PaperDay {
	return openapi.PaperDay{Day: dateView(d.Date), Minutes: d.Minutes, Stretches: each(d.Stretches, func(s paper.Stretch) openapi.PaperStretch {
		return openapi.PaperStretch{From: minute(s.From), To: minute(s.To), BreakMinutes: s.Break, Minutes: s.Minutes(), SiteId: s.Site}
	})}
}

// print makes papers in a file of its own, so that a fault shows before the
// first byte leaves, and writes down what was printed (OB-C4).
func (s *Server) print(ctx context.Context, o paper.Order) (*printed, error) {
	o.At = s.cfg.Now()
	p := &printed{}
	var err error
	if p.spool, err = spool(); err != nil {
		return nil, err
	}
	if o.Kind != paper.Timesheets {
		err = s.inTenant(ctx, func(tx pg.Tx) (err error) {
			o.Hirers, err = s.hirersOf(ctx, tx)
			return err
		})
	}
	if err == nil {
		p.file, err = paper.Print(ctx, s.cfg.DB, callerOf(ctx).tenant.ID, p.spool, o)
	}
	if err == nil {
		err = s.inTenant(ctx, func(tx pg.Tx) error {
			return audit.Append(ctx, tx, audit.Entry{Action: "paper.print", SubjectKind: "employee", SubjectID: o.Employee, By: callerOf(ctx).actor(),
				Payload: map[string]any{"kind": o.Kind, "from": o.Period.From, "to": o.Period.To, "site": o.Site, "assignment": o.Assignment, "cost_centre": o.CostCentre, "hirers": o.Hirers, "people": p.file.People}})
		})
	}
	if err != nil {
		p.spool.Close()
		return nil, err
	}
	return p, nil
}

// spool gives a temporary file that nobody else can open and that is gone when
// it is closed, whatever happens.
func spool() (*os.File, error) {
	f, err := os.CreateTemp("", "tikklok-paper-*")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file for papers: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("hiding a temporary file: %w", err)
	}
	return f, nil
}

// printed answers with papers.
type printed struct {
	file  paper.File
	spool *os.File
}

// sendTimeout is how long a month of papers may take over a slow line.
const sendTimeout = 10 * time.Minute

func (p *printed) write(w http.ResponseWriter) error {
	return sendSpool(w, p.spool, p.file.Name, p.file.MediaType)
}

// sendSpool answers with what was written to a spool, and closes it.
func sendSpool(w http.ResponseWriter, spool *os.File, name, mediaType string) error {
	defer spool.Close()
	size, err := spool.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("reading what was made: %w", err)
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(sendTimeout)) // where it can't be set, two minutes are enough or not
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(http.StatusOK)
	_, err = io.Copy(w, spool)
	return err
}

// VisitPrintTimesheetsResponse writes them.
func (p *printed) VisitPrintTimesheetsResponse(w http.ResponseWriter) error { return p.write(w) }

// VisitPrintEvidenceResponse writes it.
func (p *printed) VisitPrintEvidenceResponse(w http.ResponseWriter) error { return p.write(w) }
