package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/privacy/statement"
	"tikklok/ingest/privacy/wording"
	"tikklok/ingest/tenant"
)

// privacyRoutes are the pages of what is kept about people, and of the documents
// about it, with their grants.
func (s *Server) privacyRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathPrivacy, pagePrivacy, s.privacyPage)
	post(page.PathOptional, pagePrivacySet, s.postOptional)
	get(page.PathDocuments, pagePrivacy, s.documentsPage)
	post(page.PathDocuments, pagePrivacySet, s.postDetails)
	get(page.PathDocument+":kind", pagePrivacy, s.documentPage)
	get(page.PathDocument+":kind"+page.DocumentFile, pagePrivacy, s.documentFile)
	get(page.PathMePrivacy, pageOwnPrivacy, s.mePrivacy)
	get(page.PathMePrivacy+page.DocumentFile, pageOwnPrivacy, s.mePrivacyFile)
}

func (s *Server) privacyPage(w http.ResponseWriter, r *http.Request) error {
	return s.showPrivacy(w, r, http.StatusOK, &page.Privacy{})
}

// maySetPrivacy says whether the caller sets what is kept and who processes:
// while the service is suspended that is closed, and only read.
func (s *Server) maySetPrivacy(ctx context.Context) bool {
	return s.may(ctx, pagePrivacySet) && !callerOf(ctx).suspended
}

// showPrivacy shows the register; v brings a form that was refused.
func (s *Server) showPrivacy(w http.ResponseWriter, r *http.Request, status int, v *page.Privacy) error {
	v.Frame, v.MaySet, v.All = s.frame(r), s.maySetPrivacy(r.Context()), s.cfg.Catalogue.Fields()
	said, err := wording.In(v.Language)
	if err != nil {
		return err
	}
	asked := keptTo{r.FormValue("group"), r.FormValue("why"), r.FormValue("class"), r.FormValue("kind")}
	v.Groups, v.Purposes = choices(privacy.Groups(), said.Group, asked.group), choices(privacy.Purposes(), said.Purpose, asked.why)
	v.Classes, v.Kinds = choices(privacy.Classes(), said.Class, asked.class), choices(privacy.Kinds(), said.Kind, asked.kind)
	return s.inTenant(r.Context(), func(tx pg.Tx) error {
		terms, err := termsOf(r.Context(), tx)
		if err != nil {
			return err
		}
		on, err := people.Optionals(r.Context(), tx)
		if err != nil {
			return err
		}
		v.Optional = optionalFields(on, said)
		if asked == (keptTo{}) {
			if v.Due, err = s.privacyDue(r.Context(), tx, terms, v.Now); err != nil {
				return err
			}
		}
		for _, t := range byPurpose(s.cfg.Catalogue) {
			if shown := asked.table(t); shown.Personal() {
				v.Tables = append(v.Tables, privacyTable(shown, said, statement.Period(terms.Of(t.Class).Keep, v.Language), on))
				v.Fields += len(shown.Fields)
			}
		}
		return s.render(w, status, v)
	})
}

// byPurpose puts tables in the order of what they are kept for: what the
// contract is about comes first.
func byPurpose(c privacy.Catalogue) []privacy.Table {
	order := privacy.Purposes()
	return slices.SortedStableFunc(slices.Values(c), func(a, b privacy.Table) int {
		return slices.Index(order, a.Why) - slices.Index(order, b.Why)
	})
}

// keptTo is what the register is kept to; "": all.
type keptTo struct{ group, why, class, kind string }

// table gives a table with the fields that are asked for; none where it is not.
func (k keptTo) table(t privacy.Table) privacy.Table {
	if k.group != "" && !slices.Contains(t.Subjects, privacy.Group(k.group)) || k.class != "" && string(t.Class) != k.class {
		return privacy.Table{}
	}
	t.Fields = slices.DeleteFunc(slices.Clone(t.Fields), func(f privacy.Field) bool {
		return k.kind != "" && string(f.Kind) != k.kind || k.why != "" && string(t.Purpose(f)) != k.why
	})
	return t
}

// choices offers all words of a vocabulary, and none of them.
func choices[T ~string](all []T, say func(T) string, chosen string) []page.Option {
	out := []page.Option{{Label: "–"}}
	for _, one := range all {
		out = append(out, page.Option{Value: string(one), Label: say(one), Chosen: string(one) == chosen})
	}
	return out
}

func privacyTable(t privacy.Table, said wording.Words, keep string, on []people.SwitchedOn) page.PrivacyTable {
	v := page.PrivacyTable{
		Name: said.Table(t.Name), Table: t.Name, About: wording.List(t.Subjects, said.Group), Why: said.Purpose(t.Why), Basis: said.Basis(t.Basis), Class: said.Class(t.Class), Keep: keep,
		Readers: wording.List(t.Readers, said.Reader), To: wording.List(t.To, said.Recipient), Source: said.Source(t.Source), Erased: said.Erasure(t.Erase),
	}
	for _, f := range t.Fields {
		field := page.PrivacyField{Name: said.Column(f.Column), Column: f.Column, Kind: said.Kind(f.Kind)}
		if f.Why != "" && f.Why != t.Why {
			field.Why = said.Purpose(f.Why)
		}
		if f.Optional {
			field.State = map[bool]string{true: "on", false: "off"}[isOn(on, statement.FieldOf(f.Column))]
		}
		v.Fields = append(v.Fields, field)
	}
	return v
}

func isOn(on []people.SwitchedOn, field string) bool {
	return slices.ContainsFunc(on, func(o people.SwitchedOn) bool { return string(o.Field) == field })
}

func optionalFields(on []people.SwitchedOn, said wording.Words) []page.OptionalField {
	return each(people.OptionalFields(), func(o people.Optional) page.OptionalField {
		f := page.OptionalField{Field: string(o), Name: said.Column(string(o))}
		for _, is := range on {
			if is.Field == o {
				f.Purpose, f.Since = is.Purpose, is.Since
			}
		}
		return f
	})
}

// postOptional switches a field on with its purpose, or off: then what is
// stored in it is erased (OB-P1).
func (s *Server) postOptional(w http.ResponseWriter, r *http.Request) error {
	form, by := formOf(r, "field", "state", "purpose"), callerOf(r.Context()).actor()
	field := people.Optional(form.Values["field"])
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		if form.Values["state"] == "off" {
			return people.SwitchOff(r.Context(), tx, by, field)
		}
		return people.SwitchOn(r.Context(), tx, by, field, form.Values["purpose"])
	})
	if errors.Is(err, people.ErrInvalid) && slices.Contains(people.OptionalFields(), field) {
		form.Problems["purpose"] = page.Say("problem.reason")
		return s.showPrivacy(w, r, http.StatusUnprocessableEntity, &page.Privacy{Form: form, FormFor: string(field)})
	}
	if err != nil {
		return s.refuse(w, r, page.PathPrivacy, err)
	}
	return s.done(w, r, page.PathPrivacy, notice{Key: "notice.saved"})
}

// termsOf gives the terms of retention that hold under the contract.
func termsOf(ctx context.Context, tx pg.Tx) (retention.Terms, error) {
	contract, err := tenant.Contract(ctx, tx)
	if err != nil {
		return nil, err
	}
	return retention.TermsOf(ctx, tx, limitsOf(contract))
}
