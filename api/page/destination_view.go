package page

import "time"

// FormatInfo says what a destination's format is and how far it is proved. Its
// words are "format." and "format-for." with the name, where there are any.
type FormatInfo struct {
	Name    string // as it is posted
	Title   string
	For     string
	Source  string
	Proof   string // "schema", "document", "layout"
	Example string // a component that it takes
}

// Place says which part of a destination a page is about.
type Place struct {
	ID     int64 // 0: it is to be made
	Title  string
	Format FormatInfo
	May    bool // change it
}

// Destination is one destination's settings: PathDestination+id+
// DestinationSettings, or PathDestinationNew (name, setting.X).
type Destination struct {
	Frame
	Place
	Settings []Setting
	Form     Form
}

func (*Destination) name() string { return "destination" }

// Setting is one value that the format needs; posted as setting.Key.
type Setting struct {
	Key      string // its words are "setting.", "setting-hint." and this
	Value    string
	Choices  []string // empty: free text
	Required bool
	Example  string
}

// Codes is one destination's code map: PathDestination+id (seen, code.X).
type Codes struct {
	Frame
	Place
	Version  int // 0: none yet
	By       Message
	At       time.Time
	Rows     []CodeLine // unmapped first
	Unmapped int
	Waiting  int // minutes approved that can't leave for want of a component
	Shared   []SharedCode
	Form     Form
	Refused  []Message // what is wrong with the map as a whole
	Changed  bool      // somebody stored another version meanwhile
}

func (*Codes) name() string { return "codes" }

// CodeLine maps ours to the package's; posted as code.Code.
type CodeLine struct {
	Code    string
	Name    Message // when it holds
	Theirs  string
	Used    int  // minutes waiting under this code
	Missing bool // it needs a component and has none
}

// SharedCode is a component that several of our codes have.
type SharedCode struct {
	Theirs string
	Ours   Parts
}

// CodeVersions is what became of a code map: PathDestination+id+
// DestinationVersions (version).
type CodeVersions struct {
	Frame
	Place
	Rows []CodeVersion
}

func (*CodeVersions) name() string { return "code-versions" }

// CodeVersion is one version of a code map.
type CodeVersion struct {
	Version int
	By      Message
	At      time.Time
	Back    int // the version that it went back to; 0: none
	Codes   int
	Changes []CodeChange // against the one before
	Current bool
}

// CodeChange is what became of one code; "" is unmapped.
type CodeChange struct{ Code, Was, Now string }

// CodeImport is a code map from a file: PathDestination+id+DestinationImport
// (file or csv; with confirm=yes and seen: does it).
type CodeImport struct {
	Frame
	Place
	CSV     string
	Shown   bool
	Seen    int // the version that Changes compares with
	Changes []CodeChange
	Shared  []SharedCode
	Faults  []CodeFault
	Form    Form
}

func (*CodeImport) name() string { return "code-import" }

// CodeFault is what is wrong with a line of the file.
type CodeFault struct {
	Line int
	Code string
	Text Message
}
