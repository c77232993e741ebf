package api

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) error {
	return s.showSignIn(w, r, http.StatusOK, page.Form{}, r.URL.Query().Get("next"))
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, form page.Form, next string) error {
	gone, err := s.gone(r.Context())
	if err != nil {
		return err
	}
	return s.render(w, status, &page.SignIn{Frame: s.frame(r), Form: form, Gone: gone, Again: next != "" && !form.Problem() && s.wasIn(r), Next: next, Version: s.cfg.Version})
}

// wasIn says whether a browser still shows a session that has ended.
func (s *Server) wasIn(r *http.Request) bool {
	if _, err := r.Cookie(cookieName); err != nil {
		return false
	}
	_, err := s.bySession(r.Context(), false)
	return errors.Is(err, errSignedOut)
}

func (s *Server) postSignIn(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "email", "next")
	c, err := s.signIn(r.Context(), form.Values["email"], r.FormValue("password"))
	var refused *problem
	switch {
	case errors.Is(err, people.ErrWrongPassword):
		form.Problems["password"] = page.Say("problem.sign-in")
	case errors.Is(err, people.ErrLeft):
		form.Problems["email"] = page.Say("problem.left")
	case errors.Is(err, errBusy):
		form.Problems["email"] = page.Say("problem.throttled", 1)
	case errors.As(err, &refused) && refused.said != nil:
		form.Problems["email"] = *refused.said
	case err != nil:
		return err
	}
	if form.Problem() {
		return s.showSignIn(w, r, http.StatusUnprocessableEntity, form, form.Values["next"])
	}
	to := form.Values["next"]
	if !localPath(to) {
		to = "/"
	}
	setLanguage(w, c.account.Language, s.cfg.SecureCookies)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Server) postSignOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.signOut(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, page.PathSignIn, http.StatusSeeOther)
	return nil
}

// postLanguage changes the language of the account, or of this browser while
// nobody is signed in.
func (s *Server) postLanguage(w http.ResponseWriter, r *http.Request) error {
	language := r.FormValue("language")
	if !slices.Contains(page.OwnLanguages(), language) {
		return badRequest("the language is nl, en, pl, de or ro")
	}
	who, err := s.authenticate(r)
	if err != nil && !errors.Is(err, errSignedOut) && !errors.As(err, new(*problem)) { // who doesn't get in reads the door in their language
		return err
	}
	if who.account != nil && who.account.Language != language {
		ctx := withCaller(r.Context(), who)
		who.account.Language = language
		err := s.inTenant(ctx, func(tx pg.Tx) error { return people.UpdateAccount(ctx, tx, who.actor(), *who.account) })
		if err != nil {
			return err
		}
	}
	setLanguage(w, language, s.cfg.SecureCookies)
	to := r.FormValue("back")
	if !localPath(to) {
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func setLanguage(w http.ResponseWriter, language string, secure bool) {
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: language, Path: "/", MaxAge: int(365 * 24 * time.Hour / time.Second),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
}
