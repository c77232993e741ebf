package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/gateway/wire/wiretest"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll"
)

// paidOnce is a server that is killed again and again, while two payroll
// clients make and pull runs.
type paidOnce struct {
	t           *testing.T
	url         string
	state       string
	program     string
	address     string
	tenant      int64
	destination int64
	key         string
	did         chan struct{} // a client asked something

	mu    sync.Mutex
	files map[int64][]byte // by run, as pulled first
}

// kills is how often the server is killed.
const kills = 6

func TestTwoPayrollClientsAndAServerThatIsKilledPayEachLineOnce(t *testing.T) { // I8
	p := &paidOnce{t: t, url: pgtest.URL(t), state: t.TempDir(), did: make(chan struct{}), files: map[int64][]byte{}}
	p.program = filepath.Join(t.TempDir(), "tikklok")
	if out, err := exec.Command("go", "build", "-o", p.program, "./tikklok").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.address = wiretest.Address(t)
	p.fill()
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 2 {
		clients.Go(func() { p.client(ctx) })
	}
	for round := range kills {
		p.approve(round)
		p.killSoon()
	}
	server := p.start()
	p.settle()
	stop()
	clients.Wait()
	p.pullAll()
	end(t, server)
	p.compare()
}

// fill makes a tenant with a mapped destination and a key for its clients.
func (p *paidOnce) fill() {
	p.tenant = pgtest.Tenant(p.t, p.url, "Vries")
	pgtest.Exec(p.t, p.url, `INSERT INTO employee (tenant_id, number, surname, first_name, employed_from)
		SELECT $1, n::text, 'Jansen', 'Jan', '2020-01-01' FROM generate_series(1, 60) n`, p.tenant)
	by := audit.Actor{Kind: audit.Account, ID: 7}
	db := pgtest.Open(p.t, p.url, pg.RoleApp)
	err := db.InTenant(p.t.Context(), p.tenant, func(tx pg.Tx) error {
		d, err := payroll.CreateDestination(p.t.Context(), tx, by, payroll.Destination{Name: "Loket", Format: "csv",
			Settings: map[string]string{"columns": "line_id,component,minutes", "header": "no"}})
		if err != nil {
			return err
		}
		p.destination = d.ID
		if _, err := payroll.PutCodes(p.t.Context(), tx, by, d.ID, map[string]string{"N": "1"}); err != nil {
			return err
		}
		_, p.key, err = people.CreateKey(p.t.Context(), tx, by, people.Key{Name: "clients", Scopes: []people.Scope{people.ScopePayroll, people.ScopeManage, people.ScopeRead}})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// approve approves another week of everybody: 300 lines.
func (p *paidOnce) approve(round int) {
	pgtest.Exec(p.t, p.url, `INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
		SELECT $1, employee_id, date '2026-03-02' + 7 * $2::int, 'approved', 'account', 7, now(), '' FROM employee WHERE tenant_id = $1`, p.tenant, round)
	pgtest.Exec(p.t, p.url, `INSERT INTO approval (tenant_id, employee_id, monday, by_kind, by_id, at, reason, rules, snapshot, hash)
		SELECT $1, employee_id, date '2026-03-02' + 7 * $2::int, 'account', 7, now(), '', '{1}', '', sha256('') FROM employee WHERE tenant_id = $1`, p.tenant, round)
	pgtest.Exec(p.t, p.url, `INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, minutes)
		SELECT $1, approval_id, employee_id, monday + n, 0, 'N', 480 FROM approval, generate_series(0, 4) n
		WHERE tenant_id = $1 AND monday = date '2026-03-02' + 7 * $2::int`, p.tenant, round)
}

// start runs the server until it answers.
func (p *paidOnce) start() *exec.Cmd {
	p.t.Helper()
	server := exec.Command(p.program, "serve", "--state", p.state, "--http", p.address, "--only", "api")
	server.Env = append(os.Environ(), "DATABASE_URL="+p.url)
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { server.Process.Kill() })
	for deadline := time.Now().Add(time.Minute); ; {
		if answer, err := http.Get("http://" + p.address + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return server
			}
		}
		if time.Now().After(deadline) {
			server.Process.Kill()
			server.Wait()
			p.t.Fatalf("the server does not answer:\n%s", &said)
		}
		time.Sleep(20 * time.Millisecond) // it is another process: there is nothing to wait on
	}
}

// killSoon starts the server and kills it when the clients asked something a
// few times, at some moment of what it then does.
func (p *paidOnce) killSoon() {
	server := p.start()
	for range rand.IntN(6) {
		<-p.did
	}
	time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // where it is by then is chance, and meant to be
	if err := server.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	server.Wait()
}

// end stops the server as its operator does.
func end(t *testing.T, server *exec.Cmd) {
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	server.Wait()
}

// client asks for runs and pulls each, until ctx ends; a server that is away
// is asked again.
func (p *paidOnce) client(ctx context.Context) {
	for ctx.Err() == nil {
		if p.create(ctx) == 0 {
			time.Sleep(10 * time.Millisecond) // it is another process: there is nothing to wait on
			continue
		}
		p.answered()
		p.pull(ctx)
		p.answered()
	}
}

// answered lets go who waits for the server to have done something.
func (p *paidOnce) answered() {
	select {
	case p.did <- struct{}{}:
	default:
	}
}

// create asks for what waits; the answer may be lost.
func (p *paidOnce) create(ctx context.Context) int {
	body := fmt.Sprintf(`{"destination_id": %d, "from": "2026-03-01", "to": "2026-06-30"}`, p.destination)
	status, answer := p.ask(ctx, "POST", "/api/v1/runs", body)
	if status == http.StatusBadRequest || status == http.StatusForbidden {
		p.t.Errorf("%d %s", status, answer)
	}
	return status
}

// pull gets the file of each run that may leave; twice the same bytes.
func (p *paidOnce) pull(ctx context.Context) {
	status, body := p.ask(ctx, "GET", "/api/v1/runs", "")
	var runs struct {
		Items []struct {
			ID    int64  `json:"id"`
			State string `json:"state"`
		} `json:"items"`
	}
	if status != http.StatusOK {
		return
	}
	if err := json.Unmarshal(body, &runs); err != nil {
		p.t.Errorf("%v: %s", err, body)
	}
	for _, r := range runs.Items {
		if r.State == "prepared" {
			continue
		}
		if status, file := p.ask(ctx, "GET", fmt.Sprintf("/api/v1/runs/%d/file", r.ID), ""); status == http.StatusOK {
			p.keep(r.ID, file)
		}
	}
}

func (p *paidOnce) keep(run int64, file []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if first, ok := p.files[run]; ok && !bytes.Equal(first, file) {
		p.t.Errorf("run %d has other bytes at another pull", run)
	} else if !ok {
		p.files[run] = file
	}
}

// ask gives status 0 when there was no whole answer.
func (p *paidOnce) ask(ctx context.Context, method, path, body string) (int, []byte) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.address+path, strings.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return 0, nil
	}
	r.Header.Set("Authorization", "Bearer "+p.key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil
	}
	return answer.StatusCode, all
}

// settle makes runs until nothing waits.
func (p *paidOnce) settle() {
	status := 0
	for range 100 {
		if status = p.create(p.t.Context()); status == http.StatusConflict && p.waiting() == 0 {
			return
		}
	}
	p.t.Errorf("approved lines still wait; the last answer was %d", status)
}

func (p *paidOnce) waiting() int64 {
	return p.count(`approved_line a WHERE NOT EXISTS (SELECT FROM payroll_line l JOIN payroll_run r USING (tenant_id, run_id)
		WHERE l.line_id = a.line_id AND l.reversed_at IS NULL AND r.state <> 'prepared')`)
}

func (p *paidOnce) count(sql string) int64 {
	return pgtest.Exec(p.t, p.url, "SELECT count(*) FROM "+sql)
}

func (p *paidOnce) pullAll() { p.pull(context.Background()) }

// compare holds what the clients have against what was approved: each line
// once, and the register and the manifests at one.
func (p *paidOnce) compare() {
	times := map[string]int{}
	for _, file := range p.files {
		for line := range strings.Lines(string(file)) {
			id, _, _ := strings.Cut(line, ";")
			times[id]++
		}
	}
	for id, n := range times {
		if n != 1 {
			p.t.Errorf("line %s was paid %d times", id, n)
		}
	}
	if want := int64(kills * 300); int64(len(times)) != want || p.count("approved_line") != want || p.count("payroll_line WHERE reversed_at IS NULL") != want {
		p.t.Errorf("%d of %d lines were pulled; the register has %d", len(times), want, p.count("payroll_line WHERE reversed_at IS NULL"))
	}
	if doubled := p.count("(SELECT line_id FROM payroll_line GROUP BY line_id HAVING count(*) > 1) x"); doubled != 0 {
		p.t.Errorf("the register holds %d lines twice", doubled)
	}
	office := payroll.Office{Manifests: filepath.Join(p.state, "manifests")}
	db := pgtest.Open(p.t, p.url, pg.RoleApp)
	if err := db.InTenant(context.Background(), p.tenant, func(tx pg.Tx) error { return office.Reconcile(context.Background(), tx) }); err != nil {
		p.t.Error(err)
	}
	p.t.Logf("%d runs were made while the server was killed %d times", len(p.files), kills)
}
