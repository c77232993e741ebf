package payroll

type setuTimeCard struct{}

func (setuTimeCard) Name() string                    { return "setu-1.4" }
func (setuTimeCard) Schema() []Setting               { return nil }
func (setuTimeCard) CheckSettings(Settings) error    { return nil }
func (setuTimeCard) CheckComponent(string) error     { return nil }
func (setuTimeCard) NeedsNames(Settings) bool        { return false }
func (setuTimeCard) Write(Content) (Document, error) { return Document{}, errNotYet }
