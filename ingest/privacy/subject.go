package privacy

// Subject is a person as the declarations find them: Table.Of takes both.
type Subject struct {
	Employee int64   // 0: no employee
	Accounts []int64 // how they sign in; may be none
}
