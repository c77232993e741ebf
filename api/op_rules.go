package api

import (
	"context"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// GetRules gives every version of the rules.
func (o operations) GetRules(ctx context.Context, _ openapi.GetRulesRequestObject) (openapi.GetRulesResponseObject, error) {
	var all []rule.Set
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = hours.RuleSets(ctx, tx)
		return err
	})
	return openapi.GetRules200JSONResponse{Items: each(all, ruleSetView)}, err
}

// PutRules puts a version in force from a date.
func (o operations) PutRules(ctx context.Context, r openapi.PutRulesRequestObject) (openapi.PutRulesResponseObject, error) {
	var made rule.Set
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		made, err = hours.PutRules(ctx, tx, hours.RuleChange{Set: rule.Set{From: calendar.DateOf(r.Body.From.Time), Rules: rulesOf(r.Body.Rules)}}, callerOf(ctx).actor(), o.cfg.Now())
		return err
	})
	return openapi.PutRules200JSONResponse(ruleSetView(made)), err
}

func rulesOf(r openapi.Rules) rule.Rules {
	return rule.Rules{
		DoubleTapSeconds: r.DoubleTapSeconds, UncertaintySeconds: r.UncertaintySeconds, LongestShift: r.LongestShift,
		QuestionedShift: r.QuestionedShift, ShortestGap: r.ShortestGap, Rounding: roundingOf(int(r.Rounding)), NormalCode: r.NormalCode,
		Breaks: each(r.Breaks, func(b openapi.AutoBreak) rule.AutoBreak { return rule.AutoBreak{Above: b.Above, Minutes: b.Minutes} }),
		Bands: each(r.Bands, func(b openapi.Band) rule.Band {
			return rule.Band{Code: b.Code, Percent: b.Percent, From: b.From, To: b.To,
				Days: each(b.Days, func(d openapi.BandDays) string { return string(d) })}
		}),
		Holidays: r.Holidays,
	}
}

func ruleSetView(s rule.Set) openapi.RuleSet {
	r := s.Rules
	return openapi.RuleSet{Version: s.Version, From: openapi_types.Date(dateView(s.From)), Rules: openapi.Rules{
		DoubleTapSeconds: r.DoubleTapSeconds, UncertaintySeconds: r.UncertaintySeconds, LongestShift: r.LongestShift,
		QuestionedShift: r.QuestionedShift, ShortestGap: r.ShortestGap, Rounding: openapi.RulesRounding(r.Rounding.To), NormalCode: r.NormalCode,
		Breaks: each(r.Breaks, func(b rule.AutoBreak) openapi.AutoBreak {
			return openapi.AutoBreak{Above: b.Above, Minutes: b.Minutes}
		}),
		Bands: each(r.Bands, func(b rule.Band) openapi.Band {
			return openapi.Band{Code: b.Code, Percent: b.Percent, From: b.From, To: b.To,
				Days: each(b.Days, func(d string) openapi.BandDays { return openapi.BandDays(d) })}
		}),
		Holidays: append([]string{}, r.Holidays...),
	}}
}

func roundingOf(to int) rule.Rounding {
	if to == 0 {
		return rule.Rounding{}
	}
	return rule.Rounding{Per: rule.RoundShift, To: to}
}
