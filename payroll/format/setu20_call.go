package format

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
)

// TimecardCall is one call of the Purchase to Pay API of SETU 2.0.
type TimecardCall struct {
	ID     string // UUID of the timecard: the same in a retry and in a correction
	Method string // POST submits it, PUT replaces what was submitted
	Path   string // below the receiver's address
	Header http.Header
	Body   []byte // as it stands in the run's file
}

// maxTimecard bounds a timecard: a year of days with some codes takes less.
const maxTimecard = 4 << 20

// TimecardCalls gives the calls that deliver a file of the format setu-2.0, in
// its order: a call per timecard. The same file gives the same calls, so a
// delivery that broke off is repeated from where it stood, or from the start.
func TimecardCalls(file io.ReaderAt, size int64) iter.Seq2[TimecardCall, error] {
	return func(yield func(TimecardCall, error) bool) {
		z, err := zip.NewReader(file, size)
		if err != nil {
			yield(TimecardCall{}, fmt.Errorf("reading the run's timecards: %w", err))
			return
		}
		for _, f := range z.File {
			call, err := timecardCall(f)
			if err != nil {
				err = fmt.Errorf("reading timecard %q of the run: %w", f.Name, err)
			}
			if !yield(call, err) || err != nil {
				return
			}
		}
	}
}

func timecardCall(f *zip.File) (TimecardCall, error) {
	method, name := http.MethodPost, f.Name
	if rest, ok := strings.CutPrefix(name, timecardsCorrected); ok {
		method, name = http.MethodPut, rest
	} else if name, ok = strings.CutPrefix(name, timecardsNew); !ok {
		return TimecardCall{}, errors.New("it stands in no known folder: the file is not of the format setu-2.0")
	}
	id, ok := strings.CutSuffix(name, ".json")
	if !ok || len(id) != 36 || strings.Trim(id, "0123456789abcdef-") != "" {
		return TimecardCall{}, errors.New("it is not named by a UUID: the file is not of the format setu-2.0")
	}
	r, err := f.Open()
	if err != nil {
		return TimecardCall{}, err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, maxTimecard+1))
	if err != nil {
		return TimecardCall{}, err
	}
	if len(body) > maxTimecard {
		return TimecardCall{}, fmt.Errorf("it is larger than %d bytes", maxTimecard)
	}
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("Accept", "application/json")
	header["setuVersionId"] = []string{"2.0"} // as the standard writes it; HTTP/1.1 takes any case
	return TimecardCall{ID: id, Method: method, Path: "/purchase-to-pay/timecard/" + id, Header: header, Body: body}, nil
}

// Taken says whether a status is the receiver's word that it has the timecard.
// 202 is not: the standard has it processed before it answers ("Synchronous vs
// asynchronous request handling").
func (c TimecardCall) Taken(status int) bool {
	return status == http.StatusOK || status == http.StatusCreated || c.Method == http.MethodPut && status == http.StatusNoContent
}

// Instead gives the call to make where the receiver answers with a status that
// this one came to the wrong door: a POST of an id that it has (409), because an
// earlier answer was lost or the run before was made void, becomes a PUT; a PUT
// of one that it lacks (404) becomes a POST. It is asked once per timecard.
func (c TimecardCall) Instead(status int) (TimecardCall, bool) {
	switch {
	case c.Method == http.MethodPost && status == http.StatusConflict:
		c.Method = http.MethodPut
	case c.Method == http.MethodPut && status == http.StatusNotFound:
		c.Method = http.MethodPost
	default:
		return TimecardCall{}, false
	}
	return c, true
}
