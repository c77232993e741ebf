package tenant

import (
	"time"

	"tikklok/ingest/audit"
)

// Agreement is a tenant's contract: a profile, what the parties agreed beside
// it, and its days. Versions are only added.
type Agreement struct {
	Version   int // 0: none was recorded, and the strict profile holds
	At        time.Time
	First     time.Time // when the first version was recorded; zero: none was
	By        audit.Actor
	Profile   ProfileName
	Own       Own
	Reference string // the writing in which it stands, 1…200 characters
	Signed    time.Time
	Starts    time.Time  // first day, midnight UTC
	Ends      *time.Time // last day, midnight UTC, of the version or of a notice given since; nil: open
	Until     *time.Time // the last day that the version itself has, filled when read
	Contact   Contact
	Terms     Profile // the profile with Own over it
}

// Own is what the parties agreed in place of the profile's values; what isn't
// given stays the profile's.
type Own struct {
	KeepMonths     *int        `json:"keep_months,omitempty"`      // 1…12
	AccessMonths   *int        `json:"access_months,omitempty"`    // 0…12, given with DataMonths
	DataMonths     *int        `json:"data_months,omitempty"`      // 1…12
	BackupDays     *int        `json:"backup_days,omitempty"`      // 1…60
	BreachHours    *int        `json:"breach_hours,omitempty"`     // 1…48
	Consent        *bool       `json:"consent,omitempty"`          // of sub-processors
	Statistics     *Statistics `json:"statistics,omitempty"`       //
	Region         *Region     `json:"region,omitempty"`           // NL, EU or EEA
	NoticeMonths   *int        `json:"notice_months,omitempty"`    // 1…12
	FirstUseMonths *int        `json:"first_use_months,omitempty"` // 1…24
}

// Contact is whom the supplier tells (OB-H13, N-C Annex 2).
type Contact struct {
	Administrator int64  // the trained administrator's account; 0: none yet
	Fallback      string // the fixed e-mail address where no administrator answers (N-B8)
	Telephone     string // of the contact for breaches
}

// over gives the profile with the values that were agreed in its place.
func (o Own) over(p Profile) Profile {
	put(&p.Keep.Months, o.KeepMonths)
	if o.DataMonths != nil {
		p.End.Data, p.End.Access = Span{Months: *o.DataMonths}, Span{}
		if p.End.Backups.IsZero() {
			p.End.Backups = Span{Days: p.BackupsKept}
		}
	}
	put(&p.End.Access.Months, o.AccessMonths)
	put(&p.End.Backups.Days, o.BackupDays)
	if o.BreachHours != nil {
		p.Breach = BreachTerms{Within: time.Duration(*o.BreachHours) * time.Hour}
	}
	put(&p.SubProcessors.Consent, o.Consent)
	put(&p.Statistics, o.Statistics)
	if o.Region != nil {
		p.Regions = []Region{*o.Region}
	}
	if o.NoticeMonths != nil {
		p.Notice.Months, p.Notice.ToMonth = *o.NoticeMonths, false
	}
	put(&p.FirstUse.Months, o.FirstUseMonths)
	return p
}

// put takes over what was given.
func put[T any](into *T, given *T) {
	if given != nil {
		*into = *given
	}
}
