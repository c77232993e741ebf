package vault

import "time"

// Manifest lists the dumps that were made and when each expires (OB-P4); it
// stands beside them as manifest.json.
type Manifest struct {
	Dumps []Dump `json:"dumps"` // the oldest first
}

// Dump is a backup of the whole database. One that is gone stays listed, so that
// an erasure can say until when its subject could be brought back.
type Dump struct {
	File    string      `json:"file"`            // within the folder
	Place   string      `json:"place,omitempty"` // the other place for backups that it stands at; "": the folder
	Made    time.Time   `json:"made"`            // what was committed by then is in it
	Expires time.Time   `json:"expires"`         // when it is removed; copies elsewhere have to go by then too
	Bytes   int64       `json:"bytes"`
	SHA256  string      `json:"sha256"`            // of the file, hexadecimal
	Key     Fingerprint `json:"key,omitempty"`     // the master key it is sealed under; "": not sealed, made by an older version
	Former  Fingerprint `json:"former,omitempty"`  // while the master key was being replaced: what is in it stands under this one too
	Removed *time.Time  `json:"removed,omitempty"` // nil: it is there
}

// Needs says whether a master key has to stay for the dump's sake.
func (d Dump) Needs(f Fingerprint) bool {
	return d.Removed == nil && (d.Key == f || d.Former == f)
}

// Until gives when the last dump expires that was made before a moment and is
// still there; zero: none is. What was removed from the database at that moment
// can be brought back until then.
func (m Manifest) Until(moment time.Time) (last time.Time) {
	for _, d := range m.Dumps {
		if d.Removed == nil && !d.Made.After(moment) && d.Expires.After(last) {
			last = d.Expires
		}
	}
	return last
}
