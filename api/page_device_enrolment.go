package api

import (
	"context"
	"errors"
	"net"
	"net/http"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// enrolmentSection says which gateways wait for their device, and which
// certificates end.
func (s *Server) enrolmentSection(ctx context.Context, tx pg.Tx, v *page.Devices) error {
	v.Enrolment.MayAdd = s.may(ctx, "CreateGateway")
	codes, err := fleet.OpenCodes(ctx, tx, v.Now)
	if err != nil {
		return err
	}
	gateways, err := fleet.Gateways(ctx, tx)
	if err != nil {
		return err
	}
	ending, err := fleet.ExpiringCertificates(ctx, tx, v.Now)
	if err != nil {
		return err
	}
	names, zone := map[int64]string{}, v.Now.Location()
	for _, g := range gateways {
		names[g.ID] = g.Name
	}
	for i := range v.Sites {
		site := &v.Sites[i]
		v.Enrolment.Sites = append(v.Enrolment.Sites, page.Option{Value: itoa(site.ID), Label: site.Name})
		for j := range site.Gateways {
			g := &site.Gateways[j]
			g.Enrolment.MayRenew = v.Enrolment.MayAdd
			if until, ok := codes[g.ID]; ok {
				g.Enrolment.CodeUntil = until.In(zone)
			}
		}
	}
	v.Enrolment.Ending = each(ending, func(e fleet.Expiring) page.EndingCertificate {
		return page.EndingCertificate{Kind: e.Kind, Gateway: names[e.Gateway], Until: e.Until.In(zone), Ended: e.Until.Before(v.Now)}
	})
	return nil
}

// postGatewayNew adds a gateway and shows its code this once.
func (s *Server) postGatewayNew(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "name", "site")
	site, err := id(form.Values["site"])
	if err != nil {
		return err
	}
	if form.Values["name"] == "" {
		form.Problems["name"] = page.Say("problem.required")
		return s.showDevices(w, r, http.StatusUnprocessableEntity, form, "gateway")
	}
	var g fleet.Gateway
	var code fleet.Code
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		g, code, err = s.addGateway(r.Context(), tx, site, form.Values["name"], fleet.CodeValid)
		return err
	})
	if errors.Is(err, fleet.ErrNameTaken) || errors.Is(err, fleet.ErrNameLength) {
		form.Problems["name"] = told(err)
		return s.showDevices(w, r, http.StatusUnprocessableEntity, form, "gateway")
	}
	if err != nil {
		return s.refuse(w, r, page.PathDevices, err)
	}
	return s.showCode(w, r, g.Name, code)
}

// postGatewayCode makes another code for a gateway and shows it this once.
func (s *Server) postGatewayCode(w http.ResponseWriter, r *http.Request) error {
	gateway, err := pathID(r)
	if err != nil {
		return err
	}
	var g fleet.Gateway
	var code fleet.Code
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		if g, err = fleet.GatewayByID(r.Context(), tx, gateway); err != nil {
			return err
		}
		code, err = fleet.NewCode(r.Context(), tx, callerOf(r.Context()).actor(), gateway, fleet.CodeValid, s.cfg.Now())
		return err
	})
	if err != nil {
		return s.refuse(w, r, page.PathDevices, err)
	}
	return s.showCode(w, r, g.Name, code)
}

func (s *Server) showCode(w http.ResponseWriter, r *http.Request, name string, code fleet.Code) error {
	return s.showDevices(w, r, http.StatusOK, page.Form{}, "", func(_ context.Context, _ pg.Tx, v *page.Devices) error {
		v.Enrolment.Code, v.Enrolment.CodeFor, v.Enrolment.Until = code.String(), name, code.Until.In(v.Now.Location())
		v.Enrolment.Server = r.Host
		if host, _, err := net.SplitHostPort(r.Host); err == nil {
			v.Enrolment.Server = host
		}
		return nil
	})
}
