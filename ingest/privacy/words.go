package privacy

import "slices"

// Group is a group of data subjects.
type Group string

// The groups.
const (
	Employees Group = "employees" // who taps: also of agencies, and who left
	Users     Group = "users"     // who signs in
	Contacts  Group = "contacts"  // whom a register names: requesters, contact persons, auditors
)

// Groups gives all.
func Groups() []Group { return []Group{Employees, Users, Contacts} }

// Purpose is what a field is kept for; the first two are the contract's, the
// others follow from what it promises.
type Purpose string

// The purposes.
const (
	Registering    Purpose = "registration"   // correct, timely and complete registration of hours (OB-P1)
	Paying         Purpose = "payroll"        // hours to the payroll package
	WorkingTimeLaw Purpose = "working-time"   // the record of working and rest times, and its checks
	Planning       Purpose = "planning"       // who works when and where
	SigningIn      Purpose = "access"         // who may see and do what; misuse found
	Accounting     Purpose = "accountability" // who did and saw what; what was promised, provable
	Operating      Purpose = "operation"      // devices and service that work
)

// Purposes gives all.
func Purposes() []Purpose {
	return []Purpose{Registering, Paying, WorkingTimeLaw, Planning, SigningIn, Accounting, Operating}
}

func (p Purpose) known() bool { return slices.Contains(Purposes(), p) }

// Basis is why the controller may process it (GDPR article 6). Consent is
// never it: employees can't give it freely.
type Basis string

// The bases.
const (
	ByContract Basis = "contract" // 6(1)(b): the employment contract
	ByLaw      Basis = "law"      // 6(1)(c): a duty of the controller
	ByInterest Basis = "interest" // 6(1)(f): a legitimate interest
)

// Bases gives all.
func Bases() []Basis { return []Basis{ByContract, ByLaw, ByInterest} }

func (b Basis) known() bool { return slices.Contains(Bases(), b) }

// Class is how long something is kept: its term is a tenant's (OB-P3).
type Class string

// The classes.
const (
	RawTaps     Class = "taps"       // what readers sent, with tokens; and what was made of each single tap
	WorkRecord  Class = "record"     // days with their times: the record of working time
	ApprovedPay Class = "hours"      // approved hours and what was paid of them
	ExportFiles Class = "exports"    // the bytes of files for payroll packages and analysis
	Employment  Class = "employment" // who an employee is, agreed and planned
	SignIns     Class = "sign-ins"   // log-ins, log-outs, failures
	Addresses   Class = "addresses"  // network addresses
	AccessLog   Class = "access-log" // who opened what
	AuditLog    Class = "audit"      // what was changed, by whom
	AccountData Class = "accounts"   // who may sign in
	Registers   Class = "registers"  // requests, breaches, certificates and the like
	Lasting     Class = "contract"   // as long as the contract
)

// Classes gives all.
func Classes() []Class {
	return []Class{RawTaps, WorkRecord, ApprovedPay, ExportFiles, Employment, SignIns, Addresses, AccessLog, AuditLog, AccountData, Registers, Lasting}
}

func (c Class) known() bool { return slices.Contains(Classes(), c) }

// Reader is who sees a field: the roles of people who sign in, and others.
type Reader string

// The readers; the first five are named as people's roles are.
const (
	Administrators Reader = "administrator"
	Approvers      Reader = "approver"
	PayrollStaff   Reader = "payroll"
	Auditors       Reader = "auditor"
	Themselves     Reader = "employee" // the data subject's own pages
	Programs       Reader = "programs" // the program itself, nobody on a page
)

// Readers gives all.
func Readers() []Reader {
	return []Reader{Administrators, Approvers, PayrollStaff, Auditors, Themselves, Programs}
}

// Source is where something comes from.
type Source string

// The sources.
const (
	FromCustomer Source = "customer" // entered or imported by the controller's people
	FromReader   Source = "reader"   // a tap
	FromProgram  Source = "program"  // computed, or noted while somebody did something
	FromPackage  Source = "package"  // what a payroll package answered
)

// Sources gives all.
func Sources() []Source { return []Source{FromCustomer, FromReader, FromProgram, FromPackage} }

func (s Source) known() bool { return slices.Contains(Sources(), s) }

// Recipient is where something may go.
type Recipient string

// The recipients.
const (
	ToPayroll  Recipient = "payroll"  // files of formats that need it
	ToPaper    Recipient = "paper"    // timesheets and evidence sheets
	ToAnalysis Recipient = "analysis" // published rows, in groups of five
	ToSheets   Recipient = "sheets"   // workbooks and lists that somebody takes
	ToGateways Recipient = "gateways" // devices on site
)

// Recipients gives all.
func Recipients() []Recipient {
	return []Recipient{ToPayroll, ToPaper, ToAnalysis, ToSheets, ToGateways}
}

// Kind is what a field tells.
type Kind string

// The kinds.
const (
	Name       Kind = "name"
	Number     Kind = "number"    // by which the customer knows somebody
	Contact    Kind = "contact"   // e-mail, telephone
	Birth      Kind = "birth"     // the birth date
	Reference  Kind = "reference" // leads to somebody inside this program
	Token      Kind = "token"     // leads to a fob, and so to its holder (I7)
	Moment     Kind = "moment"    // when somebody did something
	Amount     Kind = "amount"    // minutes, days, counts
	Choice     Kind = "choice"    // one of some words: a role, a language, a state
	Writing    Kind = "writing"   // free text, limited in length
	Secret     Kind = "secret"    // never shown: a hash, a key
	Network    Kind = "network"   // an address on a network
	Structured Kind = "structure" // several of these, as JSON or a file
)

// Kinds gives all.
func Kinds() []Kind {
	return []Kind{Name, Number, Contact, Birth, Reference, Token, Moment, Amount, Choice, Writing, Secret, Network, Structured}
}

func (k Kind) known() bool { return slices.Contains(Kinds(), k) }

// Erasure is what becomes of a person's rows when the person is erased.
type Erasure string

// The ways.
const (
	EraseRows   Erasure = "rows"   // they are removed
	EraseValues Erasure = "values" // they stay, and their fields get the value that Erased says
	EraseStays  Erasure = "stays"  // they stay for their term: what leads to a person in them leads nowhere any more
	EraseByRoom Erasure = "room"   // the request's own steps deal with them (ingest/privacy/request)
)

func (e Erasure) known() bool {
	return slices.Contains([]Erasure{EraseRows, EraseValues, EraseStays, EraseByRoom}, e)
}
