package page

import "time"

// EvidenceFile follows PathServiceEvidence: GET month, language: the signed
// pack as a ZIP.
const EvidenceFile = "/file"

// Evidence is every obligation beside its proofs: PathServiceEvidence; GET
// month, show, yours (1: only those in the contract); POST obligation, day, says: what somebody writes down as proof.
type Evidence struct {
	Frame
	Month    string // 2026-10
	Months   []EvidenceMonth
	Show     string // state that is shown; "": all
	Yours    bool   // only what stands in the tenant's contract
	Tallies  []EvidenceTally
	AsOf     time.Time
	Groups   []EvidenceGroup
	Form     Form
	Takes    []Option // obligations that people prove
	May      bool     // write a record down
	MaySign  bool     // a signed pack can be made here
	NoTests  bool     // no run of a test is known
	Contract bool     // one is recorded
}

func (*Evidence) name() string { return "evidence" }

// EvidenceMonth is one to choose.
type EvidenceMonth struct {
	First  time.Time
	Chosen bool
}

// EvidenceTally is how many obligations are in a state: key of "proof.state.".
type EvidenceTally struct {
	State string
	N     int
}

// EvidenceGroup is a subject: key of "proof.group.".
type EvidenceGroup struct {
	Key  string
	Rows []EvidenceRow
}

// EvidenceRow is an obligation.
type EvidenceRow struct {
	ID, Source, Promise string
	Yours               string // clauses that stand in the tenant's contract; "": none
	State               string // key of "proof.state."
	Gap                 string // what the program doesn't do yet
	Controls            []EvidenceControl
}

// EvidenceControl is what keeps one, with its last proof.
type EvidenceControl struct {
	Text  string
	Kind  string    // key of "proof.kind."
	State string    // met or missing
	Why   string    // key of "proof.why."; "": met
	Days  int       // that a proof stays fresh
	Of    string    // key of "proof.of."; "": no proof
	Says  string    // the last proof
	At    time.Time // its date
	Link  string
	Seen  int // days of the month on which it was looked at; 0: it isn't something that is looked at
	Held  int // of those
}
