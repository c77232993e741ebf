package register

import (
	"errors"
	"testing"
	"tikklok/ingest/privacy"
	"time"
)

func day(text string) time.Time {
	d, err := dayOf(text)
	if err != nil {
		panic(err)
	}
	return d
}

func steps(pairs ...string) (all []Step) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, Step{What: pairs[i], Day: day(pairs[i+1])})
	}
	return all
}

var (
	planning = Rules{Consent: true, Notice: 30, Objection: 30, Update: 12, AuditNotice: 28, AuditorListed: true} // P-5.2
	nedap    = Rules{Notice: 30, Objection: 30, Urgent: 7, Update: 12}                                           // N-C4.2
)

func host(urgent string, done ...string) Entry {
	return Entry{Book: Subprocessors, Values: map[string]string{"start": "2026-09-01", "agreement": "2026-07-01", "urgent": urgent}, Steps: steps(done...)}
}

func TestASubprocessorStartsOnlyWhenTheContractLetsIt(t *testing.T) { // OB-P8
	cases := map[string]struct {
		rules Rules
		e     Entry
		day   string
		why   string
	}{
		"with consent":                        {planning, host("no", "told", "2026-07-02", "consented", "2026-07-20"), "2026-07-20", ""},
		"without consent":                     {planning, host("no", "told", "2026-07-02"), "2026-09-01", "consent"},
		"urgent, where consent is due":        {planning, host("yes"), "2026-09-01", "consent"},
		"before the consent":                  {planning, host("no", "told", "2026-07-02", "consented", "2026-07-20"), "2026-07-19", "consent"},
		"thirty days after the notice":        {nedap, host("no", "told", "2026-07-02"), "2026-08-01", ""},
		"twenty-nine days after the notice":   {nedap, host("no", "told", "2026-07-02"), "2026-07-31", "early"},
		"earlier, with consent":               {nedap, host("no", "told", "2026-07-02", "consented", "2026-07-20"), "2026-07-20", ""},
		"without notice":                      {nedap, host("no"), "2026-09-01", "notice"},
		"urgent, told afterwards":             {nedap, host("yes"), "2026-08-01", ""},
		"against an objection":                {nedap, host("no", "told", "2026-07-02", "objected", "2026-07-10"), "2026-08-20", "objected"},
		"after the objection was lifted":      {nedap, host("no", "told", "2026-07-02", "objected", "2026-07-10", "lifted", "2026-07-12"), "2026-08-01", ""},
		"before the duties agreed in writing": {planning, host("no", "told", "2026-06-01", "consented", "2026-06-10"), "2026-06-30", "agreement"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.rules.may(c.e, Step{What: stepStarted, Day: day(c.day)}, day("2026-12-31"))
			var no *privacy.Refused
			if got := errors.As(err, &no); got != (c.why != "") || got && no.Why != c.why {
				t.Errorf("%v, want %q", err, c.why)
			}
		})
	}
}

func TestEntriesSayWhatIsDueAndWhetherItIsLate(t *testing.T) {
	holiday := func(d time.Time) bool {
		return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday && d.Format(time.DateOnly) != "2026-12-25"
	}
	winter := nedap
	winter.WorkingDay = holiday
	about := func(b Book, values map[string]string, done ...string) Entry {
		return Entry{Book: b, Values: values, Steps: steps(done...)}
	}
	announced := map[string]string{"announced": "2026-06-01", "planned": "2026-06-29", "registration": "RE 1234"}
	short := map[string]string{"announced": "2026-06-02", "planned": "2026-06-29", "registration": "RE 1234"}
	cases := map[string]struct {
		rules Rules
		e     Entry
		word  string
		due   string
		late  bool
	}{
		"a new sub-processor is told in time":       {nedap, host("no"), "proposed", "2026-08-02", true},
		"one under objection may still be objected": {nedap, host("no", "told", "2026-08-20"), "told", "2026-09-19", false},
		"consent is asked before the start":         {planning, host("no", "told", "2026-08-20"), "consent-needed", "2026-09-01", true},
		"an urgent one is told in 7 working days":   {winter, host("yes", "started", "2026-12-18"), "in-use", "2026-12-30", false},
		"the list is brought up to date yearly":     {nedap, host("no", "told", "2025-05-01", "started", "2025-09-01"), "in-use", "2026-09-01", true},
		"brought up to date":                        {nedap, host("no", "told", "2025-05-01", "started", "2025-09-01", "updated", "2026-08-01"), "in-use", "2027-08-01", false},
		"one that ended":                            {nedap, host("no", "told", "2025-05-01", "ended", "2025-09-01"), "ended", "", false},
		"an audit four weeks ahead":                 {planning, about(Audits, announced), "announced", "2026-06-29", false},
		"an audit a day short of four weeks":        {planning, about(Audits, short), "agreement-needed", "2026-06-29", true},
		"a finding to follow up":                    {planning, about(Audits, announced, "held", "2026-06-29", "finding", "2026-10-01", "finding", "2026-09-01"), "findings", "2026-09-01", true},
		"one of two findings followed up":           {planning, about(Audits, announced, "held", "2026-06-29", "finding", "2026-12-01", "finding", "2026-11-01", "followed", "2026-08-01"), "findings", "2026-11-01", false},
		"all findings followed up":                  {planning, about(Audits, announced, "held", "2026-06-29", "finding", "2026-09-01", "followed", "2026-08-01"), "held", "", false},
		"measures nobody was told of":               {nedap, about(Measures, map[string]string{"day": "2026-09-05"}), "not-told", "2026-09-05", true},
		"a disclosure the customer is to be told":   {nedap, about(Disclosures, map[string]string{"asked": "2026-09-05"}), "asked", "2026-09-05", true},
		"a consent withdrawn":                       {nedap, about(Councils, nil, "withdrawn", "2026-09-05"), "withdrawn", "", false},
		"an instruction that was objected to":       {nedap, about(Instructions, nil, "objected", "2026-09-05"), "objected", "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := c.rules.Status(c.e, day("2026-09-10"))
			due := ""
			if !got.Due.IsZero() {
				due = got.Due.Format(time.DateOnly)
			}
			if got.Word != c.word || due != c.due || got.Late != c.late {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestASecondAuditInAYearTakesAgreement(t *testing.T) { // OB-C15
	audit := func(id int64, planned string, done ...string) Entry {
		return Entry{ID: id, Book: Audits, Values: map[string]string{"announced": "2026-01-02", "planned": planned}, Steps: steps(done...)}
	}
	rules := nedap
	rules.AuditsAYear = 1
	for name, c := range map[string]struct {
		before Entry
		word   string
	}{
		"one is planned":     {audit(1, "2026-03-01"), "agreement-needed"},
		"one was held":       {audit(1, "2026-03-01", "held", "2026-03-01", "closed", "2026-03-02"), "agreement-needed"},
		"one was called off": {audit(1, "2026-03-01", "closed", "2026-02-01"), "announced"},
		"one of last year":   {audit(1, "2025-12-01"), "announced"},
	} {
		rules.Audits = []Entry{c.before, audit(2, "2026-11-01")}
		if got := rules.Status(rules.Audits[1], day("2026-09-10")); got.Word != c.word {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestADisclosureGoesOutOnlyAfterTheCustomerWasTold(t *testing.T) { // OB-P17
	asked := Entry{Book: Disclosures, Values: map[string]string{"asked": "2026-09-01", "telling": "allowed"}}
	goes := Step{What: stepDisclosed, Day: day("2026-09-02"), Note: "list of 3 May"}
	if err := nedap.may(asked, goes, day("2026-09-02")); err == nil {
		t.Error("disclosed before the customer was told")
	}
	asked.Steps = steps("told", "2026-09-01")
	if err := nedap.may(asked, goes, day("2026-09-02")); err != nil {
		t.Error(err)
	}
}

func TestFormsRefuseByName(t *testing.T) {
	instruction := func(field, value string) map[string]string {
		v := map[string]string{"reference": "letter 12", "day": "2026-09-01", "by": "Ilse Verhoeven", "text": "Keep shifts 52 weeks."}
		v[field] = value
		return v
	}
	secret := map[string]string{"requester": "Police", "ground": "Sv 126nd", "identity": "called back", "data": "hours", "asked": "2026-08-01", "telling": "forbidden", "forbidden_by": "Sv 126bb", "forbidden_until": "2026-12-01"}
	cases := map[string]struct {
		book   Book
		values map[string]string
		field  string
	}{
		"all well":                             {Instructions, instruction("day", "2026-09-01"), ""},
		"no reference":                         {Instructions, instruction("reference", " "), "reference"},
		"no day":                               {Instructions, instruction("day", "soon"), "day"},
		"a day ahead":                          {Instructions, instruction("day", "2026-09-11"), "day"},
		"a text without end":                   {Instructions, instruction("text", string(make([]rune, 2001))), "text"},
		"a null character":                     {Instructions, instruction("text", "a\x00b"), "text"},
		"broken text":                          {Instructions, instruction("text", "a\xffb"), "text"},
		"a field nobody knows":                 {Instructions, instruction("bsn", "123456782"), "bsn"},
		"what the customer may not yet know":   {Disclosures, secret, "forbidden_until"},
		"an audit before its announcement":     {Audits, map[string]string{"auditor": "A", "announced": "2026-09-01", "planned": "2026-08-01", "scope": "all"}, "planned"},
		"a consent to something else":          {Councils, map[string]string{"subject": "cameras", "answer": "consent", "body": "OR", "day": "2026-09-01", "reference": "1"}, "subject"},
		"started before the duties are agreed": {Subprocessors, map[string]string{"name": "A", "does": "b", "data": "c", "place": "NL", "jurisdiction": "NL", "agreement": "2026-10-01", "start": "2026-09-01", "urgent": "no"}, "agreement"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f, err := FormOf(c.book)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.check(c.values, day("2026-09-10"))
			var no *privacy.Refused
			if got := errors.As(err, &no); got != (c.field != "") || got && no.Field != c.field {
				t.Errorf("%v, want %q", err, c.field)
			}
		})
	}
}

func FuzzNothingButWhatAFormTakesIsKept(f *testing.F) {
	f.Add("reference", "letter 12", "2026-09-01")
	f.Fuzz(func(t *testing.T, name, value, on string) {
		for _, b := range Books() {
			form, err := FormOf(b)
			if err != nil {
				t.Fatal(err)
			}
			v := map[string]string{name: value}
			for _, field := range form.Fields {
				if _, given := v[field.Name]; !given && field.Kind == Day {
					v[field.Name] = on
				}
			}
			kept, err := form.check(v, day("2026-09-10"))
			if err == nil && len(kept) == 0 {
				t.Errorf("%s took nothing", b)
			}
		}
	})
}
