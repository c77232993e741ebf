package bi

import (
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// hour is a row of the Parquet file: one per published line. Its columns are
// those of the view bi.hours. The library takes the zero value of an optional
// column for null: the day that is lost by it is 1 January 1970.
type hour struct {
	Line        Surrogate `parquet:"line_key,uuid"`
	Employee    Surrogate `parquet:"employee_key,uuid,optional"`
	Month       int32     `parquet:"month,date"`
	WorkDate    int32     `parquet:"work_date,date,optional"`
	Site        string    `parquet:"site,optional,dict"`
	CostCentre  string    `parquet:"cost_centre,optional,dict"`
	Code        string    `parquet:"code,optional,dict"`
	Kind        string    `parquet:"kind,dict"`
	Minutes     int32     `parquet:"minutes"`
	Hours       int32     `parquet:"hours,decimal(2:9)"`
	Zone        string    `parquet:"zone,dict"`
	PublishedAt int64     `parquet:"published_at,timestamp(millisecond:utc)"`
}

// WriteParquet writes rows as one Parquet file, in their order, and keeps no
// more of them than a row group.
func WriteParquet(w io.Writer, rows Rows) error {
	file := parquet.NewGenericWriter[hour](w, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(rowGroup),
		parquet.CreatedBy("tikklok", "1", ""))
	batch := make([]hour, 0, 1024)
	for r, err := range rows {
		if err != nil {
			return err
		}
		if batch = append(batch, r.hour()); len(batch) == cap(batch) {
			if _, err := file.Write(batch); err != nil {
				return fmt.Errorf("writing a Parquet file: %w", err)
			}
			batch = batch[:0]
		}
	}
	if _, err := file.Write(batch); err != nil {
		return fmt.Errorf("writing a Parquet file: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("writing a Parquet file: %w", err)
	}
	return nil
}

// rowGroup is how many rows are kept until they are written: some 20 MB.
const rowGroup = 250_000

func (r Row) hour() hour {
	h := hour{
		Line: r.Line, Employee: r.Employee, Month: epochDay(r.Month), Site: r.Site, CostCentre: r.CostCentre, Code: r.Code, Kind: kindWord(r.Kind),
		Minutes: int32(r.Minutes), Hours: int32(r.Hundredths), Zone: r.Zone, PublishedAt: r.PublishedAt.UnixMilli(),
	}
	if (r.Day != calendar.Date{}) {
		h.WorkDate = epochDay(r.Day)
	}
	return h
}

func epochDay(d calendar.Date) int32 { return int32(d.In(time.UTC).Unix() / 86400) }

// kindWord names a kind; the file has no empty names.
func kindWord(k hours.LineKind) string {
	if k == hours.LineWorked {
		return "worked"
	}
	return string(k)
}
