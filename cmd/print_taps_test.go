package cmd_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// benchPrograms is a folder with the two programs that face each other.
type benchPrograms string

func TestAtTheBench(t *testing.T) {
	t.Parallel()
	dir := benchPrograms(t.TempDir())
	build := exec.Command("go", "build", "-o", string(dir)+"/", "./tikklok-gateway", "./firmware-sim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Run("each kind of reader is seen", dir.seesEachKind)
	t.Run("no number is printed unless asked for", dir.printsNoNumber)
	t.Run("no number is shown on the gateway of an organisation", dir.refusesNumbers)
	t.Run("a reader and a gateway meet on a foreign line", dir.meetOnAForeignLine)
}

// said is what a program wrote.
type said struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// until waits for words.
func (s *said) until(t *testing.T, words string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(s.String(), words); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %q in\n%s", words, s)
		}
	}
}

// start runs one of the two until the test ends.
func (dir benchPrograms) start(t *testing.T, name string, args ...string) (in io.Writer, out, log *said) {
	t.Helper()
	out, log = &said{}, &said{}
	cmd := exec.Command(filepath.Join(string(dir), name), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), out, log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, log)
		}
	})
	return stdin, out, log
}

func (dir benchPrograms) seesEachKind(t *testing.T) {
	t.Parallel()
	const key = "00112233445566778899aabbccddeeff"
	for _, c := range []struct {
		name, kind, settings string
		sim                  []string
		tap                  string
		technology, number   string
		bits                 int
		shows                string
	}{
		{name: "OSDP, default key", kind: "osdp", settings: "osdp:addr=1", sim: []string{"--address=1"}, tap: "0286CB0D/26", technology: "wiegand", number: "0286CB0D", bits: 26, shows: "shows green"},
		{name: "OSDP, a given key", kind: "osdp", settings: "osdp:addr=3,key=" + key, sim: []string{"--address=3", "--enforce", "--key=" + key}, tap: "A1B2C3D4", technology: "wiegand", number: "A1B2C3D4", bits: 32, shows: "shows green"},
		{name: "OSDP in the clear", kind: "osdp", settings: "osdp,key=none", sim: []string{"--plain"}, tap: "01/1", technology: "wiegand", number: "01", bits: 1, shows: "shows green"},
		{name: "PN532", kind: "pn532", settings: "pn532", tap: "043318EA703280", technology: "mifare", number: "043318EA703280", bits: 56},
		{name: "RDM6300", kind: "em4100", settings: "em4100,confirm=2", tap: "62E3086CED", technology: "em4100", number: "62E3086CED", bits: 40},
		{name: "ID-12", kind: "em4100", settings: "em4100", sim: []string{"--variant=id12"}, tap: "0500207B32", technology: "em4100", number: "0500207B32", bits: 40},
		{name: "line", kind: "line", settings: "line", tap: "00CE754C", technology: "external", number: "0000CE754C", bits: 40},
		{name: "Wiegand line", kind: "line", settings: "line,format=bits,wiegand=26", sim: []string{"--format=wiegand26"}, tap: "5A0144", technology: "wiegand", number: "00B40288", bits: 26},
		{name: "memory", kind: "link", settings: "link", tap: "62E3086CED", technology: "em4100", number: "62E3086CED", bits: 40, shows: "shows green"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "front")
			hand, shown, _ := dir.start(t, "firmware-sim", append([]string{"reader", "--kind", c.kind, "--pty", path}, c.sim...)...)
			shown.until(t, "reader at")
			_, out, log := dir.start(t, "tikklok-gateway", "--port", path+"="+c.settings+",name=hall", "--print-taps", "--show-numbers")
			log.until(t, "port open")
			if c.kind == "pn532" || c.kind == "osdp" {
				log.until(t, "firmware=")
			}
			io.WriteString(hand, c.tap+"\n")
			out.until(t, "\n")
			var tap map[string]any
			if err := json.Unmarshal([]byte(out.String()), &tap); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if tap["technology"] != c.technology || tap["number"] != c.number || tap["bits"] != float64(c.bits) || tap["reader"] != "hall" {
				t.Errorf("%s", out)
			}
			if c.shows != "" {
				shown.until(t, c.shows)
			}
			if strings.Contains(shown.String(), "KEYSET") {
				t.Errorf("it was given a key that nobody knows:\n%s", shown)
			}
		})
	}
}

func (dir benchPrograms) printsNoNumber(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "front")
	hand, shown, _ := dir.start(t, "firmware-sim", "reader", "--kind", "em4100", "--variant", "id12", "--pty", path)
	shown.until(t, "reader at")
	_, out, log := dir.start(t, "tikklok-gateway", "--port", path+"=em4100,absent=500ms", "--print-taps")
	log.until(t, "port open")
	io.WriteString(hand, "62E3086CED\n")
	out.until(t, "\n")
	time.Sleep(600 * time.Millisecond) // out of sight
	io.WriteString(hand, "62E3086CED\n")
	for end := time.Now().Add(20 * time.Second); strings.Count(out.String(), "\n") < 2 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	var tokens []string
	for s := bufio.NewScanner(strings.NewReader(out.String())); s.Scan(); {
		var tap struct{ Token string }
		if err := json.Unmarshal(s.Bytes(), &tap); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, tap.Token)
	}
	if len(tokens) != 2 || tokens[0] != tokens[1] || len(tokens[0]) != 16 {
		t.Errorf("tokens %v, want the same twice", tokens)
	}
	if all := strings.ToUpper(out.String() + log.String()); strings.Contains(all, "62E3086CED") || strings.Contains(all, "NUMBER\":") {
		t.Errorf("a number is printed:\n%s", all)
	}
}

func (dir benchPrograms) refusesNumbers(t *testing.T) {
	t.Parallel()
	enrolment := filepath.Join(t.TempDir(), "enrolment.json")
	if err := os.WriteFile(enrolment, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(string(dir), "tikklok-gateway"), "--port=/dev/null=em4100", "--print-taps", "--show-numbers", "--enrolment", enrolment)
	out, err := cmd.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("--show-numbers is refused")) {
		t.Errorf("%v: %s", err, out)
	}
}

// Somebody else's line: both programs open a device that neither made.
func (dir benchPrograms) meetOnAForeignLine(t *testing.T) {
	t.Parallel()
	ours, theirs := foreignLine(t)
	hand, shown, _ := dir.start(t, "firmware-sim", "reader", "--kind", "osdp", "--address", "7", "--port", theirs)
	shown.until(t, "reader at")
	_, out, log := dir.start(t, "tikklok-gateway", "--port", ours+"=osdp:addr=7", "--print-taps")
	log.until(t, "firmware=")
	io.WriteString(hand, "0286CB0D/26\n")
	out.until(t, "\n")
	shown.until(t, "shows green")
}

// foreignLine gives the two ends of a line.
func foreignLine(t *testing.T) (one, other string) {
	t.Helper()
	var masters [2]*os.File
	var names [2]string
	for i := range masters {
		masters[i], names[i] = rawLine(t)
	}
	go io.Copy(masters[0], masters[1])
	go io.Copy(masters[1], masters[0])
	return names[0], names[1]
}
