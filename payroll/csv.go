package payroll

type lineCSV struct{}

func (lineCSV) Name() string                    { return "csv" }
func (lineCSV) Schema() []Setting               { return nil }
func (lineCSV) CheckSettings(Settings) error    { return nil }
func (lineCSV) CheckComponent(string) error     { return nil }
func (lineCSV) NeedsNames(Settings) bool        { return false }
func (lineCSV) Write(Content) (Document, error) { return Document{}, errNotYet }
