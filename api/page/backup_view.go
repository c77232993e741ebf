package page

import "time"

// Backups is how it stands with the backups of the service: PathServiceBackups.
type Backups struct {
	Frame
	Warnings []Message // what is wrong with all of it
	Places   []BackupPlace
	Log      bool // the log goes to every place: any moment can be restored
}

func (*Backups) name() string { return "backups" }

// BackupPlace is one place for backups.
type BackupPlace struct {
	Name     string
	Kind     string  // folder, sftp
	Region   string  // NL, EU, EEA, other; "": not declared
	Operator string  // whose law: likewise
	Problem  Message // why no set was made; "": none
	Since    time.Time
	Last     time.Time // when the newest set that stands there began; zero: there is none
	Late     bool      // no set of the last night
	LogUntil time.Time // when its last piece of the log arrived; zero: none did
	LogText  Message   // what is wrong with the log; "": nothing
	Waiting  int64     // bytes of the log
	Check    BackupCheck
	Sets     []BackupSet // the newest first
}

// BackupCheck is the newest check of a place.
type BackupCheck struct {
	At            time.Time // zero: never checked
	Good          bool
	Registrations int64
	Seconds       int
	Faults        []string // kinds of what is wrong
}

// BackupSet is a set at a place.
type BackupSet struct {
	Began, Expires time.Time
	Kind           string // base, dump
	Bytes, Plain   int64
	Gone           time.Time // zero: it stands there
	Expired        bool      // it went because its time was over
}
