package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

// destinationNewPage asks for the settings of a destination that is to be made.
func (s *Server) destinationNewPage(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "name", "format")
	return s.showDestinationNew(w, r, http.StatusOK, form)
}

func (s *Server) showDestinationNew(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	f, err := format.ByName(form.Values["format"])
	if err != nil {
		return wrongField("format", err.Error())
	}
	v := &page.Destination{Frame: s.frame(r), Place: page.Place{Title: form.Values["name"], Format: formatInfo(f), May: true}, Form: form}
	v.Settings = settingsOf(f, nil, form)
	return s.render(w, status, v)
}

// settingsForm is the form of a destination with its settings in it.
func settingsForm(r *http.Request) (form page.Form, settings format.Settings) {
	form, settings = formOf(r, "name", "format"), format.Settings{}
	for key, value := range fieldsOf(r, "setting.") {
		form.Values["setting."+key], settings[key] = value, value
	}
	return form, settings
}

// fieldsOf gives the posted fields whose names begin with a prefix, without it.
func fieldsOf(r *http.Request, prefix string) map[string]string {
	all := map[string]string{}
	for field := range r.PostForm {
		if key, ok := strings.CutPrefix(field, prefix); ok {
			all[key] = strings.TrimSpace(r.PostFormValue(field))
		}
	}
	return all
}

// postDestinationNew makes the destination and goes on to its codes.
func (s *Server) postDestinationNew(w http.ResponseWriter, r *http.Request) error {
	form, settings := settingsForm(r)
	var made payroll.Destination
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		made, err = payroll.CreateDestination(r.Context(), tx, callerOf(r.Context()).actor(),
			payroll.Destination{Name: form.Values["name"], Format: form.Values["format"], Settings: settings})
		return err
	})
	if err == nil {
		return s.done(w, r, page.PathDestination+fmt.Sprint(made.ID), notice{Key: "notice.destination"})
	}
	if !destinationProblem(form, err) {
		return err
	}
	return s.showDestinationNew(w, r, http.StatusUnprocessableEntity, form)
}

func (s *Server) destinationPage(w http.ResponseWriter, r *http.Request) error {
	return s.showDestination(w, r, http.StatusOK, nil)
}

// showDestination draws the settings: as stored, or as refused.
func (s *Server) showDestination(w http.ResponseWriter, r *http.Request, status int, refused *page.Form) error {
	v := &page.Destination{Frame: s.frame(r)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, f, err := s.destinationAsked(r, tx)
		if err != nil {
			return err
		}
		v.Place = s.placeOf(r.Context(), d, f)
		v.Form = page.Form{Values: map[string]string{"name": d.Name}}
		if refused != nil {
			v.Form = *refused
		}
		v.Settings = settingsOf(f, d.Settings, v.Form)
		return nil
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// destinationAsked gives the destination in the address.
func (s *Server) destinationAsked(r *http.Request, tx pg.Tx) (payroll.Destination, format.Format, error) {
	number, err := pathID(r)
	if err != nil {
		return payroll.Destination{}, nil, err
	}
	d, err := payroll.DestinationByID(r.Context(), tx, number)
	if err != nil {
		return payroll.Destination{}, nil, err
	}
	f, err := format.ByName(d.Format)
	return d, f, err
}

func (s *Server) placeOf(ctx context.Context, d payroll.Destination, f format.Format) page.Place {
	return page.Place{ID: d.ID, Title: d.Name, Format: formatInfo(f), May: s.may(ctx, "PutCodes")}
}

func formatInfo(f format.Format) page.FormatInfo {
	a := f.About()
	info := page.FormatInfo{Name: f.Name(), Title: a.Title, For: a.For, Source: a.Source, Proof: string(a.Proof)}
	if len(a.Components) > 0 {
		info.Example = a.Components[0]
	}
	return info
}

// settingsOf are a format's settings as typed, as stored, or by default.
func settingsOf(f format.Format, now format.Settings, form page.Form) []page.Setting {
	return each(f.Schema(), func(set format.Setting) page.Setting {
		value, ok := now[set.Key]
		if !ok {
			value = set.Default
		}
		if typed, ok := form.Values["setting."+set.Key]; ok {
			value = typed
		}
		return page.Setting{Key: set.Key, Value: value, Choices: set.Choices, Required: set.Required, Example: set.Example}
	})
}

// postDestination stores a destination's name and settings.
func (s *Server) postDestination(w http.ResponseWriter, r *http.Request) error {
	number, err := pathID(r)
	if err != nil {
		return err
	}
	form, settings := settingsForm(r)
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, err := payroll.UpdateDestination(r.Context(), tx, callerOf(r.Context()).actor(),
			payroll.Destination{ID: number, Name: form.Values["name"], Settings: settings})
		form.Values["format"] = d.Format
		return err
	})
	if err == nil {
		return s.done(w, r, page.PathDestination+fmt.Sprint(number)+page.DestinationSettings, notice{Key: "notice.saved"})
	}
	if !destinationProblem(form, err) {
		return err
	}
	return s.showDestination(w, r, http.StatusUnprocessableEntity, &form)
}

// formatChoices are the formats that a new destination can have, by title.
func formatChoices() []page.FormatInfo {
	all := each(format.Formats(), formatInfo)
	slices.SortStableFunc(all, func(a, b page.FormatInfo) int { return strings.Compare(a.Title, b.Title) })
	return all
}
