package register

import "time"

// Instruction is what the controller wrote that is to be done (GDPR article
// 28(3)(a), OB-P16). Who acts on one keeps its ID.
type Instruction struct {
	ID        int64
	Reference string    // of the letter or message, as the controller files it
	GivenBy   string    // who signed it for the controller
	Day       time.Time // of the instruction, midnight UTC
	Text      string
	State     InstructionState
}

// InstructionState is whether an instruction may be acted on.
type InstructionState string

// The states.
const (
	InForce   InstructionState = "in-force"
	Objected  InstructionState = "objected"  // held to be unlawful, and told so: not acted on (GDPR article 28(3))
	Withdrawn InstructionState = "withdrawn" // by the controller
)

// InstructionOf reads an entry of the book Instructions.
func InstructionOf(e Entry) Instruction {
	day, _ := time.Parse(time.DateOnly, e.Values["day"])
	i := Instruction{ID: e.ID, Reference: e.Values["reference"], GivenBy: e.Values["by"], Day: day, Text: e.Values["text"], State: InForce}
	if last, some := e.Last(stepObjected, stepLifted, stepWithdrawn); some && last.What != stepLifted {
		i.State = InstructionState(last.What)
	}
	return i
}
