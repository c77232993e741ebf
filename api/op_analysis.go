package api

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/bi"
)

// GetAnalysis says whether hours may be published, and what was.
func (o operations) GetAnalysis(ctx context.Context, _ openapi.GetAnalysisRequestObject) (openapi.GetAnalysisResponseObject, error) {
	var v openapi.Analysis
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) { v, err = analysis(ctx, tx); return err })
	return openapi.GetAnalysis200JSONResponse(v), err
}

func analysis(ctx context.Context, tx pg.Tx) (openapi.Analysis, error) {
	p, err := bi.Allowed(ctx, tx)
	if err != nil {
		return openapi.Analysis{}, err
	}
	all, err := bi.Publications(ctx, tx)
	v := openapi.Analysis{Allowed: p.Allowed, Publications: each(all, publicationView)}
	if !p.At.IsZero() {
		v.Basis, v.DecidedAt, v.DecidedBy = &p.Basis, &p.At, &p.By.ID
	}
	return v, err
}

func publicationView(p bi.Publication) openapi.Publication {
	return openapi.Publication{Id: p.ID, Month: dateView(p.Month.From), At: p.At, Lines: p.Lines, Held: p.Held}
}

// SetAnalysisPermission allows publishing, or withdraws it.
func (o operations) SetAnalysisPermission(ctx context.Context, r openapi.SetAnalysisPermissionRequestObject) (openapi.SetAnalysisPermissionResponseObject, error) {
	var v openapi.Analysis
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		_, err := bi.Allow(ctx, tx, callerOf(ctx).actor(), r.Body.Allowed, r.Body.Basis, o.cfg.Now())
		if err == nil {
			v, err = analysis(ctx, tx)
		}
		return err
	})
	return openapi.SetAnalysisPermission200JSONResponse(v), err
}

// PublishHours publishes a month.
func (o operations) PublishHours(ctx context.Context, r openapi.PublishHoursRequestObject) (openapi.PublishHoursResponseObject, error) {
	var p bi.Publication
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		p, err = bi.Publish(ctx, tx, publishOrder(ctx, calendar.DateOf(r.Body.Month.Time)), o.cfg.Now())
		return err
	})
	return openapi.PublishHours201JSONResponse(publicationView(p)), err
}

// publishMost is the most lines that are published within a request: some 30 s
// of the two minutes that it may take.
const publishMost = 200_000

func publishOrder(ctx context.Context, month calendar.Date) bi.Order {
	return bi.Order{By: callerOf(ctx).actor(), Month: month, Most: publishMost}
}

// GetPublishedHours gives published rows as Parquet.
func (o operations) GetPublishedHours(ctx context.Context, r openapi.GetPublishedHoursRequestObject) (openapi.GetPublishedHoursResponseObject, error) {
	return o.publishedHours(ctx, periodOf(r.Params.From, r.Params.To))
}

// GetWorkbook gives approved lines as XLSX.
func (o operations) GetWorkbook(ctx context.Context, r openapi.GetWorkbookRequestObject) (openapi.GetWorkbookResponseObject, error) {
	return o.workbook(ctx, periodOf(r.Params.From, r.Params.To), string(or(r.Params.Language)))
}

func (s *Server) publishedHours(ctx context.Context, months calendar.Period) (*madeFile, error) {
	if months.To.Before(months.From) {
		return nil, wrongField("to", "comes before from")
	}
	name := fmt.Sprintf("hours-%04d-%02d-%04d-%02d.parquet", months.From.Year, months.From.Month, months.To.Year, months.To.Month)
	return s.make(ctx, name, "application/vnd.apache.parquet", months, func(tx pg.Tx, w io.Writer) error {
		if p, err := bi.Allowed(ctx, tx); err != nil || !p.Allowed {
			return cmp.Or(err, bi.ErrNotAllowed) // OB-P13
		}
		return bi.WriteParquet(w, bi.Published(ctx, tx, months))
	})
}

// workbook gives the workbook of days; language "": the organisation's.
func (s *Server) workbook(ctx context.Context, days calendar.Period, language string) (*madeFile, error) {
	name := fmt.Sprintf("hours-%s-%s.xlsx", days.From, days.To)
	return s.make(ctx, name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", days, func(tx pg.Tx, w io.Writer) error {
		t, err := tenant.Get(ctx, tx)
		if err != nil {
			return err
		}
		b, err := bi.WorkbookOf(ctx, tx, days, cmp.Or(language, t.Language), s.cfg.Now())
		if err != nil {
			return err
		}
		return bi.WriteXLSX(w, b)
	})
}

// make writes a file aside, so that a fault shows before the first byte leaves
// and a slow line holds no transaction, and writes down who took it (OB-C4).
func (s *Server) make(ctx context.Context, name, mediaType string, days calendar.Period, write func(pg.Tx, io.Writer) error) (*madeFile, error) {
	f := &madeFile{name: name, mediaType: mediaType}
	var err error
	if f.spool, err = spool(); err != nil {
		return nil, err
	}
	err = s.inTenant(ctx, func(tx pg.Tx) error { return write(tx, f.spool) })
	if err == nil {
		err = s.inTenant(ctx, func(tx pg.Tx) error {
			return audit.Append(ctx, tx, audit.Entry{Action: "analysis.download", SubjectKind: "tenant", By: callerOf(ctx).actor(),
				Payload: map[string]any{"file": name, "from": days.From, "to": days.To}})
		})
	}
	if err != nil {
		f.spool.Close()
		return nil, err
	}
	return f, nil
}

// madeFile answers with a file that was made.
type madeFile struct {
	name, mediaType string
	spool           *os.File
}

func (f *madeFile) write(w http.ResponseWriter) error {
	return sendSpool(w, f.spool, f.name, f.mediaType)
}

// VisitGetPublishedHoursResponse writes it.
func (f *madeFile) VisitGetPublishedHoursResponse(w http.ResponseWriter) error { return f.write(w) }

// VisitGetWorkbookResponse writes it.
func (f *madeFile) VisitGetWorkbookResponse(w http.ResponseWriter) error { return f.write(w) }
