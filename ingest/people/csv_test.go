package people_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func parsed(file string) string {
	rows, problems := people.ParseCSV(strings.NewReader(file))
	var b strings.Builder
	for _, r := range rows {
		e := r.Employee
		until := "-"
		if e.Until != nil {
			until = e.Until.Format("2006-01-02")
		}
		fmt.Fprintf(&b, "%d %s|%s|%s|%s|%d|%s|%s\n", r.Line, e.Number, e.Surname, e.FirstName, e.Email, e.ContractMinutes, e.From.Format("2006-01-02"), until)
	}
	for _, p := range problems {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

func TestFilesAreRead(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"English, commas": {"personnel number,surname,first name,e-mail,contract hours,from,until\n7,Smit,An,an@x.nl,38.5,2025-01-01,2026-06-30\n",
			"2 7|Smit|An|an@x.nl|2310|2025-01-01|2026-06-30\n"},
		"Dutch, semicolons, any order": {"In dienst;Achternaam;Personeelsnummer;Contracturen\r\n1-2-2025;de Boer;0012;36,25\r\n",
			"2 0012|de Boer|||2175|2025-02-01|-\n"},
		"byte order mark":                     {"\xef\xbb\xbfpersoneelsnummer;achternaam;in dienst\n1;Müller;2025-01-01\n", "2 1|Müller|||2400|2025-01-01|-\n"},
		"Windows-1252":                        {"personeelsnummer;achternaam;in dienst\n1;M\xfcller \x80;2025-01-01\n", "2 1|Müller €|||2400|2025-01-01|-\n"},
		"quotes over two lines, line numbers": {"personeelsnummer;achternaam;in dienst\n1;\"van\nDam\";2025-01-01\n2;Bos;31/12/2025\n", "2 1|van\nDam|||2400|2025-01-01|-\n4 2|Bos|||2400|2025-12-31|-\n"},
		"hours and minutes":                   {"personeelsnummer;achternaam;in dienst;contracturen\n1;Bos;2025-01-01;38:05\n", "2 1|Bos|||2285|2025-01-01|-\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parsed(c.file); got != c.want {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestProblemsAreNamed(t *testing.T) {
	const head = "personeelsnummer;achternaam;in dienst;uit dienst;contracturen\n"
	for name, c := range map[string]struct{ file, want string }{
		"empty":          {"", "line 1: the file is empty"},
		"unknown column": {"personeelsnummer;achternaam;in dienst;schoenmaat\n1;Bos;2025-01-01;43\n", "line 1, schoenmaat: this column is unknown"},
		"citizen number": {"personeelsnummer;achternaam;in dienst;BSN\n1;Bos;2025-01-01;123\n", "line 1, BSN: a national identification number is used only where a law prescribes it (UAVG article 46)"},
		"a photo":        {"personeelsnummer;achternaam;in dienst;pasfoto\n", "line 1, pasfoto: a picture of a person"},
		"citizen numbers as personnel numbers": {"personeelsnummer;achternaam;in dienst\n123456782;Bos;2025-01-01\n111222333;Smit;2025-01-01\n249566758;Mulder;2025-01-01\n10000008;Vos;2025-01-01\n",
			"line 1, personeelsnummer: these are citizen service numbers"},
		"column twice":   {"personeelsnummer;achternaam;in dienst;surname\n", "line 1, surname: this column stands there twice"},
		"column missing": {"personeelsnummer;achternaam\n", "line 1, from: this column is missing"},
		"columns short":  {head + "1;Bos\n", "line 2: the line has 2 columns and the header 5"},
		"number twice":   {head + "1;Bos;2025-01-01;;\n1;Smit;2025-01-01;;\n", "line 3: the personnel number stands on line 2 too"},
		"no number":      {head + ";Bos;2025-01-01;;\n", "line 2: a personnel number has 1 to 32 characters"},
		"date":           {head + "1;Bos;2025-13-01;;\n", "line 2, in dienst: not a date"},
		"impossible day": {head + "1;Bos;30-2-2025;;\n", "line 2, in dienst: not a date"},
		"no date":        {head + "1;Bos;;;\n", "line 2, in dienst: not a date"},
		"order":          {head + "1;Bos;2025-01-02;2025-01-01;\n", "line 2: the last working day lies before the first"},
		"hours":          {head + "1;Bos;2025-01-02;;many\n", "line 2, contracturen: not hours a week"},
		"not a number":   {head + "1;Bos;2025-01-02;;NaN\n", "line 2, contracturen: not hours a week"},
		"too many hours": {head + "1;Bos;2025-01-02;;169\n", "line 2, contracturen: not hours a week"},
		"quotes":         {head + "1;\"Bos;2025-01-02;;\n", "the quotes don't match"},
		"too large":      {strings.Repeat("x", 8<<20+1), "line 1: the file is larger than 8 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parsed(c.file); !strings.Contains(got, c.want) {
				t.Errorf("got\n%.500s", got)
			}
		})
	}
}

func FuzzParseCSV(f *testing.F) {
	f.Add("personeelsnummer;achternaam;in dienst\n1;Bos;2025-01-01\n")
	f.Add("personnel number,surname,from,until,contract hours\n1,\"a\nb\",1-1-2025,,38:30\n")
	f.Add("\xef\xbb\xbf\"\n\xff;")
	f.Add("personeelsnummer;achternaam;in dienst\n\"0")
	f.Fuzz(func(t *testing.T, file string) {
		rows, problems := people.ParseCSV(strings.NewReader(file))
		for _, r := range rows {
			if r.Line < 2 || r.Employee.Number == "" || r.Employee.From.IsZero() {
				t.Errorf("row %+v", r)
			}
		}
		for _, p := range problems {
			if p.Line < 1 || p.Reason == "" {
				t.Errorf("problem %+v", p)
			}
		}
	})
}

func TestAnImportAddsChangesAndLeaves(t *testing.T) {
	o := newOffice(t)
	o.do(func(tx pg.Tx) error {
		for _, e := range []people.Employee{
			{Number: "1", Surname: "Bos", ContractMinutes: 2400, From: hired},
			{Number: "2", Surname: "Smit", Zone: "Europe/Lisbon", Email: "s@example.nl", ContractMinutes: 1200, From: hired}} {
			if _, err := people.CreateEmployee(t.Context(), tx, operator, e); err != nil {
				return err
			}
		}
		return nil
	})
	rows, problems := people.ParseCSV(strings.NewReader("personeelsnummer;achternaam;in dienst\n1;Bos;2025-01-01\n2;Smid;2025-01-01\n3;Vos;2025-01-01\n4;Uil;never\n"))
	importing := func(goodOnly bool) (done people.Preview, err error) {
		err = o.try(func(tx pg.Tx) (err error) {
			done, err = people.ImportEmployees(t.Context(), tx, operator, rows, problems, goodOnly)
			return err
		})
		return done, err
	}
	if _, err := importing(false); !errors.Is(err, people.ErrProblems) {
		t.Errorf("a file with a problem: %v", err)
	}
	o.do(func(tx pg.Tx) error {
		p, err := people.CheckImport(t.Context(), tx, rows)
		if fmt.Sprint(p) != fmt.Sprint(people.Preview{Added: 1, Changed: 1, Same: 1}) {
			t.Errorf("preview %+v", p)
		}
		all, _ := people.Employees(t.Context(), tx)
		if len(all) != 2 {
			t.Errorf("%d employees before the import", len(all))
		}
		return err
	})
	if done, err := importing(true); err != nil || fmt.Sprint(done) != fmt.Sprint(people.Preview{Added: 1, Changed: 1, Same: 1}) {
		t.Errorf("%+v, %v", done, err)
	}
	if done, err := importing(true); err != nil || fmt.Sprint(done) != fmt.Sprint(people.Preview{Same: 3}) {
		t.Errorf("again: %+v, %v", done, err)
	}
	o.do(func(tx pg.Tx) error {
		all, err := people.Employees(t.Context(), tx)
		if len(all) != 3 || all[1].Surname != "Smid" || all[1].Zone != "Europe/Lisbon" ||
			all[1].ContractMinutes != 1200 || all[1].Email != "s@example.nl" { // what the file doesn't say stays
			t.Errorf("%+v", all)
		}
		return err
	})
}

func BenchmarkSignInHash(b *testing.B) {
	for b.Loop() {
		people.HashForBenchmark("correct horse")
	}
}

func TestTermsAreImportedFromTheirDay(t *testing.T) {
	o := newOffice(t)
	o.do(func(tx pg.Tx) error {
		_, err := people.SaveContract(o.Context(), tx, operator, people.Contract{Name: "Full time"})
		return err
	})
	load := func(file string) (p people.Preview, err error) {
		rows, problems := people.ParseCSV(strings.NewReader(file))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		err = o.try(func(tx pg.Tx) (err error) {
			p, err = people.ImportEmployees(o.Context(), tx, operator, rows, nil, false)
			return err
		})
		return p, err
	}
	terms := func() (out []string) {
		o.do(func(tx pg.Tx) error {
			all, err := people.TermsOf(o.Context(), tx, 0)
			for _, x := range all {
				out = append(out, fmt.Sprintf("%s %v %d", x.From.Format("2006-01-02"), x.Contract != 0, x.Minutes))
			}
			return err
		})
		return out
	}
	for _, c := range []struct{ file, done, want string }{
		{"personeelsnummer;achternaam;in dienst;contracturen;contract\n1;Bos;2025-01-01;38;Full time\n", "{1 0 0 []}", "[2025-01-01 true 2280]"},
		{"personeelsnummer;achternaam;in dienst;contracturen;contract\n1;Bos;2025-01-01;38;Full time\n", "{0 0 1 []}", "[2025-01-01 true 2280]"},
		{"personeelsnummer;achternaam;in dienst;contracturen;uren vanaf\n1;Bos;2025-01-01;20;2026-02-01\n", "{0 1 0 []}", "[2025-01-01 true 2280 2026-02-01 false 1200]"},
		{"personeelsnummer;achternaam;in dienst;contract;uren vanaf\n1;Bos;2025-01-01;Full time;2026-03-01\n", "{0 1 0 []}", "[2025-01-01 true 2280 2026-02-01 false 1200 2026-03-01 true 1200]"},
	} {
		done, err := load(c.file)
		if got := fmt.Sprint(terms()); err != nil || fmt.Sprint(done) != c.done || got != c.want {
			t.Errorf("%s: %v, %v, terms %s", c.file, done, err, got)
		}
	}
	done, err := load("personeelsnummer;achternaam;in dienst;contract\n1;Bos;2025-01-01;Ful time\n")
	if !errors.Is(err, people.ErrProblems) || len(done.Problems) != 1 || done.Problems[0].Kind != "unknown-contract" {
		t.Errorf("an unknown contract: %+v, %v", done, err)
	}
}
